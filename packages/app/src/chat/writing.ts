/** An answer while it is written: what is shown of it, and what is kept, every second of it, or less often where keeping a long one takes its time. */
import { checkModel } from "../engine/engine.js";
import { isAbort, problemOf } from "../engine/problem.js";
import { library } from "../conversations/library.js";
import { changedHere } from "../conversations/list.js";
import type { Message, Status } from "../conversations/protocol.js";
import type { Ended, Growing } from "./answer.js";
import type { Room } from "./context.js";
import { kept, type Live, useChat } from "./state.js";
import { callsOf } from "./tools.js";
import { holdWriting } from "./writing-lock.js";

const SAVE_MILLIS = 1_000;
/** Of the time, what keeping may take. */
const SAVE_SHARE = 0.1;

export class Writing {
  readonly #conversation: string;
  #message: Message;
  #saveAt = 0;
  #release: () => void = () => undefined;
  readonly stopping = new AbortController();
  growing: Growing;

  constructor(conversation: string, message: Message) {
    this.#conversation = conversation;
    this.#message = message;
    this.growing = { content: message.content, reasoning: message.reasoning, calls: callsOf(message), promptTokens: undefined, stage: { type: "waiting" } };
  }

  async begin(): Promise<void> {
    this.#release = holdWriting(this.#message.id);
    const failures = new Map(useChat.getState().failures);
    failures.delete(this.#message.id);
    useChat.setState({ failures });
    this.#show();
    this.#place();
    await this.#save();
  }

  /** Notes which model writes, and how long its prompt may be, where that is known. */
  by(model: string, room: Room | undefined): void {
    this.#message = { ...this.#message, details: { ...this.#message.details, model, ...(room && { room }) } };
  }

  grow(growing: Growing): void {
    this.growing = growing;
    this.#show();
    if (performance.now() > this.#saveAt) void this.#save();
  }

  async end(status: Status, { usage, secondsToFirstToken }: Ended): Promise<void> {
    const details = { ...this.#message.details, ...(usage && { usage }), ...(secondsToFirstToken !== undefined && { secondsToFirstToken }) };
    await this.#finish({ ...this.#message, status, details });
  }

  async fail(error: unknown): Promise<void> {
    if (isAbort(error)) return await this.#finish({ ...this.#message, status: "stopped" });
    const problem = problemOf(error);
    checkModel();
    useChat.setState(({ failures }) => ({ failures: new Map(failures).set(this.#message.id, problem) }));
    await this.#finish({ ...this.#message, status: "failed", details: { ...this.#message.details, error: { code: problem.code, message: problem.detail } } });
  }

  async #finish(message: Message): Promise<void> {
    this.#message = this.#written(message);
    this.#place();
    useChat.setState(({ live }) => {
      const others = new Map(live);
      others.delete(this.#conversation);
      return { live: others };
    });
    await this.#save();
    this.#release();
    changedHere();
  }

  #written(message: Message): Message {
    const { content, reasoning, calls } = this.growing;
    return { ...message, content, reasoning, details: { ...message.details, ...(calls.length > 0 && { toolCalls: calls }) } };
  }

  #show(): void {
    const now: Live = { message: this.#message.id, growing: this.growing, stopping: this.stopping };
    useChat.setState(({ live }) => ({ live: new Map(live).set(this.#conversation, now) }));
  }

  /** Puts it into the conversation, if the person sees that. */
  #place(): void {
    useChat.setState(({ open }) => {
      if (open.conversation.id !== this.#conversation) return {};
      return { open: { ...open, tree: open.tree.with(this.#message), conversation: { ...open.conversation, head: this.#message.id } } };
    });
  }

  async #save(): Promise<void> {
    const from = performance.now();
    // One after the other.
    this.#saveAt = Number.POSITIVE_INFINITY;
    await kept(library.saveMessage(this.#conversation, this.#written(this.#message)));
    const to = performance.now();
    this.#saveAt = to + Math.max(SAVE_MILLIS, (to - from) / SAVE_SHARE);
  }
}
