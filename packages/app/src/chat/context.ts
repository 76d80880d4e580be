/** How much of the model's context the shown branch takes, as its answers tell it. */
import type { CompletionUsage } from "@hearth/sdk";
import type { Message } from "../conversations/protocol.js";
import type { Growing } from "./answer.js";

export interface ContextUse {
  readonly usedTokens: number;
  readonly contextTokens: number;
  /** Which of the oldest messages make way: none yet, those of the next question, or some already. */
  readonly leftOut: "none" | "next" | "some";
}

/** What an answer is asked with, as it is kept with it. */
export interface Room {
  readonly contextTokens: number;
  /** What a prompt may take of it; longer ones lose their oldest turns. */
  readonly promptTokens: number;
}

/** The engine leaves the answer this share of the context, if it may be that long. */
const ANSWER_SHARE = 4;

export function roomOf(contextTokens: number, maxTokens: number): Room {
  return { contextTokens, promptTokens: contextTokens - Math.min(maxTokens, Math.floor(contextTokens / ANSWER_SHARE)) };
}

/** Of a message: one of its text, and those that say whose it is and where it ends. */
const LEAST_TOKENS = 3;

/** The end of a branch of which something may fit: the engine would leave out the others, and need not be given them. */
export function mayFit(branch: readonly Message[], contextTokens: number): readonly Message[] {
  const most = Math.ceil(contextTokens / LEAST_TOKENS);
  if (branch.length <= most) return branch;
  const from = branch.findIndex(({ role }, at) => at >= branch.length - most && role === "user");
  return from === -1 ? branch : branch.slice(from);
}

/** An answer, with what it tells of the context. */
export interface Answered {
  readonly usage: CompletionUsage;
  readonly model: unknown;
  readonly room: Room | undefined;
}

/** Those of a branch that were counted. */
export function answersOf(branch: readonly Message[]): readonly Answered[] {
  return branch.flatMap(({ details: { usage, model, room } }) => (isUsage(usage) ? [{ usage, model, room: roomIn(room) }] : []));
}

/** `undefined` before the first answer. `growing` is the newest message of the branch, while it is written. */
export function contextUse(answers: readonly Answered[], growing: Growing | undefined, room: Room): ContextUse | undefined {
  const newest = answers.at(-1)?.usage;
  const usedTokens = growing?.promptTokens !== undefined ? growing.promptTokens + writtenTokens(growing) : newest && newest.prompt_tokens + newest.completion_tokens;
  if (usedTokens === undefined) return undefined;
  const leftOut = hasMadeWay(answers, growing) ? "some" : usedTokens > room.promptTokens ? "next" : "none";
  return { usedTokens: Math.min(usedTokens, room.contextTokens), contextTokens: room.contextTokens, leftOut };
}

/**
 * Whether turns were left out. The engine does not tell, but a prompt has all that the one before had, and more: it is no longer than that, or the two would
 * not have fitted into one, only where something is missing. What is missing once stays so.
 */
function hasMadeWay(answers: readonly Answered[], growing: Growing | undefined): boolean {
  let madeWay = false;
  let before: Answered | undefined;
  const look = (promptTokens: number, room: Room | undefined): void => {
    if (before === undefined) return;
    const { prompt_tokens, completion_tokens } = before.usage;
    madeWay ||= promptTokens <= prompt_tokens || (room !== undefined && prompt_tokens + completion_tokens > room.promptTokens);
  };
  for (const answer of answers) {
    if (answer.model !== before?.model || answer.room?.contextTokens !== before?.room?.contextTokens) {
      // Another model counts otherwise.
      madeWay = false;
      before = undefined;
    }
    look(answer.usage.prompt_tokens, answer.room);
    before = answer;
  }
  if (growing?.promptTokens !== undefined) look(growing.promptTokens, undefined);
  return madeWay;
}

function writtenTokens({ stage }: Growing): number {
  return stage.type === "writing" ? stage.tokens : 0;
}

function roomIn(value: unknown): Room | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { contextTokens, promptTokens } = value as Partial<Room>;
  return typeof contextTokens === "number" && typeof promptTokens === "number" ? { contextTokens, promptTokens } : undefined;
}

/** What was kept may come from another version, or from a file. */
export function isUsage(value: unknown): value is CompletionUsage {
  if (typeof value !== "object" || value === null) return false;
  const { completion_tokens, prompt_tokens, prompt_tokens_details, timings } = value as Partial<CompletionUsage>;
  return typeof completion_tokens === "number" && typeof prompt_tokens === "number" && prompt_tokens_details !== undefined && timings !== undefined;
}
