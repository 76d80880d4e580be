/**
 * Small records that are kept in the browser (IndexedDB), by key. A browser that keeps nothing (a private window, a full disk) is as good as one
 * that has forgotten.
 */

const STORE = "records";

/** The records of one database. */
export class RecordStore {
  constructor(private readonly database: string) {}

  async get(key: string): Promise<unknown> {
    return await this.#ask("readonly", (store) => store.get(key));
  }

  async put(key: string, record: unknown): Promise<void> {
    await this.#ask("readwrite", (store) => store.put(record, key));
  }

  async delete(key: string): Promise<void> {
    await this.#ask("readwrite", (store) => store.delete(key));
  }

  async keys(): Promise<readonly string[]> {
    const keys = await this.#ask("readonly", (store) => store.getAllKeys());
    return Array.isArray(keys) ? keys.map(String) : [];
  }

  /** Deletes the database with all that is in it; fails where the browser refuses. */
  async drop(): Promise<void> {
    await answer(indexedDB.deleteDatabase(this.database));
  }

  /** What a request gives, or `undefined` where there is no such store or it refuses. */
  async #ask(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
    try {
      const opening = indexedDB.open(this.database, 1);
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
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser keeps nothing"));
  });
}
