/** The page's side of the worker: it pairs answers with requests, and knows when the worker is dead. */
import { fromWireError, HearthError } from "./error.js";
import type { Build, Device, EngineFiles, ModelInfo } from "./interface.js";
import { type Event, isLast, type Request, type RequestId } from "./protocol.js";

/** A worker that says nothing at all for so long is given up. */
const START_LIMIT_MILLIS = 60_000;

/** An answer; a failure reaches the request as one, and so does a crash. */
export type Answer = Exclude<Event, { type: "crashed" | "failed" }>;

/** Who waits for a request's answers. */
export interface Waiting {
  answered(answer: Answer): void;
  failed(error: unknown): void;
}

/** A request before it has its number. */
export type Unnumbered<R> = R extends Request ? Omit<R, "id"> : never;

/** What computes, wherever it is. */
export interface EngineHost {
  send(request: Unnumbered<Request>, waiting: Waiting): RequestId;
  /** Ends a request in peace; its last answers still come. */
  stop(id: RequestId): void;
  /** Nobody waits for the request any more. */
  cancel(id: RequestId): void;
}

/** Sends a request; what comes before its last answer, of type `type`, goes to `meanwhile`. */
export function ask<Type extends Answer["type"]>(
  host: EngineHost,
  request: Unnumbered<Request>,
  type: Type,
  meanwhile?: (answer: Answer) => void,
): Promise<Extract<Answer, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const answered = (answer: Answer): void => (isOfType(answer, type) ? resolve(answer) : meanwhile?.(answer));
    host.send(request, { answered, failed: reject });
  });
}

/** A worker with the engine in it. It serves one model, and is ended with it. */
export class EngineWorker implements EngineHost {
  /** Threads that compute, once the engine runs. */
  readonly started: Promise<number>;
  /** Whether a load has begun here. */
  used = false;
  /** The model, once it is loaded. */
  info: ModelInfo | undefined;

  readonly #worker: Worker;
  readonly #waiting = new Map<RequestId, Waiting>();
  #nextId: RequestId = 1;
  #end: { readonly reason: unknown } | undefined;

  constructor(build: Build, threads: number, { device, files }: { readonly device: Device; readonly files: EngineFiles | undefined }) {
    this.#worker = files === undefined ? newWorker() : files.startWorker();
    this.#worker.onmessage = ({ data }: MessageEvent<Event>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(crash(event.message || "its script could not be loaded"));
    };
    this.#worker.onmessageerror = () => this.end(crash("a message could not be read"));
    const limit = setTimeout(() => this.end(crash("it did not start in time")), START_LIMIT_MILLIS);
    this.started = ask(this, { type: "start", build, threads, device, wasm: files?.wasm }, "started")
      .then((answer) => answer.threads)
      .finally(() => clearTimeout(limit));
    // Whoever needs it awaits it; that nobody does yet is no error.
    this.started.catch(() => undefined);
  }

  /** Whether it is of no more use. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  send(request: Unnumbered<Request>, waiting: Waiting): RequestId {
    const id = this.#nextId++;
    if (this.#end !== undefined) {
      waiting.failed(this.#end.reason);
    } else {
      this.#waiting.set(id, waiting);
      this.#worker.postMessage({ ...request, id });
    }
    return id;
  }

  stop(id: RequestId): void {
    if (this.#waiting.has(id)) this.#worker.postMessage({ type: "stop", id } satisfies Request);
  }

  cancel(id: RequestId): void {
    if (this.#waiting.delete(id)) this.#worker.postMessage({ type: "cancel", id } satisfies Request);
  }

  /** Ends the worker and frees its memory. All that wait get `reason`. */
  end(reason: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { reason };
    this.#worker.terminate();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.failed(reason);
  }

  #receive(event: Event): void {
    if (event.type === "crashed") return this.end(crash(event.message));
    const waiting = this.#waiting.get(event.id);
    if (isLast(event)) this.#waiting.delete(event.id);
    if (event.type === "failed") waiting?.failed(fromWireError(event.error));
    else waiting?.answered(event);
  }
}

function newWorker(): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "hearth" });
}

function isOfType<Type extends Answer["type"]>(answer: Answer, type: Type): answer is Extract<Answer, { type: Type }> {
  return answer.type === type;
}

function crash(message: string): HearthError {
  return new HearthError("engine_crashed", `The engine stopped: ${message}. Load the model again.`);
}
