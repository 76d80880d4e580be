/** The list of conversations, and what is searched for in them. */
import { create } from "zustand";
import { type Problem, problemOf } from "../engine/problem.js";
import { library } from "./library.js";
import type { Conversation, Hit, Place } from "./protocol.js";

export interface ListState {
  /** `undefined` until it is there. */
  readonly conversations: readonly Conversation[] | undefined;
  /** How many there are in all; the list may be a part of them. */
  readonly total: number;
  readonly query: string;
  /** `undefined` while nothing is searched for. */
  readonly hits: readonly Hit[] | undefined;
  /** Where conversations are kept; `undefined` until it is known. */
  readonly place: Place | undefined;
  readonly problem: Problem | undefined;
}

/** Conversations that are shown at first, and how many more are each time that the person asks. */
const PART = 50;
const HITS = 50;

export const useList = create<ListState>()(() => ({
  conversations: undefined,
  total: 0,
  query: "",
  hits: undefined,
  place: undefined,
  problem: undefined,
}));

let shown = PART;

/** Reads it again, as after every change of this tab or another one. */
export async function refreshList(): Promise<void> {
  await tried(async () => {
    const { conversations, total } = await library.list(shown);
    useList.setState({ conversations, total });
    await searchAgain();
  });
}

/** Something changed in this tab. */
export function changedHere(): void {
  void refreshList();
}

/** Shows more of a long list. */
export async function showMore(): Promise<void> {
  shown += PART;
  await refreshList();
}

/** Finds conversations with these words; with none, shows all. */
export async function search(query: string): Promise<void> {
  useList.setState({ query });
  await tried(searchAgain);
}

async function searchAgain(): Promise<void> {
  const { query } = useList.getState();
  const hits = query.trim() === "" ? undefined : await library.search(query, HITS);
  // Another letter may have been typed meanwhile.
  if (useList.getState().query === query) useList.setState({ hits });
}

/** Gives a conversation another name, or its place before the others. */
export async function saveConversation(conversation: Conversation): Promise<void> {
  await tried(() => library.saveConversation(conversation));
  await refreshList();
}

export async function deleteConversation(id: string): Promise<void> {
  await tried(() => library.delete(id));
  await refreshList();
}

export async function deleteAll(): Promise<void> {
  await tried(() => library.deleteAll());
  await refreshList();
}

/** One file with all conversations, or with some. */
export async function exportConversations(ids?: string[]): Promise<Blob | undefined> {
  return await tried(async () => new Blob([await library.export(ids)], { type: "application/json" }));
}

/** Takes conversations out of such a file. */
export async function importConversations(file: Blob) {
  const imported = await tried(async () => await library.import(await file.text()));
  await refreshList();
  return imported;
}

/** Takes the message about what failed away. */
export function dismissListProblem(): void {
  useList.setState({ problem: undefined });
}

async function tried<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    useList.setState({ problem: problemOf(error) });
    return undefined;
  }
}
