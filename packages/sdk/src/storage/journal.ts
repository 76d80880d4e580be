/**
 * A file's journal: what is known about it, one record a line, `CHECKSUM JSON\n`. Records are only appended, so a
 * browser that is killed while it writes leaves a torn last line, which is told by its checksum and dropped.
 */
import { checksum } from "./digest.js";

/** The form of journals that this code writes and reads. */
export const JOURNAL_VERSION = 1;

/** One fact. Each holds from there on, until a later one says otherwise. */
export type JournalRecord =
  /** Comes first. Imported files cannot be continued. */
  | {
      readonly type: "file";
      readonly version: number;
      readonly name: string;
      readonly chunkBytes: number;
      readonly origin: "download" | "import";
    }
  /** An address that gives this file. */
  | { readonly type: "url"; readonly url: string }
  /** What the file's SHA-256 has to be. */
  | { readonly type: "expected"; readonly sha256: string }
  /** What the server says about the file. */
  | ({ readonly type: "remote" } & RemoteVersion)
  /** The chunk is on the disk, and has this SHA-256. */
  | { readonly type: "chunk"; readonly index: number; readonly sha256: string }
  /** What was there is of no use: the file on the server is another one. */
  | { readonly type: "restarted" }
  /** All of it is there. */
  | { readonly type: "complete"; readonly sizeBytes: number; readonly sha256: string; readonly atMillis: number }
  /** It was complete, and is damaged. */
  | { readonly type: "damaged" };

/** What tells one version of a file on a server from another. */
export interface RemoteVersion {
  readonly sizeBytes?: number;
  readonly etag?: string;
  readonly lastModified?: string;
  /** The size is where a stream ended: nothing else told it. */
  readonly isSizeGuessed?: boolean;
}

/** A journal as it was found. */
export interface Journal {
  readonly records: readonly JournalRecord[];
  /** How far it is whole. What comes after is dropped before anything is appended. */
  readonly validBytes: number;
}

/** A record as it is appended. */
export function encodeRecord(record: JournalRecord): Uint8Array {
  const json = JSON.stringify(record);
  return encoder.encode(`${checksum(encoder.encode(json))} ${json}\n`);
}

/** Reads up to the first line that is not whole, or that this version does not know: what follows may hang on it. */
export function parseJournal(bytes: Uint8Array): Journal {
  const records: JournalRecord[] = [];
  let validBytes = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, validBytes);
    if (end === -1) break;
    const record = parseLine(bytes.subarray(validBytes, end));
    if (record === undefined) break;
    records.push(record);
    validBytes = end + 1;
  }
  return { records, validBytes };
}

const NEWLINE = 0x0a;
const CHECKSUM_LENGTH = 8;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function parseLine(line: Uint8Array): JournalRecord | undefined {
  const json = line.subarray(CHECKSUM_LENGTH + 1);
  const isWhole = decoder.decode(line.subarray(0, CHECKSUM_LENGTH + 1)) === `${checksum(json)} `;
  if (!isWhole) return undefined;
  try {
    const value: unknown = JSON.parse(decoder.decode(json));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** What each type of record must have. */
const CHECKS: Readonly<Record<JournalRecord["type"], (fields: Fields) => boolean>> = {
  file: (fields) =>
    isSize(fields["version"]) && typeof fields["name"] === "string" && isSize(fields["chunkBytes"]) && typeof fields["origin"] === "string",
  url: (fields) => typeof fields["url"] === "string",
  expected: (fields) => typeof fields["sha256"] === "string",
  remote: (fields) =>
    isMaybe(fields["sizeBytes"], isSize) &&
    isMaybe(fields["etag"], isText) &&
    isMaybe(fields["lastModified"], isText) &&
    isMaybe(fields["isSizeGuessed"], isTruth),
  chunk: (fields) => isSize(fields["index"]) && typeof fields["sha256"] === "string",
  restarted: () => true,
  complete: (fields) => isSize(fields["sizeBytes"]) && typeof fields["sha256"] === "string" && isSize(fields["atMillis"]),
  damaged: () => true,
};

function isRecord(value: unknown): value is JournalRecord {
  if (typeof value !== "object" || value === null || !("type" in value)) return false;
  const check = Object.entries(CHECKS).find(([type]) => type === value.type)?.[1];
  return check?.(value as unknown as Fields) ?? false;
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTruth(value: unknown): boolean {
  return typeof value === "boolean";
}

function isMaybe(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value);
}
