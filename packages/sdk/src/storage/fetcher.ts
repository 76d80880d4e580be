/** Brings the chunks that are missing, by several ranges at once or, from a server without ranges, by one stream. */
import { HearthError } from "../error.js";
import type { Item } from "./item.js";
import type { RemoteFile, StorageTuning } from "./interface.js";
import { Pace, Retry } from "./pace.js";
import { Plan, type Run } from "./plan.js";
import { ask, type Body, sizeByHead } from "./remote.js";
import { Version } from "./version.js";

/** What is asked for while the size is not known. */
const FIRST_RUN_CHUNKS = 16;
/** A server that gave ranges before may have one bad machine: so often it is asked again before everything is read anew. */
const IGNORED_LIMIT = 2;

/** A lane got the whole file; the others need not go on. */
class RangesIgnored extends Error {}

/** What a fetcher is given. */
export interface FetcherContext {
  readonly file: RemoteFile;
  readonly item: Item;
  readonly tuning: StorageTuning;
  readonly connections: number;
  readonly signal: AbortSignal;
  /** The size is known, and before anything is written. */
  readonly sized: () => Promise<void>;
  /** A chunk counts. */
  readonly saved: () => void;
  /** Bytes came, or a pause began. */
  readonly changed: () => void;
}

/** The beginning of a chunk: kept when a connection breaks. */
interface Beginning {
  readonly bytes: Uint8Array;
  filled: number;
}

/** Fetches for one download, with one temper. */
export class Fetcher {
  readonly #pace: Pace;
  readonly #version: Version;
  readonly #partials = new Map<number, Beginning>();
  #ignored = 0;
  #received = false;
  #sized = false;

  constructor(private readonly context: FetcherContext) {
    this.#pace = new Pace(context.tuning);
    this.#version = new Version(context.item, context.file);
  }

  get isPaused(): boolean {
    return this.#pace.isPaused;
  }

  /** Bytes of chunks that are not whole yet. */
  get partialBytes(): number {
    let sum = 0;
    for (const { filled } of this.#partials.values()) sum += filled;
    return sum;
  }

  /** Resolves when every chunk is there. */
  async fetchMissing(): Promise<void> {
    const { item, signal } = this.context;
    while (item.ledger.chunkCount === undefined || item.missing().length > 0) {
      await this.#round(signal);
    }
  }

  /** Chunks as the server has them now, whatever is on the disk: all from one to another, exclusive. */
  async replay(first: number, end: number, visit: (index: number, bytes: Uint8Array) => Promise<void>): Promise<void> {
    const { item, signal } = this.context;
    const { chunkBytes, sizeBytes = Number.POSITIVE_INFINITY } = item.ledger;
    const to = Math.min(end * chunkBytes, sizeBytes);
    const chunk = new Uint8Array(chunkBytes);
    let next = first * chunkBytes;
    await this.#persistently(signal, async () => {
      for await (const [at, piece] of placed(await this.#ask(next, to, signal, true), to)) {
        let rest = piece.subarray(Math.max(0, next - at));
        while (rest.length > 0) {
          const index = Math.floor(next / chunkBytes);
          const within = next - index * chunkBytes;
          const count = Math.min(rest.length, chunkBytes - within);
          chunk.set(rest.subarray(0, count), within);
          next += count;
          rest = rest.subarray(count);
          this.#pace.progressed();
          if (within + count === item.ledger.chunkLength(index)) await visit(index, chunk.subarray(0, within + count));
        }
      }
      return next >= to;
    });
  }

  /** One request tells whether the server gives ranges; then all connections work. */
  async #round(signal: AbortSignal): Promise<void> {
    const { item, connections } = this.context;
    const run = this.#firstRun();
    const body = await this.#firstAnswer(run, signal);
    if (body === undefined) return;
    if (body.found.type === "whole") {
      await this.#attempt(signal, () => this.#receiveWhole(body));
      return;
    }
    const rest = item.missing().filter((index) => index < run.first || index >= run.first + run.count);
    const plan = new Plan(rest, connections);
    const group = new AbortController();
    const stop = (): void => group.abort(signal.reason);
    signal.addEventListener("abort", stop);
    const lanes = Array.from({ length: connections }, (_, lane) => this.#lane(plan, group.signal, lane === 0 ? { run, body } : undefined));
    try {
      await Promise.all(lanes);
    } catch (error) {
      group.abort();
      if (!(error instanceof RangesIgnored)) throw error;
      this.#ignored += 1;
    } finally {
      await Promise.allSettled(lanes);
      signal.removeEventListener("abort", stop);
    }
  }

