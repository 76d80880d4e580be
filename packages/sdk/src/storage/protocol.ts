/** What the page and the storage worker say to each other. */
import type { WireError } from "../error.js";
import type {
  DownloadProgress,
  ListedFile,
  ReadProgress,
  RemoteFile,
  StorageKind,
  StorageReport,
  StorageTuning,
  StoredSource,
} from "./interface.js";

/** Names a request; its answers carry it. */
export type RequestId = number;

/** From the page to the worker. `open` comes first, and once. */
export type StorageRequest = { readonly id: RequestId } & (
  | { readonly type: "open"; readonly directory: string; readonly without: readonly StorageKind[]; readonly tuning: StorageTuning }
  | { readonly type: "download"; readonly file: RemoteFile; readonly connections: number }
  | { readonly type: "get"; readonly name: string }
  | { readonly type: "list" }
  | { readonly type: "verify"; readonly file: string }
  | { readonly type: "delete"; readonly file: string }
  | { readonly type: "import"; readonly blob: Blob; readonly name: string }
  /** Gives up the request of that id, which then fails. It has no answer of its own. */
  | { readonly type: "cancel" }
);

/** What requests give. */
export interface StorageAnswers {
  readonly open: StorageReport;
  readonly download: StoredSource;
  readonly get: StoredSource | undefined;
  readonly list: readonly ListedFile[];
  readonly verify: boolean;
  readonly delete: undefined;
  readonly import: StoredSource;
}

/** From the worker to the page. */
export type StorageEvent = { readonly id: RequestId } & (
  | { readonly type: "downloading"; readonly progress: DownloadProgress }
  | { readonly type: "reading"; readonly progress: ReadProgress }
  | { readonly type: "done"; readonly result: StorageAnswers[keyof StorageAnswers] }
  | { readonly type: "failed"; readonly error: WireError }
);
