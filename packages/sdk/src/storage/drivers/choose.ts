/** Which kind of storage works here: each is tried out by writing and reading, because private windows and `file://` pages fail late. */
import { type Driver, newKey } from "../driver.js";
import type { StorageKind } from "../interface.js";
import { IndexedDbDriver } from "./indexeddb.js";
import { MemoryDriver } from "./memory.js";
import { OpfsDriver } from "./opfs.js";

/** A browser that does not answer at all is as good as one that refuses. */
const TRIAL_LIMIT_MILLIS = 10_000;

/** The best kind that works, and why better ones do not. */
export interface Choice {
  readonly driver: Driver;
  readonly fallbacks: readonly string[];
}

interface Candidate {
  readonly kind: StorageKind;
  readonly name: string;
  readonly open: (directory: string) => Promise<Driver>;
}

const CANDIDATES: readonly Candidate[] = [
  { kind: "opfs", name: "The origin private file system", open: (directory) => OpfsDriver.open(directory) },
  { kind: "indexeddb", name: "IndexedDB", open: (directory) => IndexedDbDriver.open(directory) },
];

/** Tries them, best first. Memory always works. */
export async function chooseDriver(directory: string, without: readonly StorageKind[]): Promise<Choice> {
  const fallbacks: string[] = [];
  for (const { kind, name, open } of CANDIDATES) {
    if (without.includes(kind)) {
      fallbacks.push(`${name} was left out on request.`);
      continue;
    }
    try {
      const driver = await withinLimit(open(directory));
      await withinLimit(tryOut(driver));
      return { driver, fallbacks };
    } catch (error) {
      fallbacks.push(`${name} does not work here: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { driver: new MemoryDriver(), fallbacks };
}

async function tryOut(driver: Driver): Promise<void> {
  const key = newKey();
  const expected = new Uint8Array([1, 2, 3]);
  const data = await driver.openData(key, expected.length);
  const journal = await driver.openJournal(key);
  try {
    await data.write(0, expected);
    await journal.append(expected);
    const read = await data.read(0, expected.length);
    if (read?.join() !== expected.join()) throw new Error("what is written cannot be read again");
  } finally {
    data.close();
    journal.close();
    await driver.remove(key);
  }
}

function withinLimit<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error("the browser does not answer")), TRIAL_LIMIT_MILLIS);
    promise.then(resolve, reject).finally(() => clearTimeout(limit));
  });
}