  #firstRun(): Run {
    const { item, connections } = this.context;
    if (item.ledger.chunkCount !== undefined) {
      const run = new Plan(item.missing(), connections).take();
      if (run !== undefined) return run;
    }
    let first = 0;
    while (item.has(first)) first += 1;
    return { first, count: FIRST_RUN_CHUNKS };
  }

  async #firstAnswer(run: Run, signal: AbortSignal): Promise<Body | undefined> {
    let body: Body | undefined;
    await this.#attempt(signal, async () => {
      const { from, to } = this.#rangeOf(run);
      const mayBeWhole = this.#ignored >= IGNORED_LIMIT || this.context.item.ledger.chunks.size === 0;
      body = await this.#ask(from, to, signal, mayBeWhole);
    }).catch((error: unknown) => {
      if (!(error instanceof RangesIgnored)) throw error;
      this.#ignored += 1;
    });
    return body;
  }

  async #lane(plan: Plan, signal: AbortSignal, first: { readonly run: Run; readonly body: Body } | undefined): Promise<void> {
    if (first !== undefined) {
      await this.#attempt(signal, () => this.#receivePart(first.body, first.run));
      await this.#fetchRun(first.run, signal);
    }
    for (let run = plan.take(); run !== undefined; run = plan.take()) await this.#fetchRun(run, signal);
  }

  async #fetchRun(run: Run, signal: AbortSignal): Promise<void> {
    await this.#persistently(signal, async () => {
      const { from, to } = this.#rangeOf(run);
      if (from >= to) return true;
      await this.#receivePart(await this.#ask(from, to, signal, false), run);
      return this.#rangeOf(run).from >= to;
    });
  }

  /** What is still to come of a run. */
  #rangeOf({ first, count }: Run): { readonly from: number; readonly to: number } {
    const { item } = this.context;
    const { chunkBytes, sizeBytes } = item.ledger;
    const to = Math.min((first + count) * chunkBytes, sizeBytes ?? Number.POSITIVE_INFINITY);
    for (let index = first; index < first + count; index++) {
      if (!item.has(index)) return { from: index * chunkBytes + (this.#partials.get(index)?.filled ?? 0), to };
    }
    return { from: to, to };
  }

  /** Asks, and makes sure that it is still the same file. */
  async #ask(from: number, to: number, signal: AbortSignal, mayBeWhole: boolean): Promise<Body> {
    const { file, item, tuning } = this.context;
    const body = await ask(file, from, to, signal, tuning.stallMillis).catch((error: unknown) => {
      throw this.#isExpiry(error) ? new Retry(error) : error;
    });
    try {
      if (body.found.type === "whole" && !mayBeWhole) throw new RangesIgnored();
      const isHidden = body.found.type === "part" && (body.found.sizeBytes ?? item.ledger.sizeBytes ?? file.sizeBytes) === undefined;
      const sizeBytes = isHidden ? await sizeByHead(file, signal, tuning.stallMillis) : body.found.sizeBytes;
      await this.#version.settle({ ...body.found, sizeBytes });
      if (!this.#sized) await this.context.sized();
      this.#sized = true;
      return body;
    } catch (error) {
      body.close();
      throw error;
    }
  }

  /** Addresses that servers lead to may expire; the way begins anew at the first one, where access was given before. */
  #isExpiry(error: unknown): error is HearthError {
    return this.#received && error instanceof HearthError && error.code === "access_denied";
  }

  async #receivePart(body: Body, run: Run): Promise<void> {
    const { to } = this.#rangeOf(run);
    for await (const [at, piece] of placed(body, to)) await this.#take(at, piece);
  }

  /** Of a stream from the beginning, what is there already is passed over. */
  async #receiveWhole(body: Body): Promise<void> {
    const { item, file } = this.context;
    const known = item.ledger.sizeBytes;
    let received = 0;
    for await (const [at, piece] of placed(body, Number.POSITIVE_INFINITY)) {
      received = at + piece.length;
      if (known !== undefined && received > known)
        throw new Retry(
          new HearthError(
            "source_unreachable",
            `The server of ${file.url} sends more than the ${known} bytes of the file. Try another server.`,
          ),
        );
      await this.#take(at, piece);
    }
    if (known !== undefined) {
      if (received < known) throw broken(file.url);
      return;
    }
    if (received < this.#reached()) throw broken(file.url);
    await this.#version.ended(received);
    await this.#saveEnd();
  }

  /** How far some stream came before. */
  #reached(): number {
    const { chunks, chunkBytes } = this.context.item.ledger;
    const whole = [...chunks.keys()].map((index) => (index + 1) * chunkBytes);
    const begun = [...this.#partials].map(([index, { filled }]) => index * chunkBytes + filled);
    return Math.max(0, ...whole, ...begun);
  }

  /** The last chunk, where the end told the size. */
  async #saveEnd(): Promise<void> {
    for (const [index, { bytes, filled }] of [...this.#partials]) {
      if (filled === this.context.item.ledger.chunkLength(index)) await this.#save(index, bytes.subarray(0, filled));
    }
  }

  async #take(start: number, piece: Uint8Array): Promise<void> {
    const { chunkBytes } = this.context.item.ledger;
    for (let done = 0; done < piece.length; ) {
      const index = Math.floor((start + done) / chunkBytes);
      const within = start + done - index * chunkBytes;
      const count = Math.min(piece.length - done, chunkBytes - within);
      if (!this.context.item.has(index)) await this.#collect(index, within, piece.subarray(done, done + count));
      done += count;
    }
    this.context.changed();
  }

  async #collect(index: number, within: number, bytes: Uint8Array): Promise<void> {
    const { ledger } = this.context.item;
    const partial = this.#partials.get(index) ?? {
      bytes: new Uint8Array(Math.min(ledger.chunkBytes, ledger.chunkLength(index))),
      filled: 0,
    };
    this.#partials.set(index, partial);
    const fresh = bytes.subarray(Math.max(0, partial.filled - within));
    if (fresh.length === 0) return;
    partial.bytes.set(fresh, partial.filled);
    partial.filled += fresh.length;
    this.#pace.progressed();
    this.#received = true;
    if (partial.filled === ledger.chunkLength(index)) await this.#save(index, partial.bytes);
  }

  async #save(index: number, bytes: Uint8Array): Promise<void> {
    // Counted once: as a partial until it is saved.
    await this.context.item.save(index, bytes);
    this.#partials.delete(index);
    this.context.saved();
  }

  async #persistently(signal: AbortSignal, step: () => Promise<boolean>): Promise<void> {
    let isDone = false;
    while (!isDone) {
      await this.#attempt(signal, async () => {
        isDone = await step();
      });
    }
  }

  /** Waits for its turn and tries; a failure that may pass makes the next attempt wait. */
  async #attempt(signal: AbortSignal, step: () => Promise<void>): Promise<void> {
    await this.#pace.ready(signal);
    const askedAt = performance.now();
    try {
      await step();
    } catch (error) {
      if (!(error instanceof Retry)) throw error;
      this.#pace.failed(error, askedAt);
      this.context.changed();
    }
  }
}

/** Pieces with their places, as far as they were promised and are wanted; an end before that is a broken connection. */
async function* placed({ found, pieces }: Body, to: number): AsyncGenerator<readonly [number, Uint8Array], void> {
  const end = Math.min(to, found.end ?? Number.POSITIVE_INFINITY);
  let at = found.start;
  for await (const piece of pieces()) {
    const wanted = piece.subarray(0, end - at);
    yield [at, wanted];
    at += wanted.length;
    if (at >= end) return;
  }
  if (found.end !== undefined && at < end) throw broken("");
}

function broken(url: string): Retry {
  return new Retry(
    new HearthError(
      "source_unreachable",
      `The connection to the server ${url} breaks again and again. What is downloaded is kept: try again later.`,
    ),
  );
}
