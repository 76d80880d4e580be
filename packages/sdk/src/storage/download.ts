/** A download from beginning to end: check what is there, fetch what is missing, compare the whole, repair. */
import { HearthError } from "../error.js";
import { digest } from "./digest.js";
import { Fetcher } from "./fetcher.js";
import type { DownloadPhase, DownloadProgress, RemoteFile, StorageTuning } from "./interface.js";
import { type Item, PrefixDigest } from "./item.js";
import { Changed, Resized } from "./version.js";

/** A file that changes on its server more often than this is not worth another try. */
const MOST_RESTARTS = 1;
/** A server that first tells a wrong size may do so again. */
const MOST_RESIZES = 3;
/** Of a chunk that differs. */
const MOST_VOTES = 5;
/** A repair may itself be damaged on the way. */
const MOST_REPAIRS = 3;

/** What a download is given. */
export interface DownloadContext {
  readonly file: RemoteFile;
  readonly item: Item;
  readonly tuning: StorageTuning;
  readonly connections: number;
  readonly signal: AbortSignal;
  readonly progressed: (progress: DownloadProgress) => void;
  /** Throws when there is no room for so many bytes. */
  readonly room: (neededBytes: number) => Promise<void>;
}

/** One run. Whoever holds the file's lock runs it; whatever ends it, verified chunks stay. */
export class Download {
  #fetcher: Fetcher;
  #prefix: PrefixDigest;
  #phase: DownloadPhase = "checking";
  #readBytes = 0;
  #resumedBytes = 0;
  #restarts = 0;
  #resizes = 0;

  constructor(private readonly context: DownloadContext) {
    this.#fetcher = this.#newFetcher();
    this.#prefix = new PrefixDigest(context.item);
  }

  /** When it resolves the file is complete, and its SHA-256 is the right one. */
  async run(): Promise<void> {
    const { item, file, signal } = this.context;
    await item.check((doneBytes) => this.#reading("checking", doneBytes), signal);
    this.#resumedBytes = item.ledger.verifiedBytes;
    if (file.sha256 !== undefined && item.ledger.expected === undefined) await item.note({ type: "expected", sha256: file.sha256 });
    for (;;) {
      try {
        await this.#fetch();
        return await item.complete(await this.#repaired(await this.#hash()));
      } catch (error) {
        await this.#beginAgain(error);
      }
    }
  }

  async #fetch(): Promise<void> {
    this.#enter("downloading");
    if (!(await this.#isSameFile())) throw new Changed();
    this.#prefix.advance(this.context.signal);
    await this.#fetcher.fetchMissing();
  }

  /** Where the file on the server changed; what still belongs to it stays. Other failures are thrown on. */
  async #beginAgain(error: unknown): Promise<void> {
    const { item, file } = this.context;
    if (error instanceof Resized) this.#resizes += 1;
    else if (error instanceof Changed) this.#restarts += 1;
    else throw error;
    if (this.#restarts > MOST_RESTARTS || this.#resizes > MOST_RESIZES) throw keepsChanging(file.url);
    if (error instanceof Changed) {
      this.#resumedBytes = 0;
      await item.note({ type: "restarted" });
    }
    this.#fetcher = this.#newFetcher();
    this.#prefix = new PrefixDigest(item);
  }

  /** A server may give nothing that tells versions apart; then one chunk is fetched again, and compared. */
  async #isSameFile(): Promise<boolean> {
    const { chunks, expected, remote } = this.context.item.ledger;
    const known = [...chunks].at(-1);
    if (known === undefined || expected !== undefined || remote?.etag !== undefined || remote?.lastModified !== undefined) return true;
    const [index, sha256] = known;
    let isSame = false;
    await this.#fetcher.replay(index, index + 1, async (_, bytes) => {
      isSame = (await digest(bytes)) === sha256;
    });
    return isSame;
  }

