/** The messages of a conversation: a tree, of which the person sees one branch. Immutable. */
import type { Message } from "../conversations/protocol.js";

export class Tree {
  static readonly EMPTY = new Tree(new Map(), new Map());

  readonly #byId: ReadonlyMap<string, Message>;
  /** What follows a message, oldest first; `undefined` is before the first. */
  readonly #next: ReadonlyMap<string | undefined, readonly Message[]>;

  /** The branch that was asked for last: several ask for the same. */
  #newest: { readonly head: string | undefined; readonly branch: readonly Message[] } | undefined;

  private constructor(byId: ReadonlyMap<string, Message>, next: ReadonlyMap<string | undefined, readonly Message[]>) {
    this.#byId = byId;
    this.#next = next;
  }

  static of(messages: Iterable<Message>): Tree {
    const byId = new Map<string, Message>();
    const next = new Map<string | undefined, Message[]>();
    for (const message of messages) {
      byId.set(message.id, message);
      const parent = message.parent ?? undefined;
      const siblings = next.get(parent);
      if (siblings === undefined) next.set(parent, [message]);
      else siblings.push(message);
    }
    return new Tree(byId, next);
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Message | undefined {
    return this.#byId.get(id);
  }

  /** The tree with a new message, or with what an old one says by now. What belongs to other messages stays the same object, so that they are not drawn again. */
  with(message: Message): Tree {
    const parent = message.parent ?? undefined;
    const siblings = this.#next.get(parent) ?? [];
    const isNew = !this.#byId.has(message.id);
    const changed = isNew ? [...siblings, message] : siblings.map((one) => (one.id === message.id ? message : one));
    return new Tree(new Map(this.#byId).set(message.id, message), new Map(this.#next).set(parent, changed));
  }

  /** From the first message to `head`. */
  branch(head: string | undefined): readonly Message[] {
    if (this.#newest === undefined || this.#newest.head !== head) this.#newest = { head, branch: this.#branch(head) };
    return this.#newest.branch;
  }

  #branch(head: string | undefined): readonly Message[] {
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
