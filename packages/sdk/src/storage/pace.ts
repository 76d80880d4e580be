/** When a server is asked again: after the pause that it asks for, or after pauses that double, and not for ever. */
import { abortError } from "../error.js";
import type { StorageTuning } from "./interface.js";

/** A failure that may pass. */
export class Retry extends Error {
  constructor(
    /** What is thrown when it does not pass. */
    readonly final: Error,
    readonly retryAfterMillis?: number,
  ) {
    super(final.message, { cause: final });
  }
}

/** Pauses that all connections of a download share. */
export class Pace {
  #tries = 0;
  #readyAt = 0;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly tuning: StorageTuning,
    private readonly random: () => number = Math.random,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Bytes came. */
  progressed(): void {
    this.#tries = 0;
  }

  /** Throws the failure itself when there is no use in another try. Requests that fail together count once. */
  failed({ final, retryAfterMillis }: Retry, askedAt: number): void {
    const now = this.now();
    if (askedAt > this.#failedAt) this.#tries += 1;
    this.#failedAt = now;
    const isTooLong = retryAfterMillis !== undefined && retryAfterMillis > this.tuning.retryAfterCapMillis;
    if (this.#tries >= this.tuning.tries || isTooLong) throw final;
    this.#readyAt = Math.max(this.#readyAt, now + (retryAfterMillis ?? this.#backoff()));
  }

  /** Whether somebody has to wait. */
  get isPaused(): boolean {
    return this.#readyAt > this.now();
  }

  /** Resolves when the server may be asked. */
  async ready(signal: AbortSignal): Promise<void> {
    for (let left = this.#readyAt - this.now(); left > 0; left = this.#readyAt - this.now()) await sleep(left, signal);
    signal.throwIfAborted();
  }

  /** Half of it is chance, so that tabs and machines which failed together do not come back together. */
  #backoff(): number {
    const { backoffMillis, backoffCapMillis } = this.tuning;
    const full = Math.min(backoffCapMillis, backoffMillis * 2 ** (this.#tries - 1));
    return full * (0.5 + this.random() / 2);
  }
}

/** `Retry-After`: seconds, or a date. `undefined` where it is neither. */
export function retryAfterMillis(header: string | null, nowMillis: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMillis);
}

function sleep(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const given = (): void => {
      clearTimeout(timer);
      reject(signal.reason ?? abortError("the download was given up"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", given);
      resolve();
    }, millis);
    if (signal.aborted) given();
    else signal.addEventListener("abort", given, { once: true });
  });
}