  async #hash(): Promise<string> {
    return await this.#prefix.finish(this.context.signal, (doneBytes) => this.#reading("hashing", doneBytes));
  }

  /** The SHA-256 once it is right. Chunks that the server now gives otherwise were damaged on the way. */
  async #repaired(first: string): Promise<string> {
    const { item, file } = this.context;
    const { expected } = item.ledger;
    let sha256 = first;
    for (let repairs = 0; expected !== undefined && sha256 !== expected; repairs++) {
      const { remote } = item.ledger;
      if (remote?.isSizeGuessed === true && this.#resizes < MOST_RESIZES) {
        // The stream may have ended too early.
        await item.note({ type: "remote", ...remote, sizeBytes: undefined, isSizeGuessed: undefined });
        throw new Resized();
      }
      const isHopeless = repairs === MOST_REPAIRS || (await this.#repair()) === 0;
      if (isHopeless) throw mismatch(file.url, expected, sha256);
      this.#prefix = new PrefixDigest(item);
      sha256 = await this.#hash();
    }
    return sha256;
  }

  /** Gives how many chunks were replaced. */
  async #repair(): Promise<number> {
    const { ledger } = this.context.item;
    const suspects: number[] = [];
    await this.#fetcher.replay(0, ledger.chunkCount ?? 0, async (index, bytes) => {
      if ((await digest(bytes)) !== ledger.chunks.get(index)) suspects.push(index);
      this.#reading("repairing", index * ledger.chunkBytes);
    });
    let replaced = 0;
    for (const index of suspects) if (await this.#replaceByVote(index)) replaced += 1;
    return replaced;
  }

  /** Damage on the way differs from time to time: what comes twice is right. */
  async #replaceByVote(index: number): Promise<boolean> {
    const { item } = this.context;
    const journal = item.ledger.chunks.get(index);
    const seen = new Set([journal]);
    for (let votes = 0; votes < MOST_VOTES; votes++) {
      let bytes = new Uint8Array();
      await this.#fetcher.replay(index, index + 1, async (_, fetched) => {
        bytes = fetched.slice();
      });
      const sha256 = await digest(bytes);
      if (sha256 === journal) return false;
      if (!seen.has(sha256)) {
        seen.add(sha256);
        continue;
      }
      await item.save(index, bytes);
      return true;
    }
    return false;
  }

  #newFetcher(): Fetcher {
    const { item, signal, room, ...others } = this.context;
    return new Fetcher({
      ...others,
      item,
      signal,
      sized: () => room((item.ledger.sizeBytes ?? 0) - item.ledger.verifiedBytes),
      saved: () => this.#prefix.advance(signal),
      changed: () => this.#tell(),
    });
  }

  #reading(phase: DownloadPhase, doneBytes: number): void {
    this.#readBytes = doneBytes;
    this.#enter(phase);
  }

  #enter(phase: DownloadPhase): void {
    this.#phase = phase;
    this.#tell();
  }

  #tell(): void {
    const { sizeBytes } = this.context.item.ledger;
    const totalBytes = sizeBytes ?? Number.POSITIVE_INFINITY;
    const isFetching = this.#phase === "downloading";
    this.context.progressed({
      phase: isFetching && this.#fetcher.isPaused ? "retrying" : this.#phase,
      doneBytes: Math.min(totalBytes, isFetching ? this.#fetchedBytes : this.#readBytes),
      totalBytes,
      resumedBytes: this.#resumedBytes,
      elsewhere: false,
      restarts: this.#restarts,
    });
  }

  get #fetchedBytes(): number {
    return this.context.item.ledger.verifiedBytes + this.#fetcher.partialBytes;
  }
}

function mismatch(url: string, expected: string, found: string): HearthError {
  const message = `${url} has the SHA-256 ${found}, not ${expected}: it is damaged, or another file.`;
  return new HearthError("hash_mismatch", `${message} It was not loaded. Check the address, or delete it and choose another server.`);
}

function keepsChanging(url: string): HearthError {
  return new HearthError(
    "content_changed",
    `${url} keeps changing on its server, so its parts do not belong together. Try again later, or give its \`sha256\`.`,
  );
}
