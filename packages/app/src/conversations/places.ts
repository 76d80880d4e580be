/** Where the database is: what a worker does before it may use it, after it changed it, and when another tab wants it. */
import { WasmStore } from "../generated/store/store.js";
import { openDatabase, settled } from "../indexed-db.js";
import type { Place } from "./protocol.js";

/** Of the origin private file system. */
const FOLDER = "hearth-conversations";
const DATABASE = "hearth-conversations";
const SNAPSHOTS = "snapshots";
const NEWEST = "newest";

export interface Keeping {
  readonly place: Place;
  /** Opens the database as it is now. This tab alone has it from here until `release`. */
  acquire(): Promise<WasmStore>;
  /** Keeps what a command changed. */
  changed(): Promise<void>;
  release(): void;
}

/** The best place that this browser has. */
export async function choosePlace(): Promise<Keeping> {
  if (await hasFolders()) return new Folder();
  const database = await openDatabase(DATABASE, SNAPSHOTS).catch(() => undefined);
  return database === undefined ? new Memory() : new Snapshot(database);
}

async function hasFolders(): Promise<boolean> {
  const canWrite = "FileSystemFileHandle" in self && "createSyncAccessHandle" in FileSystemFileHandle.prototype;
  // It is not there on pages without a secure context, and refused on those of files and in some private windows.
  return canWrite && (await navigator.storage?.getDirectory().then(() => true, () => false)) === true;
}

/** SQLite's own files. */
class Folder implements Keeping {
  readonly place = "folder";
  #store: WasmStore | undefined;

  async acquire(): Promise<WasmStore> {
    if (this.#store === undefined) this.#store = await WasmStore.openFolder(FOLDER);
    else await this.#store.resume();
    return this.#store;
  }

  async changed(): Promise<void> {}

  release(): void {
    this.#store?.pause();
  }
}

/** A copy of the database in IndexedDB, written anew after each change. */
class Snapshot implements Keeping {
  readonly place = "snapshot";
  readonly #database: IDBDatabase;
  #store: WasmStore | undefined;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  async acquire(): Promise<WasmStore> {
    const bytes: unknown = await settled(this.#database.transaction(SNAPSHOTS).objectStore(SNAPSHOTS).get(NEWEST));
    this.#store = WasmStore.openMemory(bytes instanceof Uint8Array ? bytes : undefined);
    return this.#store;
  }

  async changed(): Promise<void> {
    const bytes = this.#store?.snapshot();
    await settled(this.#database.transaction(SNAPSHOTS, "readwrite").objectStore(SNAPSHOTS).put(bytes, NEWEST));
  }

  release(): void {
    this.#store?.free();
    this.#store = undefined;
  }
}

/** Until the tab is closed. */
class Memory implements Keeping {
  readonly place = "memory";
  #store: WasmStore | undefined;

  async acquire(): Promise<WasmStore> {
    this.#store ??= WasmStore.openMemory();
    return this.#store;
  }

  async changed(): Promise<void> {}

  release(): void {}
}
