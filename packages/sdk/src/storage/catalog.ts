/** Which files are there: their journals, read anew each time, because other tabs write them too. */
import { type Driver, newKey } from "./driver.js";
import type { RemoteFile } from "./interface.js";
import { encodeRecord, type JournalRecord, parseJournal } from "./journal.js";
import { Ledger } from "./ledger.js";

/** A file and its state. */
export interface Entry {
  readonly key: string;
  readonly ledger: Ledger;
}

/** All files that can be read. */
export async function entries(driver: Driver): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const key of await driver.keys()) {
    const ledger = await ledgerOf(driver, key);
    if (ledger !== undefined) found.push({ key, ledger });
  }
  return found;
}

/** `undefined` for what is not there, or is not ours. */
export async function ledgerOf(driver: Driver, key: string): Promise<Ledger | undefined> {
  return Ledger.of(parseJournal(await driver.readJournal(key)).records);
}

/** Starts a journal, or goes on with one. Whoever calls holds the file's lock, or has just made up its name. */
export async function append(driver: Driver, key: string, ...records: readonly JournalRecord[]): Promise<void> {
  const journal = await driver.openJournal(key);
  try {
    const bytes = await driver.readJournal(key);
    const { validBytes } = parseJournal(bytes);
    if (validBytes < bytes.length) await journal.cut(validBytes);
    for (const record of records) await journal.append(encodeRecord(record));
  } finally {
    journal.close();
  }
}

/** A new, empty file. */
export async function create(driver: Driver, ...records: readonly JournalRecord[]): Promise<string> {
  const key = newKey();
  await append(driver, key, ...records);
  return key;
}

/** What was left behind without a word in its journal: a browser that was killed at the very beginning. */
export function isStub(journal: Uint8Array): boolean {
  return !journal.includes(0x0a);
}

/** The file that a download means: first by its content, then by its address. */
export function find(all: readonly Entry[], { url, sha256 }: RemoteFile): Entry | undefined {
  const byContent = sha256 === undefined ? [] : all.filter(({ ledger }) => ledger.sha256 === sha256);
  const byUrl = all.filter(({ ledger }) => ledger.urls.includes(url) && (ledger.sha256 === undefined || sha256 === undefined));
  const candidates = [...byContent, ...byUrl];
  return candidates.find(({ ledger }) => ledger.complete !== undefined) ?? candidates[0];
}

/** A complete file of that address whose content is not what is asked for. */
export function contradiction(all: readonly Entry[], { url, sha256 }: RemoteFile): Entry | undefined {
  if (sha256 === undefined) return undefined;
  return all.find(({ ledger }) => ledger.urls.includes(url) && ledger.complete !== undefined && ledger.complete.sha256 !== sha256);
}
