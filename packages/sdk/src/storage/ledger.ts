/** What a journal comes down to: the state of one file, by taking its records one after the other. */
import { SHA256 } from "./digest.js";
import type { ListedFile, StoredFile } from "./interface.js";
import { JOURNAL_VERSION, type JournalRecord, type RemoteVersion } from "./journal.js";

/** The state of one file. */
export class Ledger {
  name = "";
  chunkBytes = 0;
  origin: "download" | "import" = "download";
  urls: readonly string[] = [];
  /** What its SHA-256 has to be. */
  expected: string | undefined;
  remote: RemoteVersion | undefined;
  complete: Extract<JournalRecord, { type: "complete" }> | undefined;
  /** Digests of the chunks that are there. */
  readonly chunks = new Map<number, string>();

  private constructor() {}

  /** `undefined` for a journal that says nothing, or that is of another version. */
  static of(records: readonly JournalRecord[]): Ledger | undefined {
    const [first] = records;
    if (first?.type !== "file" || first.version !== JOURNAL_VERSION || first.chunkBytes === 0) return undefined;
    const ledger = new Ledger();
    for (const record of records) ledger.take(record);
    return ledger;
  }

  take(record: JournalRecord): void {
    switch (record.type) {
      case "file":
        this.name = record.name;
        this.chunkBytes = record.chunkBytes;
        this.origin = record.origin;
        break;
      case "url":
        this.urls = [...new Set([...this.urls, record.url])];
        break;
      case "expected":
        this.expected = record.sha256;
        break;
      case "remote":
        this.#setRemote(record);
        break;
      case "chunk":
        this.chunks.set(record.index, record.sha256);
        break;
      case "restarted":
        this.chunks.clear();
        this.remote = undefined;
        this.expected = undefined;
        break;
      case "complete":
        this.complete = record;
        break;
      case "damaged":
        this.complete = undefined;
        break;
    }
  }

  /** Where the size changes, so does the last chunk: it counts no more. */
  #setRemote({ sizeBytes, etag, lastModified, isSizeGuessed }: RemoteVersion): void {
    const lengths = [...this.chunks.keys()].map((index) => [index, this.chunkLength(index)] as const);
    this.remote = { sizeBytes, etag, lastModified, isSizeGuessed };
    for (const [index, length] of lengths) if (this.chunkLength(index) !== length) this.chunks.delete(index);
  }

  get sizeBytes(): number | undefined {
    return this.complete?.sizeBytes ?? this.remote?.sizeBytes;
  }

  /** The SHA-256 that it has, or has to have. */
  get sha256(): string | undefined {
    return this.complete?.sha256 ?? this.expected;
  }

  /** Undefined while the size is not known. */
  get chunkCount(): number | undefined {
    return this.sizeBytes === undefined ? undefined : Math.ceil(this.sizeBytes / this.chunkBytes);
  }

  /** Chunks are of one length but for the last. */
  chunkLength(index: number): number {
    const start = index * this.chunkBytes;
    return Math.max(0, Math.min(this.chunkBytes, (this.sizeBytes ?? Number.POSITIVE_INFINITY) - start));
  }

  get verifiedBytes(): number {
    let sum = 0;
    for (const index of this.chunks.keys()) sum += this.chunkLength(index);
    return sum;
  }
}

/** A line of the list of files. */
export function describe(id: string, ledger: Ledger): ListedFile {
  return stored(id, ledger) ?? unfinished(id, ledger);
}

/** What is told of a complete file. */
export function stored(id: string, { complete, name, urls }: Ledger): StoredFile | undefined {
  if (complete === undefined || !SHA256.test(complete.sha256)) return undefined;
  const { sizeBytes, sha256 } = complete;
  return { complete: true, id, name, ...first(urls), urls, sizeBytes, sha256, storedAt: new Date(complete.atMillis) };
}

function unfinished(id: string, { name, urls, sizeBytes, verifiedBytes }: Ledger): ListedFile {
  return { complete: false, id, name, ...first(urls), urls, ...(sizeBytes === undefined ? {} : { sizeBytes }), verifiedBytes };
}

function first([url]: readonly string[]): { readonly url?: string } {
  return url === undefined ? {} : { url };
}
