/**
 * What a person does in conversations. A message is kept before it is answered, and an answer every second while it is written, so that a crash or a
 * reload loses no more than that.
 */
import { HearthError } from "@hearth/sdk";
import { library } from "../conversations/library.js";
import { changedHere } from "../conversations/list.js";
import type { Conversation, Message, Status } from "../conversations/protocol.js";
import { answerer, untilLoaded } from "../engine/engine.js";
import { problemOf } from "../engine/problem.js";
import { noteAnswer } from "../models/measured-speed.js";
import { ADDRESSES, conversationAddress } from "../route.js";
import { answer } from "./answer.js";
import { type Attachment, attachmentsOf } from "./attachments.js";
import { mayFit, roomOf } from "./context.js";
import { samplingOf } from "./sampling.js";
import { fresh, kept, type Open, useChat } from "./state.js";
import { offerOf } from "./tools.js";
import { Tree } from "./tree.js";
import { Writing } from "./writing.js";

export { useChat } from "./state.js";

/** A title is the beginning of the first message. */
const TITLE_CHARACTERS = 60;

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
    useChat.setState({ open: { conversation, tree: Tree.of(messages), isKept: true }, problem: undefined });
  } catch (error) {
    useChat.setState({ problem: problemOf(error) });
  }
}

/** Says something, with files, and lets the model answer. */
export async function send(text: string, attachments: readonly Attachment[] = []): Promise<void> {
  const { conversation } = useChat.getState().open;
  await say({ ...newMessage("user", text, conversation.head ?? undefined, "complete"), details: { ...(attachments.length > 0 && { attachments }) } });
}

/** Says something else instead of an earlier message, with its files, on a branch of its own. */
export async function edit(id: string, text: string): Promise<void> {
  const old = useChat.getState().open.tree.get(id);
  if (old === undefined) return;
  await say({ ...newMessage("user", text, old.parent ?? undefined, "complete"), details: old.details });
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

/** Ends all answers that are being written, and waits until they have ended. */
export async function stopAll(): Promise<void> {
  for (const { stopping } of useChat.getState().live.values()) stopping.abort();
  await new Promise<void>((done) => {
    if (useChat.getState().live.size === 0) return done();
    const leave = useChat.subscribe(({ live }) => {
      if (live.size > 0) return;
      leave();
      done();
    });
  });
}

/** Shows another branch: that through a message. */
export async function showBranch(id: string): Promise<void> {
  const { open } = useChat.getState();
  const head = open.tree.end(id);
  useChat.setState({ open: { ...open, conversation: { ...open.conversation, head } } });
  await kept(library.setHead(open.conversation.id, head));
}

/** Changes the title, the system prompt or the settings of `of`, which another conversation may have taken the place of meanwhile. */
export async function change(changes: Partial<Pick<Conversation, "title" | "systemPrompt" | "settings" | "isPinned">>, of: Open): Promise<void> {
  const { open } = useChat.getState();
  const isShown = open.conversation.id === of.conversation.id;
  const { isKept, conversation: old } = isShown ? open : of;
  const conversation = { ...old, ...changes };
  if (isShown) useChat.setState({ open: { ...open, conversation } });
  if (!isKept) return;
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

async function say(question: Message): Promise<void> {
  const { open } = useChat.getState();
  const conversation: Conversation = { ...open.conversation, head: question.id, title: open.conversation.title === "" ? titleOf(question) : open.conversation.title };
  const asked: Open = { conversation, tree: open.tree.with(question), isKept: true };
  useChat.setState({ open: asked });
  // The worker does one after the other, so the answer need not wait for them.
  if (!open.isKept) void kept(library.saveConversation({ ...conversation, head: undefined }));
  void kept(library.saveMessage(conversation.id, question));
  changedHere();
  await respond(asked, newMessage("assistant", "", question.id, "writing"));
}

function titleOf(question: Message): string {
  const line = question.content.trim().split("\n", 1)[0] || (attachmentsOf(question)[0]?.name ?? "");
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
    const by = await answerer();
    if (by === undefined) throw new HearthError("no_model", "there is no model that could answer");
    const { hearth, name, isChat, info } = by;
    const sampling = samplingOf(conversation.settings);
    writing.by(name, info && roomOf(info.contextLength, sampling.maxTokens));
    const whole = asked.tree.with(begun).branch(begun.content === "" ? (begun.parent ?? undefined) : begun.id);
    const branch = info === undefined ? whole : mayFit(whole, info.contextLength);
    const question = { branch, systemPrompt: conversation.systemPrompt, sampling, offer: offerOf(conversation.settings), isChat, isRemote: info === undefined };
    const ended = await answer(hearth, question, writing.growing, stopping.signal, (growing) => writing.grow(growing));
    if (info !== undefined && ended.usage !== undefined) noteAnswer(info, ended.usage);
    await writing.end(stopping.signal.aborted ? "stopped" : ended.reason === "length" ? "cut" : "complete", ended);
  } catch (error) {
    await writing.fail(error);
  }
}
