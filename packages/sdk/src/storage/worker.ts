/** The storage worker: it serves the requests of one `ModelStore`, side by side. */
import { HearthError, toWireError } from "../error.js";
import { Library } from "./library.js";
import { seldom } from "./seldom.js";
import type { RequestId, StorageAnswers, StorageEvent, StorageRequest } from "./protocol.js";

declare const self: DedicatedWorkerGlobalScope;

let library: Library | undefined;
const running = new Map<RequestId, AbortController>();

self.onmessage = ({ data }: MessageEvent<StorageRequest>) => {
  if (data.type === "cancel") running.get(data.id)?.abort();
  else void serve(data);
};

async function serve(request: Exclude<StorageRequest, { type: "cancel" }>): Promise<void> {
  const { id } = request;
  const given = new AbortController();
  running.set(id, given);
  try {
    post({ type: "done", id, result: await answer(request, given.signal) });
  } catch (thrown) {
    post({ type: "failed", id, error: toWireError(thrown, "storage_failed") });
  } finally {
    running.delete(id);
  }
}

async function answer(
  request: Exclude<StorageRequest, { type: "cancel" }>,
  signal: AbortSignal,
): Promise<StorageAnswers[keyof StorageAnswers]> {
  const { id } = request;
  switch (request.type) {
    case "open":
      library = await Library.open(request.directory, request.without, request.tuning);
      return library.report;
    case "download": {
      const progressed = (progress: Progress<"downloading">): void => post({ type: "downloading", id, progress });
      return await opened().download({ file: request.file, connections: request.connections, signal, progressed });
    }
    case "get":
      return await opened().get(request.name);
    case "list":
      return await opened().list();
    case "verify":
      return await opened().verify(
        request.file,
        seldom((progress: Progress<"reading">) => post({ type: "reading", id, progress })),
        signal,
      );
    case "delete":
      await opened().delete(request.file);
      return undefined;
    case "import":
      return await opened().import(
        request.blob,
        request.name,
        seldom((progress: Progress<"reading">) => post({ type: "reading", id, progress })),
        signal,
      );
  }
}

type Progress<T extends StorageEvent["type"]> = Extract<StorageEvent, { readonly type: T; readonly progress: unknown }>["progress"];

function opened(): Library {
  if (library === undefined) throw new HearthError("storage_failed", "the store is not open");
  return library;
}

function post(event: StorageEvent): void {
  self.postMessage(event);
}
