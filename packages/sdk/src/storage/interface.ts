/** What pages see of the storage of models. */

/** A file of a model on a server. */
export interface RemoteFile {
  readonly url: string;
  /** Sent with each request, as `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** 64 hexadecimal digits. Without it the first download's is pinned. */
  readonly sha256?: string;
  /** What a catalogue says; a server that says otherwise is an error. */
  readonly sizeBytes?: number;
  /** Shown and exported; the last part of the address unless given. */
  readonly name?: string;
}

/** A file that is there, whole and checked. */
export interface StoredFile {
  readonly complete: true;
  /** Names it in this store; stays the same from the beginning of its download on. */
  readonly id: string;
  readonly name: string;
  /** Where it came from first; not there for an imported file. */
  readonly url?: string;
  /** Every address that gave it. */
  readonly urls: readonly string[];
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly storedAt: Date;
}

/** A file whose download was broken off, and can be continued. */
export interface UnfinishedFile {
  readonly complete: false;
  readonly id: string;
  readonly name: string;
  readonly url?: string;
  readonly urls: readonly string[];
  /** Not there while the server has not told. */
  readonly sizeBytes?: number;
  /** What is there and need not be downloaded again. */
  readonly verifiedBytes: number;
}

/** A line of the list of files. */
export type ListedFile = StoredFile | UnfinishedFile;

/** A stored file, and what `Hearth.load` takes. */
export interface StoredSource {
  readonly file: StoredFile;
  readonly source: FileSystemFileHandle | Blob;
}

/** What a download is about at the moment. */
export type DownloadPhase =
  /** What an earlier download left is read and compared with the journal. */
  | "checking"
  | "downloading"
  /** The server is busy or cannot be reached: it is asked again in a moment. */
  | "retrying"
  /** Everything is there; its SHA-256 is computed. */
  | "hashing"
  /** The SHA-256 is wrong: chunks are fetched again to find those that were damaged on the way. */
  | "repairing";

/** How far a download is. */
export interface DownloadProgress {
  readonly phase: DownloadPhase;
  /** What is there of the file, unfinished chunks included. */
  readonly doneBytes: number;
  /** Infinity while the server does not tell. */
  readonly totalBytes: number;
  /** What an earlier download had left. */
  readonly resumedBytes: number;
  /** Whether another tab downloads, and this one waits for it. */
  readonly elsewhere: boolean;
  /** How often the file changed on the server, so that the download began anew. */
  readonly restarts: number;
}

/** How far reading through a file is. */
export interface ReadProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What can be said about a download. */
export interface DownloadOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Giving up keeps what is verified. */
  readonly signal?: AbortSignal;
  /** Ranges that are downloaded side by side; 4 unless given. */
  readonly connections?: number;
}

/** What can be said about `verify`. */
export interface VerifyOptions {
  readonly onProgress?: (progress: ReadProgress) => void;
  readonly signal?: AbortSignal;
}

/** What can be said about `import`. */
export interface ImportOptions extends VerifyOptions {
  /** The `File`'s own name unless given. */
  readonly name?: string;
}

/** Where files are kept. */
export type StorageKind = "opfs" | "indexeddb" | "memory";

/** What was found out when a store was opened. */
export interface StorageReport {
  readonly kind: StorageKind;
  /** Why it is not a better kind: one sentence for each that was tried. */
  readonly fallbacks: readonly string[];
  /** Folders that a newer version wrote, or that cannot be read: they are left alone. */
  readonly unreadable: number;
}

/** Room, as the browser tells it. */
export interface StorageUsage {
  /** Of the files of this store. */
  readonly filesBytes: number;
  /** Of everything that this origin keeps; `undefined` where the browser does not tell. */
  readonly usedBytes: number | undefined;
  readonly quotaBytes: number | undefined;
  /** Whether the browser promised not to clear it by itself; `undefined` where it did not answer. */
  readonly persisted: boolean | undefined;
}

/** Limits, for servers and networks out of the ordinary and for tests. */
export interface StorageTuning {
  /** Bytes that are verified together. */
  readonly chunkBytes: number;
  /** A connection without a byte for so long is cut and tried again. */
  readonly stallMillis: number;
  /** Wait before the first retry; it doubles, up to the cap. */
  readonly backoffMillis: number;
  readonly backoffCapMillis: number;
  /** A server that asks for a longer pause is given up, with an error that says when to go on. */
  readonly retryAfterCapMillis: number;
  /** Tries in a row that bring nothing before a download is given up. */
  readonly tries: number;
}

/** What can be said when a store is opened. */
export interface StoreOptions {
  /** A name for a store of its own; letters, digits, `-` and `_`. */
  readonly directory?: string;
  /** Kinds to leave out. */
  readonly without?: readonly StorageKind[];
  readonly tuning?: Partial<StorageTuning>;
  /** Starts `@hearth/sdk/storage-worker`, where a bundler or a policy needs it to be started in another way. */
  readonly startWorker?: () => Worker;
}

/** What a model is brought through: a `ModelStore`, or one of your own. */
export interface Downloads {
  readonly kind: StorageKind;
  readonly report: StorageReport;
  download(file: RemoteFile, options?: DownloadOptions): Promise<StoredSource>;
  /** A file that is there, by its address or SHA-256. Where it is not told, no file counts as being there before it is asked for. */
  get?(name: string): Promise<StoredSource | undefined>;
}
