/** What the page knows of conversations at this moment: the one that the person sees, and the answers that are being written. */
import { create } from "zustand";
import type { Conversation } from "../conversations/protocol.js";
import { type Problem, problemOf } from "../engine/problem.js";
import type { Growing } from "./answer.js";
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

export const useChat = create<ChatState>()(() => ({ open: fresh(), live: new Map(), problem: undefined, failures: new Map() }));

/** A conversation in which nothing was said yet. */
export function fresh(): Open {
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

/** Tells the person where something could not be kept, and goes on. */
export async function kept(saving: Promise<void>): Promise<void> {
  await saving.catch((error: unknown) => useChat.setState({ problem: problemOf(error) }));
}
