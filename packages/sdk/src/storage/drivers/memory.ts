/** Files in memory, for as long as the store is open: where the browser keeps nothing at all. */
import type { DataFile, Driver, JournalFile } from "../driver.js";

interface MemoryFile {
  journal: Uint8Array;
  /** Blobs, because browsers may put them on the disk, and the JavaScript heap is smaller than a model. */
  readonly chunks: Map<number, Blob>;
}

/** The last kind. */
export class MemoryDriver implements Driver {
  readonly kind = "memory";
  readonly isShared = false;
  readonly #files = new Map<string, MemoryFile>();

  async keys(): Promise<string[]> {
    return [...this.#files.keys()];
  }

  async readJournal(key: string): Promise<Uint8Array> {
    return this.#files.get(key)?.journal ?? new Uint8Array();
  }

  async openJournal(key: string): Promise<JournalFile> {
    const file = this.#file(key);
    return {
      append: async (bytes) => {
        const longer = new Uint8Array(file.journal.length + bytes.length);
        longer.set(file.journal);
        longer.set(bytes, file.journal.length);
        file.journal = longer;
      },
      cut: async (lengthBytes) => {
        file.journal = file.journal.slice(0, lengthBytes);
      },
      close: () => undefined,
    };
  }

  async openData(key: string): Promise<DataFile> {
    const { chunks } = this.#file(key);
    return {
      read: async (index, lengthBytes) => {
        const chunk = chunks.get(index);
        return chunk?.size === lengthBytes ? new Uint8Array(await chunk.arrayBuffer()) : undefined;
      },
      write: async (index, bytes) => {
        chunks.set(index, new Blob([bytes.slice()]));
      },
      finish: async (sizeBytes) => {
        let at = 0;
        for (const [index, chunk] of inOrder(chunks)) {
          if (at >= sizeBytes) chunks.delete(index);
          at += chunk.size;
        }
      },
      close: () => undefined,
    };
  }

  async source(key: string, sizeBytes: number): Promise<Blob | undefined> {
    const file = this.#files.get(key);
    if (file === undefined) return undefined;
    const blob = new Blob(inOrder(file.chunks).map(([, chunk]) => chunk));
    return blob.size === sizeBytes ? blob : undefined;
  }

  async remove(key: string): Promise<void> {
    this.#files.delete(key);
  }

  #file(key: string): MemoryFile {
    const file = this.#files.get(key) ?? { journal: new Uint8Array(), chunks: new Map<number, Blob>() };
    this.#files.set(key, file);
    return file;
  }
}

function inOrder(chunks: ReadonlyMap<number, Blob>): [number, Blob][] {
  return [...chunks].sort(([a], [b]) => a - b);
}
