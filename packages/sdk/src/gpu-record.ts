/**
 * What the engine found out about this machine's GPU, kept in the browser. Nothing depends on it but the time of a first load, so a
 * browser that keeps nothing (a private window) is as good.
 */

const DATABASE = "hearth-gpu";
const STORE = "records";
const KEY = "record";

export async function readGpuRecord(): Promise<string | undefined> {
  const record = await inStore("readonly", (store) => store.get(KEY));
  return typeof record === "string" ? record : undefined;
}

export async function writeGpuRecord(record: string): Promise<void> {
  await inStore("readwrite", (store) => store.put(record, KEY));
}

/** What a request gives, or `undefined` where there is no such store or it refuses. */
async function inStore(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  try {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    const database = await answer(opening);
    try {
      return await answer(ask(database.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser keeps nothing"));
  });
}
