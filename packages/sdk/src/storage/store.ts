/** The storage of models as a page uses it. */
import { fromWireError, HearthError } from "../error.js";
import type {
  DownloadOptions,
  DownloadProgress,
  ImportOptions,
  ListedFile,
  ReadProgress,
  RemoteFile,
  StorageKind,
  StorageReport,
  StorageTuning,
  StorageUsage,
  StoredSource,
  StoreOptions,
  VerifyOptions,
} from "./interface.js";
import { askPersistence, isPersisted } from "./persistence.js";
import type { RequestId, StorageAnswers, StorageEvent, StorageRequest } from "./protocol.js";

/** What holds unless something else is said. */
const TUNING: StorageTuning = {
  chunkBytes: 4 << 20,
  stallMillis: 30_000,
  backoffMillis: 500,
  backoffCapMillis: 30_000,
  retryAfterCapMillis: 120_000,
  tries: 7,
};
const CONNECTIONS = 4;
const START_LIMIT_MILLIS = 20_000;
const MOST_CONNECTIONS = 16;
const DIRECTORY = "hearth-models";

type Unnumbered<R> = R extends { readonly type: keyof StorageAnswers } ? Omit<R, "id"> : never;
type Told =
  | { readonly type: "downloading"; readonly progress: DownloadProgress }
  | { readonly type: "reading"; readonly progress: ReadProgress };

interface Waiting {
  done(result: StorageAnswers[keyof StorageAnswers]): void;
  failed(error: unknown): void;
  told(event: Told): void;
}

/**
 * Models that are kept in this browser. What is downloaded is verified chunk by chunk, so a download that breaks off is
 * continued, in another tab or after days; nothing is given out before the whole file's SHA-256 is right.
 *
 * ```ts
 * const store = await ModelStore.open();
 * const { source } = await store.download({ url, sha256 }, { onProgress: ({ doneBytes, totalBytes }) => draw(doneBytes / totalBytes) });
 * await hearth.load(source);
 * ```
 */
