/** The kept conversations, as the page asks for them. */
import { assets } from "#assets";
import type { Asked, Command, Conversation, Hit, Message, Opening, Place, Reply, Told, WholeConversation } from "./protocol.js";

/** Why a command failed. `code` is stable. */
export class LibraryError extends Error {
  override readonly name = "LibraryError";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: LibraryError) => void;
}

export class Library {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  /** Called when another tab changed a conversation, or many. */
  onChange: (conversation: string | undefined) => void = () => undefined;
  /** Called once it is known where conversations are kept. */
  onOpen: (place: Place) => void = () => undefined;

  constructor() {
    this.#worker = assets.startConversations();
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Told>) => this.#hear(data));
    this.#worker.addEventListener("error", ({ message }) => this.#fail(message));
    assets.conversations().then(
      (program) => this.#worker.postMessage({ program } satisfies Opening),
      (error: unknown) => this.#fail(String(error)),
    );
  }

  async list(limit: number): Promise<{ readonly conversations: readonly Conversation[]; readonly total: number }> {
    const { conversations, total } = await this.#ask({ type: "list", offset: 0, limit }, "conversations");
    return { conversations: conversations as Conversation[], total };
  }

  async read(id: string): Promise<WholeConversation> {
    return (await this.#ask({ type: "read", id }, "conversation")).conversation as WholeConversation;
  }

  async saveConversation(conversation: Conversation): Promise<void> {
    await this.#ask({ type: "saveConversation", conversation }, "done");
  }

  async saveMessage(conversation: string, message: Message): Promise<void> {
    await this.#ask({ type: "saveMessage", conversation, message, now: Date.now() }, "done");
  }

  async setHead(conversation: string, message: string): Promise<void> {
    await this.#ask({ type: "setHead", conversation, message }, "done");
  }

  async delete(id: string): Promise<void> {
    await this.#ask({ type: "delete", id }, "done");
  }

  async deleteAll(): Promise<void> {
    await this.#ask({ type: "deleteAll" }, "done");
  }

  async search(text: string, limit: number): Promise<readonly Hit[]> {
    return (await this.#ask({ type: "search", text, limit }, "hits")).hits;
  }

  /** All conversations, or those with these ids, as one JSON text. */
  async export(ids?: string[]): Promise<string> {
    return (await this.#ask({ type: "export", ...(ids && { ids }) }, "exported")).text;
  }

  async import(text: string): Promise<Extract<Reply, { type: "imported" }>> {
    return await this.#ask({ type: "import", text }, "imported");
  }

  async statistics(): Promise<Extract<Reply, { type: "statistics" }>> {
    return await this.#ask({ type: "statistics" }, "statistics");
  }

  async #ask<T extends Reply["type"]>(command: Command, expected: T): Promise<Extract<Reply, { type: T }>> {
    this.#last += 1;
    const asked: Asked = { number: this.#last, command };
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#waiting.set(asked.number, { resolve, reject });
      this.#worker.postMessage(asked);
    });
    if (reply.type !== expected) throw new LibraryError("store_failed", `a reply of ${expected} was expected, not of ${reply.type}`);
    return reply as Extract<Reply, { type: T }>;
  }

  #hear(told: Told): void {
    switch (told.type) {
      case "opened":
        return this.onOpen(told.place);
      case "changed":
        return this.onChange(told.conversation);
      case "reply":
        this.#take(told.number)?.resolve(told.reply);
        return;
      case "failed":
        this.#take(told.number)?.reject(new LibraryError(told.code, told.message));
    }
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    return waiting;
  }

  /** The worker itself is gone, or never came. */
  #fail(message: string): void {
    for (const waiting of this.#waiting.values()) waiting.reject(new LibraryError("store_failed", message));
    this.#waiting.clear();
  }
}

/** The one of this page. */
export const library = new Library();
