/** Which chunks a connection asks for next: long runs, because every request costs a round trip, but all connections busy to the end. */

/** Chunks that follow each other. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

/** More in one request saves nothing that can be measured. */
const MOST_CHUNKS = 16;

/** Gives out what is missing, from the front, so that the file's digest can follow. */
export class Plan {
  readonly #missing: number[];

  constructor(
    missing: readonly number[],
    private readonly connections: number,
  ) {
    this.#missing = [...missing];
  }

  /** `undefined` when everything is given out. */
  take(): Run | undefined {
    const first = this.#missing.shift();
    if (first === undefined) return undefined;
    const fair = Math.ceil((this.#missing.length + 1) / (2 * this.connections));
    const most = Math.min(MOST_CHUNKS, fair);
    let count = 1;
    while (count < most && this.#missing[0] === first + count) {
      this.#missing.shift();
      count += 1;
    }
    return { first, count };
  }
}
