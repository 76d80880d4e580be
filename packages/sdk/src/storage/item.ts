/** One file that is being written: data and journal, in this order, so that the journal never promises what is not there. */
import { HearthError } from "../error.js";
import { digest, RunningDigest } from "./digest.js";
import { type DataFile, type Driver, type JournalFile, QUOTA_ERROR } from "./driver.js";
import { encodeRecord, type JournalRecord, parseJournal } from "./journal.js";
import { Ledger } from "./ledger.js";

/** Chunks whose digests are computed side by side. */
const CHECKED_TOGETHER = 4;

/** Opened by whoever holds its lock. */
export class Item {
  private constructor(
    readonly key: string,
    readonly ledger: Ledger,
    private readonly journal: JournalFile,
    private readonly data: DataFile,
  ) {}

  static async open(driver: Driver, key: string): Promise<Item> {
    const journal = await driver.openJournal(key);
    try {
      const bytes = await driver.readJournal(key);
      const { records, validBytes } = parseJournal(bytes);
      const ledger = Ledger.of(records);
      if (ledger === undefined) throw new HearthError("not_stored", "This file was deleted meanwhile. Download it again.");
      if (validBytes < bytes.length) await journal.cut(validBytes);
      return new Item(key, ledger, journal, await driver.openData(key, ledger.chunkBytes));
    } catch (error) {
      journal.close();
      throw error;
    }
  }

  close(): void {
    this.journal.close();
    this.data.close();
  }

  async note(record: JournalRecord): Promise<void> {
    await withRoom(this.journal.append(encodeRecord(record)));
    this.ledger.take(record);
  }

  has(index: number): boolean {
    return this.ledger.chunks.has(index);
  }

  /** Chunks that are not there, in order; their number must be known. */
  missing(): number[] {
    return Array.from({ length: this.ledger.chunkCount ?? 0 }, (_, index) => index).filter((index) => !this.has(index));
  }

  /** From then on the chunk counts. */
  async save(index: number, bytes: Uint8Array): Promise<void> {
    const [sha256] = await Promise.all([digest(bytes), withRoom(this.data.write(index, bytes))]);
    await this.note({ type: "chunk", index, sha256 });
  }

  /** A chunk as it is on the disk. */
  async read(index: number): Promise<Uint8Array> {
    const bytes = await this.data.read(index, this.ledger.chunkLength(index));
    if (bytes === undefined)
      throw new HearthError(
        "storage_failed",
        `${this.ledger.name} cannot be read from this browser's storage. Delete it, and download it again.`,
      );
    return bytes;
  }

  /** Compares what is on the disk with the journal, and forgets what differs. */
  async check(progressed: (doneBytes: number) => void, signal: AbortSignal): Promise<void> {
    const indices = [...this.ledger.chunks.keys()];
    let doneBytes = 0;
    const lane = async (): Promise<void> => {
      for (let index = indices.pop(); index !== undefined; index = indices.pop()) {
        signal.throwIfAborted();
        const length = this.ledger.chunkLength(index);
        const bytes = length === 0 ? undefined : await this.data.read(index, length);
        if (bytes === undefined || (await digest(bytes)) !== this.ledger.chunks.get(index)) this.ledger.chunks.delete(index);
        doneBytes += length;
        progressed(doneBytes);
      }
    };
    await Promise.all(Array.from({ length: CHECKED_TOGETHER }, lane));
  }

  async complete(sha256: string): Promise<void> {
    const sizeBytes = this.ledger.sizeBytes ?? 0;
    await this.data.finish(sizeBytes);
    await this.note({ type: "complete", sizeBytes, sha256, atMillis: Date.now() });
  }
}

/** The digest of a file's beginning, which grows with the chunks that are there: little is left to do at the end. */
export class PrefixDigest {
  readonly #digest = new RunningDigest();
  #next = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly item: Item) {}

  /** Goes on as far as the chunks are there, and does not wait for the others. */
  advance(signal: AbortSignal): void {
    this.#running = this.#running.then(() => this.#follow(signal));
    // Whoever waits for the end is told.
    this.#running.catch(() => undefined);
  }

  /** Every chunk is there. */
  async finish(signal: AbortSignal, progressed: (doneBytes: number) => void): Promise<string> {
    this.#progressed = progressed;
    this.advance(signal);
    await this.#running;
    return this.#digest.finish();
  }

  #progressed: (doneBytes: number) => void = () => undefined;

  async #follow(signal: AbortSignal): Promise<void> {
    while (this.item.has(this.#next)) {
      signal.throwIfAborted();
      this.#digest.update(await this.item.read(this.#next));
      this.#next += 1;
      this.#progressed(this.#next * this.item.ledger.chunkBytes);
      await breath();
    }
  }
}

/** Lets messages and answers of the network in between. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

async function withRoom(written: Promise<void>): Promise<void> {
  try {
    await written;
  } catch (cause) {
    if (!(cause instanceof DOMException) || cause.name !== QUOTA_ERROR) throw cause;
    throw new HearthError("quota_exceeded", "The room that the browser gives is used up.", { cause });
  }
}
