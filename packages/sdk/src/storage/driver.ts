/**
 * Where bytes are kept: one interface over the origin private file system, IndexedDB and memory. A stored file is a
 * journal, which is only appended to, and data in chunks. Whoever writes holds the file's lock.
 */
import type { StorageKind } from "./interface.js";

/** A kind of storage, opened at one directory. */
export interface Driver {
  readonly kind: StorageKind;
  /** Whether other tabs of the origin see the same files. */
  readonly isShared: boolean;
  /** Names of the files that look like ours. */
  keys(): Promise<string[]>;
  /** Empty where there is none. */
  readJournal(key: string): Promise<Uint8Array>;
  /** Creates it where there is none. */
  openJournal(key: string): Promise<JournalFile>;
  openData(key: string, chunkBytes: number): Promise<DataFile>;
  /** What is read of a file; `undefined` where fewer or more bytes are there. */
  source(key: string, sizeBytes: number): Promise<FileSystemFileHandle | Blob | undefined>;
  /** Fails with `in_use`, and changes nothing, while somebody reads the data in place. */
  remove(key: string): Promise<void>;
}

/** A journal that is being written. */
export interface JournalFile {
  /** On the disk when it resolves. */
  append(bytes: Uint8Array): Promise<void>;
  /** Drops what comes after so many bytes. */
  cut(lengthBytes: number): Promise<void>;
  close(): void;
}

/** Data that are being written. */
export interface DataFile {
  /** `undefined` where so many bytes are not there. */
  read(index: number, lengthBytes: number): Promise<Uint8Array | undefined>;
  /** On the disk when it resolves. */
  write(index: number, bytes: Uint8Array): Promise<void>;
  /** Drops what is beyond the end of the file. */
  finish(sizeBytes: number): Promise<void>;
  close(): void;
}

/** Names of files: nothing else in a directory is looked at. */
export const KEY = /^[0-9a-f]{16}$/;

/** What a browser throws when there is no more room. */
export const QUOTA_ERROR = "QuotaExceededError";

/** A name for a new file. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
