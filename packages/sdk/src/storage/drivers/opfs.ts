/** Files in the origin private file system, written by synchronous handles: `DIRECTORY/KEY/{journal,data}`. */
import { HearthError } from "../../error.js";
import { type DataFile, type Driver, type JournalFile, KEY, QUOTA_ERROR } from "../driver.js";

const JOURNAL = "journal";
const DATA = "data";
/** A worker that was killed a moment ago may still hold a handle. */
const OPEN_TRIES = 40;
const OPEN_PAUSE_MILLIS = 50;
/** Chromium's internal number for a full disk or quota, as unsigned: it is given as a count, in place of an exception. */
const CHROMIUM_NO_SPACE = 2 ** 32 - 8;

/** The best kind: files are written and read in place. */
export class OpfsDriver implements Driver {
  readonly kind = "opfs";
  readonly isShared = true;

  private constructor(private readonly directory: FileSystemDirectoryHandle) {}

  static async open(directory: string): Promise<OpfsDriver> {
    const root = await navigator.storage.getDirectory();
    return new OpfsDriver(await root.getDirectoryHandle(directory, { create: true }));
  }

  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const [name, handle] of this.directory.entries()) {
      if (handle.kind === "directory" && KEY.test(name)) keys.push(name);
    }
    return keys;
  }

  async readJournal(key: string): Promise<Uint8Array> {
    for (let tries = 1; ; tries++) {
      try {
        const folder = await this.directory.getDirectoryHandle(key);
        const file = await (await folder.getFileHandle(JOURNAL)).getFile();
        return new Uint8Array(await file.arrayBuffer());
      } catch (error) {
        if (isNamed(error, "NotFoundError") || isNamed(error, "TypeMismatchError")) return new Uint8Array();
        // Somebody appended to it while it was read.
        if (tries === OPEN_TRIES) throw error;
        await pause();
      }
    }
  }

  async openJournal(key: string): Promise<JournalFile> {
    const folder = await this.directory.getDirectoryHandle(key, { create: true });
    return new OpfsJournal(await openHandle(await folder.getFileHandle(JOURNAL, { create: true })));
  }

  async openData(key: string, chunkBytes: number): Promise<DataFile> {
    const folder = await this.directory.getDirectoryHandle(key, { create: true });
    return new OpfsData(await openHandle(await folder.getFileHandle(DATA, { create: true })), chunkBytes);
  }

  async source(key: string, sizeBytes: number): Promise<FileSystemFileHandle | undefined> {
    try {
      const folder = await this.directory.getDirectoryHandle(key);
      const handle = await folder.getFileHandle(DATA);
      return (await handle.getFile()).size === sizeBytes ? handle : undefined;
    } catch (error) {
      if (isNamed(error, "NotFoundError") || isNamed(error, "TypeMismatchError")) return undefined;
      throw error;
    }
  }

  /** The data go first: what is left behind by a kill in between is an unfinished file, not one that lies. */
  async remove(key: string): Promise<void> {
    try {
      const folder = await this.directory.getDirectoryHandle(key);
      await folder.removeEntry(DATA).catch(unlessNamed("NotFoundError"));
      await this.directory.removeEntry(key, { recursive: true });
    } catch (error) {
      if (isNamed(error, "NotFoundError")) return;
      if (isNamed(error, "NoModificationAllowedError") || isNamed(error, "InvalidStateError")) throw inUse(error);
      throw error;
    }
  }
}

class OpfsJournal implements JournalFile {
  constructor(private readonly handle: FileSystemSyncAccessHandle) {}

  async append(bytes: Uint8Array): Promise<void> {
    const start = this.handle.getSize();
    try {
      writeAll(this.handle, bytes, start);
    } catch (error) {
      // What came after a torn record would be dropped with it.
      this.handle.truncate(start);
      throw error;
    }
  }

  async cut(lengthBytes: number): Promise<void> {
    this.handle.truncate(lengthBytes);
    this.handle.flush();
  }

  close(): void {
    this.handle.close();
  }
}

class OpfsData implements DataFile {
  constructor(
    private readonly handle: FileSystemSyncAccessHandle,
    private readonly chunkBytes: number,
  ) {}

  async read(index: number, lengthBytes: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(lengthBytes);
    let done = 0;
    while (done < lengthBytes) {
      const count = this.handle.read(bytes.subarray(done), { at: index * this.chunkBytes + done });
      if (count === 0 || count > lengthBytes - done) return undefined;
      done += count;
    }
    return bytes;
  }

  async write(index: number, bytes: Uint8Array): Promise<void> {
    writeAll(this.handle, bytes, index * this.chunkBytes);
  }

  async finish(sizeBytes: number): Promise<void> {
    if (this.handle.getSize() <= sizeBytes) return;
    this.handle.truncate(sizeBytes);
    this.handle.flush();
  }

  close(): void {
    this.handle.close();
  }
}

function writeAll(handle: FileSystemSyncAccessHandle, bytes: Uint8Array, at: number): void {
  let done = 0;
  while (done < bytes.length) {
    const count = handle.write(bytes.subarray(done), { at: at + done });
    if (count === 0 || count === CHROMIUM_NO_SPACE) throw new DOMException("the disk or the quota is full", QUOTA_ERROR);
    if (count > bytes.length - done) throw new DOMException("the disk cannot be written to", "NotReadableError");
    done += count;
  }
  handle.flush();
}

async function openHandle(file: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  for (let tries = 1; ; tries++) {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      if (!isNamed(error, "NoModificationAllowedError") && !isNamed(error, "InvalidStateError")) throw error;
      if (tries === OPEN_TRIES) throw inUse(error);
      await pause();
    }
  }
}

function inUse(cause: unknown): HearthError {
  return new HearthError("in_use", "A model that uses this file is loaded, here or in another tab. Unload it there, and try again.", {
    cause,
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, OPEN_PAUSE_MILLIS));
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name;
}

function unlessNamed(name: string): (error: unknown) => void {
  return (error) => {
    if (!isNamed(error, name)) throw error;
  };
}
