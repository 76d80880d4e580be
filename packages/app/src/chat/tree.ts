/** The messages of a conversation: a tree, of which the person sees one branch. Immutable. */
import type { Message } from "../conversations/protocol.js";

export class Tree {
  static readonly EMPTY = new Tree([]);

  readonly #byId: ReadonlyMap<string, Message>;
  /** What follows a message, oldest first; `undefined` is before the first. */
  readonly #next: ReadonlyMap<string | undefined, readonly Message[]>;

  constructor(messages: Iterable<Message>) {
    const byId = new Map<string, Message>();
    const next = new Map<string | undefined, Message[]>();
    for (const message of messages) {
      byId.set(message.id, message);
      const parent = message.parent ?? undefined;
      const siblings = next.get(parent);
      if (siblings === undefined) next.set(parent, [message]);
      else siblings.push(message);
    }
    this.#byId = byId;
    this.#next = next;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Message | undefined {
    return this.#byId.get(id);
  }

  /** The tree with a new message, or with what an old one says by now. */
  with(message: Message): Tree {
    return new Tree(new Map(this.#byId).set(message.id, message).values());
  }

  /** From the first message to `head`. */
  branch(head: string | undefined): readonly Message[] {
    const found: Message[] = [];
    for (let at = this.#find(head); at !== undefined; at = this.#find(at.parent ?? undefined)) found.push(at);
    return found.reverse();
  }

  /** The message and those that stand in its place on other branches, oldest first. */
  siblings(message: Message): readonly Message[] {
    return this.#next.get(message.parent ?? undefined) ?? [];
  }

  /** The end of the newest branch through a message. */
  end(id: string): string {
    let end = id;
    for (let next = this.#next.get(end); next !== undefined; next = this.#next.get(end)) end = next.at(-1)?.id ?? end;
    return end;
  }

  #find(id: string | undefined): Message | undefined {
    return id === undefined ? undefined : this.#byId.get(id);
  }
}
