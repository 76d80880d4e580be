/**
 * Which tab has the database: one at a time, the one that needs it. It keeps it until another one asks, so that a tab alone opens it once.
 * A lock says who has it; the browser frees the lock of a tab that is closed or crashes.
 */

const LOCK = "hearth-conversations";

/** What tabs tell each other. */
type Call = { readonly type: "wanted" } | { readonly type: "changed"; readonly conversation: string | undefined };

export class Turns {
  readonly #channel: BroadcastChannel | undefined = "BroadcastChannel" in self ? new BroadcastChannel(LOCK) : undefined;
  readonly #acquire: () => Promise<void>;
  readonly #release: () => void;
  /** Gives the lock back; `undefined` while this tab does not have it. */
  #giveBack: (() => void) | undefined;
  #work = Promise.resolve();

  /** `acquire` and `release` open and close the database; `onChange` hears of changes by other tabs. */
  constructor(acquire: () => Promise<void>, release: () => void, onChange: (conversation: string | undefined) => void) {
    this.#acquire = acquire;
    this.#release = release;
    this.#channel?.addEventListener("message", ({ data }: MessageEvent<Call>) => {
      if (data.type === "changed") onChange(data.conversation);
      else void this.#after(() => this.#yield());
    });
  }

  /** Does something while this tab has the database, after all that was asked for before. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    return await this.#after(async () => {
      await this.#own();
      try {
        return await work();
      } finally {
        if (await isWanted()) this.#yield();
      }
    });
  }

  /** Tells the other tabs of a change, of a conversation or of many. */
  announce(conversation: string | undefined): void {
    this.#call({ type: "changed", conversation });
  }

  #call(call: Call): void {
    this.#channel?.postMessage(call);
  }

  async #after<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.then(
      () => undefined,
      () => undefined,
    );
    return await result;
  }

  async #own(): Promise<void> {
    if (this.#giveBack !== undefined) return;
    await this.#lock();
    try {
      await this.#acquire();
    } catch (error) {
      this.#yield();
      throw error;
    }
  }

  async #lock(): Promise<void> {
    // Pages that are no secure context have no locks, and no files either.
    const { locks } = navigator;
    if (locks === undefined) {
      this.#giveBack = () => undefined;
      return;
    }
    await new Promise<void>((locked, failed) => {
      const held = locks.request(LOCK, () => {
        locked();
        return new Promise<void>((giveBack) => {
          this.#giveBack = giveBack;
        });
      });
      held.catch(failed);
      this.#call({ type: "wanted" });
    });
  }

  #yield(): void {
    const giveBack = this.#giveBack;
    if (giveBack === undefined) return;
    this.#giveBack = undefined;
    this.#release();
    giveBack();
  }
}

/** Whether another tab waits. */
async function isWanted(): Promise<boolean> {
  const waiting = (await navigator.locks?.query())?.pending ?? [];
  return waiting.some(({ name }) => name === LOCK);
}
