/** One at a time, over all tabs: Web Locks, and where a page may not use them, within this worker alone. */

/** What can be said about taking a lock. */
export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Does not wait: the work gets `false` when somebody else has the lock. */
  readonly ifAvailable?: boolean;
}

/** Locks of one store. */
export class Locks {
  readonly #taken = new Map<string, Promise<unknown>>();
  #isRefused = !("locks" in navigator);

  constructor(private readonly scope: string) {}

  /** Runs the work while it holds the lock. A tab that is closed gives its locks back. */
  async run<T>(name: string, options: LockOptions, work: (isHeld: boolean) => Promise<T>): Promise<T> {
    if (this.#isRefused) return await this.#runHere(name, options, work);
    try {
      return await this.#runShared(name, options, work);
    } catch (error) {
      // On pages without an origin of their own, such as those in a sandbox.
      if (!(error instanceof DOMException) || error.name !== "SecurityError") throw error;
      this.#isRefused = true;
      return await this.#runHere(name, options, work);
    }
  }

  async #runShared<T>(name: string, { signal, ifAvailable = false }: LockOptions, work: (isHeld: boolean) => Promise<T>): Promise<T> {
    // The two do not go together.
    const asked: LockOptions = ifAvailable || signal === undefined ? { ifAvailable } : { signal };
    return await navigator.locks.request(`${this.scope}:${name}`, asked, (lock) => work(lock !== null));
  }

  async #runHere<T>(name: string, { signal, ifAvailable = false }: LockOptions, work: (isHeld: boolean) => Promise<T>): Promise<T> {
    if (ifAvailable && this.#taken.has(name)) return await work(false);
    for (let held = this.#taken.get(name); held !== undefined; held = this.#taken.get(name)) {
      await held;
      signal?.throwIfAborted();
    }
    const running = work(true);
    const ended = running.then(
      () => undefined,
      () => undefined,
    );
    this.#taken.set(name, ended);
    void ended.then(() => this.#taken.delete(name));
    return await running;
  }
}
