/** A queue that is read by `for await`: pushed on one side, pulled on the other. */

type Item<T> = { readonly type: "value"; readonly value: T } | { readonly type: "end" } | { readonly type: "failure"; readonly error: unknown };

/** For one reader. What is pushed after the end is dropped. */
export class Queue<T> implements AsyncIterable<T> {
  readonly #items: Item<T>[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  push(value: T): void {
    this.#put({ type: "value", value });
  }

  /** No more comes; what is there is still read. */
  end(): void {
    this.#put({ type: "end" });
    this.#ended = true;
  }

  /** The reader gets `error` next; what it has not read is dropped. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#items.length = 0;
    this.#put({ type: "failure", error });
    this.#ended = true;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      } else if (item.type === "value") {
        yield item.value;
      } else if (item.type === "failure") {
        throw item.error;
      } else {
        return;
      }
    }
  }

  #put(item: Item<T>): void {
    if (this.#ended) return;
    this.#items.push(item);
    this.#wake?.();
    this.#wake = undefined;
  }
}
