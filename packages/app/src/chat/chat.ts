/**
 * The conversation that the person sees, and the answers that are being written, in it and in others. A message is kept before it is answered, and an
 * answer every second while it is written, so that a crash or a reload loses no more than that.
 */
import { HearthError } from "@hearth/sdk";
import { create } from "zustand";
import { library } from "../conversations/library.js";
import { changedHere } from "../conversations/list.js";
import type { Conversation, Message, Status } from "../conversations/protocol.js";
import { checkModel, readyEngine, untilLoaded } from "../engine/engine.js";
import { isAbort, type Problem, problemOf } from "../engine/problem.js";
import { ADDRESSES, conversationAddress } from "../route.js";
import { answer, type Ended, type Growing } from "./answer.js";
import { samplingOf } from "./sampling.js";
import { Tree } from "./tree.js";

/** A conversation with its messages. */
export interface Open {
  readonly conversation: Conversation;
  readonly tree: Tree;
  /** Whether it is kept; a new one is with its first message. */
  readonly isKept: boolean;
}

/** An answer that is being written. */
export interface Live {
  readonly message: string;
  readonly growing: Growing;
  readonly stopping: AbortController;
}

export interface ChatState {
  readonly open: Open;
  /** By conversation. */
  readonly live: ReadonlyMap<string, Live>;
  /** Why a conversation could not be opened or kept. */
  readonly problem: Problem | undefined;
  /** Why answers failed, by message, since the page was opened. */
  readonly failures: ReadonlyMap<string, Problem>;
}

const SAVE_MILLIS = 1_000;
/** A title is the beginning of the first message. */
const TITLE_CHARACTERS = 60;

export const useChat = create<ChatState>()(() => ({ open: fresh(), live: new Map(), problem: undefined, failures: new Map() }));

function fresh(): Open {
  const now = Date.now();
  const conversation: Conversation = {
    id: crypto.randomUUID(),
    title: "",
    isPinned: false,
    createdAt: now,
    updatedAt: now,
    model: undefined,
    systemPrompt: "",
    settings: {},
    head: undefined,
  };
  return { conversation, tree: Tree.EMPTY, isKept: false };
}

/** The address of the conversation that the person sees, or saw last. */
export function chatAddress(): string {
  const { conversation, isKept } = useChat.getState().open;
  return isKept ? conversationAddress(conversation.id) : ADDRESSES.chat;
}

/** Begins another conversation. */
export function startNew(): void {
  useChat.setState({ open: fresh(), problem: undefined });
}

/** Shows a kept one. */
export async function open(id: string): Promise<void> {
  try {
    const { messages, ...conversation } = await library.read(id);
    useChat.setState({ open: { conversation, tree: new Tree(messages), isKept: true }, problem: undefined });
  } catch (error) {
    useChat.setState({ problem: problemOf(error) });
  }
}

/** Says something, and lets the model answer. */
export async function send(text: string): Promise<void> {
  const { conversation } = useChat.getState().open;
  await say(text, conversation.head ?? undefined);
}

/** Says something else instead of an earlier message, on a branch of its own. */
export async function edit(id: string, text: string): Promise<void> {
  const old = useChat.getState().open.tree.get(id);
  if (old !== undefined) await say(text, old.parent ?? undefined);
}

/** Answers a message once more, on a branch of its own. */
export async function regenerate(id: string): Promise<void> {
  const { open } = useChat.getState();
  const old = open.tree.get(id);
  if (old?.parent == null) return;
  await respond(open, newMessage("assistant", "", old.parent, "writing"));
}

/** Goes on with an answer where it ended. */
export async function goOn(id: string): Promise<void> {
  const { open } = useChat.getState();
  const old = open.tree.get(id);
  if (old !== undefined) await respond(open, { ...old, status: "writing" });
}

/** Ends the answer of the conversation that the person sees. */
export function stop(): void {
  const { open, live } = useChat.getState();
  live.get(open.conversation.id)?.stopping.abort();
}

/** Shows another branch: that through a message. */
export async function showBranch(id: string): Promise<void> {
  const { open } = useChat.getState();
  const head = open.tree.end(id);
  useChat.setState({ open: { ...open, conversation: { ...open.conversation, head } } });
  await kept(library.setHead(open.conversation.id, head));
}

