/** What the page and the worker of conversations say to each other. */
import type { Command, Reply, Conversation as SparseConversation, Message as SparseMessage } from "../generated/store/store.js";

export type { Command, Hit, Reply, Role, Status } from "../generated/store/store.js";

/** What is kept has all fields; what is to be kept, or comes from a file, may leave some out. */
type Filled<T, Maybe extends keyof T> = Required<Omit<T, Maybe>> & Pick<T, Maybe>;
export type Conversation = Filled<SparseConversation, "model" | "head">;
export type Message = Filled<SparseMessage, "parent">;
export type WholeConversation = Conversation & { readonly messages: readonly Message[] };

/** The first message to the worker: its program, where it is not to fetch it. */
export interface Opening {
  readonly program: WebAssembly.Module | undefined;
}

/** A command, with a number that its reply carries too. */
export interface Asked {
  readonly number: number;
  readonly command: Command;
}

/** Where conversations are kept: for good in files or in IndexedDB, or until the tab is closed. */
export type Place = "folder" | "snapshot" | "memory";

export type Told =
  | { readonly type: "opened"; readonly place: Place }
  | { readonly type: "reply"; readonly number: number; readonly reply: Reply }
  | { readonly type: "failed"; readonly number: number; readonly code: string; readonly message: string }
  /** Another tab changed a conversation, or many. */
  | { readonly type: "changed"; readonly conversation: string | undefined };