export class ModelStore {
  readonly #worker: Worker;
  readonly #waiting = new Map<RequestId, Waiting>();
  #nextId: RequestId = 1;
  #end: HearthError | undefined;
  #report: StorageReport = { kind: "memory", fallbacks: [], unreadable: 0 };
  #persisted: boolean | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<StorageEvent>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#endWith(
        new HearthError(
          "storage_failed",
          `The storage worker failed: ${event.message || "its script could not be loaded"}. Reload the page.`,
        ),
      );
    };
  }

  /** Finds out what this browser can keep. Works in every browser: in memory, if need be, and `report` says so. */
  static async open(options: StoreOptions = {}): Promise<ModelStore> {
    const { directory = DIRECTORY, without = [], startWorker = newWorker } = options;
    if (!/^[\w-]+$/.test(directory)) throw new HearthError("bad_argument", "a store's directory has letters, digits, - and _ only");
    const store = new ModelStore(startWorker());
    try {
      const request = { type: "open", directory, without, tuning: { ...TUNING, ...options.tuning } } as const;
      // Firefox does not tell that a worker's script cannot be loaded.
      const limit = setTimeout(() => store.#endWith(new HearthError("storage_failed", "The storage worker did not start in time. Reload the page.")), START_LIMIT_MILLIS);
      store.#report = await store.#ask<"open">(request).finally(() => clearTimeout(limit));
      store.#persisted = await isPersisted();
    } catch (error) {
      store.close();
      throw error;
    }
    return store;
  }

  get kind(): StorageKind {
    return this.#report.kind;
  }

  /** The kind, why it is no better one, and what could not be read. */
  get report(): StorageReport {
    return this.#report;
  }

  /** Whether the browser promised to keep the files. It is asked at the first download; `undefined` where it gives no answer. */
  get persisted(): boolean | undefined {
    return this.#persisted;
  }

  /** Downloads a file, or continues, or finds it there; waits for another tab that downloads it. */
  async download(file: RemoteFile, options: DownloadOptions = {}): Promise<StoredSource> {
    void this.#persist();
    const connections = Math.max(1, Math.min(MOST_CONNECTIONS, Math.floor(options.connections ?? CONNECTIONS)));
    const told = (event: Told): void => {
      if (event.type === "downloading") options.onProgress?.(event.progress);
    };
    return await this.#ask<"download">({ type: "download", file: checked(file), connections }, options.signal, told);
  }

  /** A complete file, by its id, address or SHA-256. Asks no server. */
  async get(name: string): Promise<StoredSource | undefined> {
    const isAddress = !/^([0-9a-f]{16}|[0-9a-f]{64})$/.test(name) && URL.canParse(name, document.baseURI);
    return await this.#ask<"get">({ type: "get", name: isAddress ? new URL(name, document.baseURI).href : name });
  }

  /** All files; unfinished ones say how much is there. */
  async list(): Promise<readonly ListedFile[]> {
    return await this.#ask<"list">({ type: "list" });
  }

  /** Reads all of a file again. One that is damaged is given out no more, and downloading it again replaces what is damaged. */
  async verify(id: string, options: VerifyOptions = {}): Promise<boolean> {
    return await this.#ask<"verify">({ type: "verify", file: id }, options.signal, reading(options));
  }

  /** Fails with `in_use` while somebody downloads the file or has it loaded. */
  async delete(id: string): Promise<void> {
    await this.#ask<"delete">({ type: "delete", file: id });
  }

  /** The file to be saved elsewhere; its bytes stay on the disk until they are read. */
  async export(id: string): Promise<File> {
    const found = await this.get(id);
    if (found === undefined)
      throw new HearthError("not_stored", `There is no complete file with the id ${id}. Download or import it again.`);
    const bytes = found.source instanceof Blob ? found.source : await found.source.getFile();
    return new File([bytes], found.file.name, { lastModified: found.file.storedAt.getTime() });
  }

  /** Copies a file of the person's disk into the store. */
  async import(blob: Blob, options: ImportOptions = {}): Promise<StoredSource> {
    void this.#persist();
    const name = options.name ?? (blob instanceof File ? blob.name : "model");
    return await this.#ask<"import">({ type: "import", blob, name }, options.signal, reading(options));
  }

  /** How much room there is. */
  async usage(): Promise<StorageUsage> {
    const [files, estimate] = await Promise.all([this.list(), navigator.storage.estimate().catch((): StorageEstimate => ({}))]);
    const filesBytes = files.reduce((sum, file) => sum + (file.complete ? file.sizeBytes : file.verifiedBytes), 0);
    return { filesBytes, usedBytes: estimate.usage, quotaBytes: estimate.quota, persisted: this.#persisted };
  }

  /** Ends the worker; downloads that run are broken off, and can be continued. */
  close(): void {
    this.#endWith(new HearthError("storage_failed", "The store was closed."));
  }

  async #persist(): Promise<void> {
    if (this.#persisted !== true && this.kind !== "memory") this.#persisted = await askPersistence();
  }

  async #ask<T extends keyof StorageAnswers>(
    request: Unnumbered<StorageRequest>,
    signal?: AbortSignal,
    told: Waiting["told"] = () => undefined,
  ): Promise<StorageAnswers[T]> {
    signal?.throwIfAborted();
    if (this.#end !== undefined) throw this.#end;
    const id = this.#nextId++;
    const cancel = (): void => this.#post({ type: "cancel", id });
    try {
      const result = await new Promise<StorageAnswers[keyof StorageAnswers]>((done, failed) => {
        this.#waiting.set(id, { done, failed, told });
        signal?.addEventListener("abort", cancel);
        this.#post({ ...request, id });
      });
      return result as StorageAnswers[T];
    } catch (error) {
      // The worker has let go of the file by now.
      signal?.throwIfAborted();
      throw error;
    } finally {
      this.#waiting.delete(id);
      signal?.removeEventListener("abort", cancel);
    }
  }

  #receive(event: StorageEvent): void {
    const waiting = this.#waiting.get(event.id);
    if (event.type === "done") waiting?.done(event.result);
    else if (event.type === "failed") waiting?.failed(fromWireError(event.error));
    else waiting?.told(event);
  }

  #post(request: StorageRequest): void {
    this.#worker.postMessage(request);
  }

  #endWith(reason: HearthError): void {
    this.#end ??= reason;
    this.#worker.terminate();
    for (const waiting of this.#waiting.values()) waiting.failed(this.#end);
  }
}

function newWorker(): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "hearth-storage" });
}

function reading({ onProgress }: VerifyOptions): Waiting["told"] {
  return (event) => {
    if (event.type === "reading") onProgress?.(event.progress);
  };
}

/** As the worker needs it, which has another base address. */
function checked(file: RemoteFile): RemoteFile {
  const { sha256, sizeBytes } = file;
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw new HearthError("bad_argument", "a SHA-256 has 64 hexadecimal digits");
  if (sizeBytes !== undefined && !(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0))
    throw new HearthError("bad_argument", "a size is a whole number of bytes");
  if (!URL.canParse(file.url, document.baseURI)) throw new HearthError("bad_argument", `${file.url} is no address`);
  return { ...file, url: new URL(file.url, document.baseURI).href, ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }) };
}