/** Changes the title, the system prompt or the settings. */
export async function change(changes: Partial<Pick<Conversation, "title" | "systemPrompt" | "settings" | "isPinned">>): Promise<void> {
  const { open } = useChat.getState();
  const conversation = { ...open.conversation, ...changes };
  useChat.setState({ open: { ...open, conversation } });
  if (!open.isKept) return;
  await kept(library.saveConversation(conversation));
  changedHere();
}

/** Takes the message about what failed away. */
export function dismiss(): void {
  useChat.setState({ problem: undefined });
}

/** Follows what other tabs did to the conversation that the person sees. */
export async function refreshOpen(changed: string | undefined): Promise<void> {
  const { open: shown, live } = useChat.getState();
  const { id } = shown.conversation;
  if (!shown.isKept || live.has(id) || (changed !== undefined && changed !== id)) return;
  await open(id);
}

function newMessage(role: Message["role"], content: string, parent: string | undefined, status: Status): Message {
  return { id: crypto.randomUUID(), parent, role, content, reasoning: "", status, createdAt: Date.now(), details: {} };
}

async function say(text: string, parent: string | undefined): Promise<void> {
  const { open } = useChat.getState();
  const question = newMessage("user", text, parent, "complete");
  const conversation: Conversation = { ...open.conversation, head: question.id, title: open.conversation.title === "" ? titleOf(text) : open.conversation.title };
  const asked: Open = { conversation, tree: open.tree.with(question), isKept: true };
  useChat.setState({ open: asked });
  // The worker does one after the other, so the answer need not wait for them.
  if (!open.isKept) void kept(library.saveConversation({ ...conversation, head: undefined }));
  void kept(library.saveMessage(conversation.id, question));
  changedHere();
  await respond(asked, newMessage("assistant", "", question.id, "writing"));
}

function titleOf(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length > TITLE_CHARACTERS ? `${line.slice(0, TITLE_CHARACTERS).trimEnd()}…` : line;
}

/** Lets the model write `begun`, the newest message of a branch. */
async function respond(asked: Open, begun: Message): Promise<void> {
  const { conversation } = asked;
  if (useChat.getState().live.has(conversation.id)) return;
  const writing = new Writing(conversation.id, begun);
  const { stopping } = writing;
  try {
    await writing.begin();
    await untilLoaded();
    stopping.signal.throwIfAborted();
    const { hearth, model } = readyEngine() ?? {};
    if (hearth === undefined || model === undefined) throw new HearthError("no_model", "there is no model that could answer");
    writing.by(model.name);
    const branch = asked.tree.with(begun).branch(begun.content === "" ? (begun.parent ?? undefined) : begun.id);
    const question = { branch, systemPrompt: conversation.systemPrompt, sampling: samplingOf(conversation.settings), isChat: model.info.hasChatTemplate };
    const ended = await answer(hearth, question, writing.growing, stopping.signal, (growing) => writing.grow(growing));
    await writing.end(stopping.signal.aborted ? "stopped" : ended.reason === "length" ? "cut" : "complete", ended);
  } catch (error) {
    await writing.fail(error);
  }
}

/** An answer while it is written: what is shown of it, and what is kept. */
class Writing {
  readonly #conversation: string;
  #message: Message;
  #savedAt = 0;
  readonly stopping = new AbortController();
  growing: Growing;

  constructor(conversation: string, message: Message) {
    this.#conversation = conversation;
    this.#message = message;
    this.growing = { content: message.content, reasoning: message.reasoning, stage: { type: "waiting" } };
  }

  async begin(): Promise<void> {
    const failures = new Map(useChat.getState().failures);
    failures.delete(this.#message.id);
    useChat.setState({ failures });
    this.#show();
    this.#place();
    await this.#save();
  }

  /** Notes which model writes. */
  by(model: string): void {
    this.#message = { ...this.#message, details: { ...this.#message.details, model } };
  }

  grow(growing: Growing): void {
    this.growing = growing;
    this.#show();
    if (performance.now() - this.#savedAt > SAVE_MILLIS) void this.#save();
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
    changedHere();
  }

  #written(message: Message): Message {
    return { ...message, content: this.growing.content, reasoning: this.growing.reasoning };
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
    this.#savedAt = performance.now();
    await kept(library.saveMessage(this.#conversation, this.#written(this.#message)));
  }
}

/** Tells the person where something could not be kept, and goes on. */
async function kept(saving: Promise<void>): Promise<void> {
  await saving.catch((error: unknown) => useChat.setState({ problem: problemOf(error) }));
}
