/** Files in IndexedDB, a row for each chunk: where there is no origin private file system. */
import { type DataFile, type Driver, type JournalFile, KEY } from "../driver.js";

const JOURNAL = "journal";
const DATA = "data";
/** On the disk before it counts, where browsers tell these apart. */
const DURABLE: IDBTransactionOptions = { durability: "strict" };

/** Chunks are Blobs, because browsers keep those as files: a model is then read from the disk by slices. */
export class IndexedDbDriver implements Driver {
  readonly kind = "indexeddb";
  readonly isShared = true;

  private constructor(private readonly database: IDBDatabase) {
    // Somebody deletes the database, or a newer version opens it.
    database.onversionchange = () => database.close();
  }

  static async open(directory: string): Promise<IndexedDbDriver> {
    const opening = indexedDB.open(directory, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(JOURNAL);
      opening.result.createObjectStore(DATA);
    };
    return new IndexedDbDriver(await result(opening));
  }

  async keys(): Promise<string[]> {
    const rows = await result(this.database.transaction(JOURNAL).objectStore(JOURNAL).getAllKeys());
    const keys = rows.map((row) => (Array.isArray(row) ? row[0] : undefined));
    return [...new Set(keys.filter((key): key is string => typeof key === "string" && KEY.test(key)))];
  }

  async readJournal(key: string): Promise<Uint8Array> {
    const rows: unknown[] = await result(this.database.transaction(JOURNAL).objectStore(JOURNAL).getAll(rowsOf(key)));
    const bytes = rows.filter((row) => row instanceof Uint8Array);
    return new Uint8Array(await new Blob(bytes as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  }

  async openJournal(key: string): Promise<JournalFile> {
    const store = this.database.transaction(JOURNAL).objectStore(JOURNAL);
    const rows = await result(store.getAllKeys(rowsOf(key)));
    const last: unknown = rows.at(-1);
    let next = Array.isArray(last) ? Number(last[1]) + 1 : 0;
    return {
      append: (bytes) => this.#write(JOURNAL, (rows) => rows.put(bytes, [key, next++])),
      cut: async (lengthBytes) => {
        const kept = (await this.readJournal(key)).slice(0, lengthBytes);
        await this.#write(JOURNAL, (rows) => {
          rows.delete(rowsOf(key));
          rows.put(kept, [key, 0]);
        });
        next = 1;
      },
      close: () => undefined,
    };
  }

  async openData(key: string, chunkBytes: number): Promise<DataFile> {
    return {
      read: async (index, lengthBytes) => {
        const chunk: unknown = await result(this.database.transaction(DATA).objectStore(DATA).get([key, index]));
        if (!(chunk instanceof Blob) || chunk.size !== lengthBytes) return undefined;
        // Its file may be gone.
        return await chunk.arrayBuffer().then(
          (bytes) => new Uint8Array(bytes),
          () => undefined,
        );
      },
      write: (index, bytes) => this.#write(DATA, (rows) => rows.put(new Blob([bytes.slice()]), [key, index])),
      finish: (sizeBytes) =>
        this.#write(DATA, (rows) => rows.delete(IDBKeyRange.bound([key, Math.ceil(sizeBytes / chunkBytes)], [key, []]))),
      close: () => undefined,
    };
  }

  async source(key: string, sizeBytes: number): Promise<Blob | undefined> {
    const rows: unknown[] = await result(this.database.transaction(DATA).objectStore(DATA).getAll(rowsOf(key)));
    const blob = new Blob(rows.filter((row) => row instanceof Blob));
    return blob.size === sizeBytes ? blob : undefined;
  }

  async remove(key: string): Promise<void> {
    await this.#write(DATA, (rows) => rows.delete(rowsOf(key)));
    await this.#write(JOURNAL, (rows) => rows.delete(rowsOf(key)));
  }

  #write(store: string, change: (rows: IDBObjectStore) => void): Promise<void> {
    const transaction = this.database.transaction(store, "readwrite", DURABLE);
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was given up"));
      change(transaction.objectStore(store));
    });
  }
}

/** Arrays come after numbers in IndexedDB's order of keys. */
function rowsOf(key: string): IDBKeyRange {
  return IDBKeyRange.bound([key, 0], [key, []]);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB gave no reason"));
  });
}
