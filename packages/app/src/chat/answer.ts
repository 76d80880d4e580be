/** One answer of the engine: asked for, and followed to its end. */
import type { AnswerStream, ChatCompletionChunk, ChatMessage, Completion, CompletionUsage, Hearth, PromptProgress } from "@hearth/sdk";
import type { Message } from "../conversations/protocol.js";
import { told } from "./attachments.js";
import { parameters, type Sampling } from "./sampling.js";
import { answered, grown, type Offer, type ToolCall, toolParameters } from "./tools.js";

/** What of an answer is there. */
export interface Growing {
  readonly content: string;
  /** What the model thought before it answered. */
  readonly reasoning: string;
  /** The tools that it calls. */
  readonly calls: readonly ToolCall[];
  /** Tokens of the prompt, once they are counted. */
  readonly promptTokens: number | undefined;
  readonly stage: Stage;
}

export type Stage =
  /** The model is not there yet, or answers somebody else. */
  | { readonly type: "waiting" }
  /** The prompt is read: so many of its tokens. */
  | { readonly type: "reading"; readonly doneTokens: number; readonly totalTokens: number }
  | { readonly type: "writing"; readonly tokens: number; readonly tokensPerSecond: number | undefined };

/** Why an answer ended: of itself, or because it was long enough. */
export type EndReason = "stop" | "length";

export interface Ended {
  readonly reason: EndReason;
  readonly usage: CompletionUsage | undefined;
  readonly secondsToFirstToken: number | undefined;
}

type Chunk = ChatCompletionChunk | Completion;

/** What is answered. */
export interface Question {
  /** From the first message to the one that is answered, or to the answer that is gone on with. */
  readonly branch: readonly Message[];
  readonly systemPrompt: string;
  readonly sampling: Sampling;
  /** The tools that the model may call. */
  readonly offer: Offer;
  /** Whether the model has a chat template; without one it goes on with the last text. */
  readonly isChat: boolean;
  /** Whether a server answers. */
  readonly isRemote: boolean;
}

/** Asks, and tells of what comes in, at most once per frame: tokens may come faster than a page can draw. */
export async function answer(hearth: Hearth, question: Question, begun: Growing, stop: AbortSignal, show: (growing: Growing) => void): Promise<Ended> {
  const askedAt = performance.now();
  const stream = await ask(hearth, question, stop);
  const pace = new Pace(askedAt);
  const frames = new Frames(show);
  let newest = begun;
  let reason: EndReason = "stop";
  let usage: CompletionUsage | undefined;
  try {
    for await (const chunk of stream) {
      const { reasoning, content, calls, finished } = grownBy(chunk);
      const isText = content !== "" || reasoning !== "" || calls.length > 0;
      const stage = chunk.prompt_progress !== undefined ? reading(chunk.prompt_progress) : isText ? pace.token() : newest.stage;
      newest = { content: newest.content + content, reasoning: newest.reasoning + reasoning, calls: grown(newest.calls, calls), promptTokens: chunk.prompt_progress?.total ?? newest.promptTokens, stage };
      if (finished === "length") reason = finished;
      usage = chunk.usage ?? usage;
      frames.draw(newest);
    }
  } finally {
    frames.end();
  }
  return { reason, usage, secondsToFirstToken: pace.secondsToFirst };
}

async function ask(hearth: Hearth, question: Question, stop: AbortSignal): Promise<AnswerStream<Chunk>> {
  const { branch, systemPrompt, sampling, offer, isChat, isRemote } = question;
  const plain = { ...parameters(sampling), stream: true, stream_options: { include_usage: true } } as const;
  const how = { ...plain, return_progress: true } as const;
  if (!isChat) return await hearth.completions.create({ ...how, prompt: lastText(branch) }, { stop });
  const system: ChatMessage[] = systemPrompt.trim() === "" ? [] : [{ role: "system", content: systemPrompt }];
  const messages = [...system, ...branch.map(said)];
  // Servers refuse what only Hearth knows, and end an answer by breaking it off.
  if (isRemote) return await hearth.chat.completions.create({ ...plain, ...toolParameters(offer), messages }, { signal: stop });
  return await hearth.chat.completions.create(
    {
      ...how,
      ...toolParameters(offer),
      messages,
      continue_final_message: branch.at(-1)?.role === "assistant",
      overflow: "drop_oldest_turns",
    },
    { stop },
  );
}

function said(message: Message): ChatMessage {
  return message.role === "assistant" ? { role: "assistant", ...answered(message) } : { role: "user", content: told(message) };
}

/** The newest text of the person, with what the model added to it. */
function lastText(branch: readonly Message[]): string {
  const from = branch.findLastIndex(({ role }) => role === "user");
  return branch
    .slice(from)
    .map(told)
    .join("");
}

/** What a chunk brings. */
interface Grown {
  readonly reasoning: string;
  readonly content: string;
  readonly calls: Parameters<typeof grown>[1];
  readonly finished: string | null;
}

function grownBy(chunk: Chunk): Grown {
  const [choice] = chunk.choices;
  if (choice === undefined) return { reasoning: "", content: "", calls: [], finished: null };
  if ("text" in choice) return { reasoning: "", content: choice.text, calls: [], finished: choice.finish_reason };
  const { content, reasoning_content, tool_calls } = choice.delta;
  return { reasoning: reasoning_content ?? "", content: content ?? "", calls: tool_calls ?? [], finished: choice.finish_reason };
}

function reading({ processed, total }: PromptProgress): Stage {
  return { type: "reading", doneTokens: processed, totalTokens: total };
}

/** Shows the newest of what it is told once per frame. In a tab that nobody sees there are no frames, and timers do. */
class Frames {
  readonly #show: (growing: Growing) => void;
  #newest: Growing | undefined;
  #cancel: (() => void) | undefined;

  constructor(show: (growing: Growing) => void) {
    this.#show = show;
  }

  draw(growing: Growing): void {
    this.#newest = growing;
    this.#cancel ??= later(() => this.#now());
  }

  /** Shows what is not shown yet, now. */
  end(): void {
    this.#cancel?.();
    this.#now();
  }

  #now(): void {
    this.#cancel = undefined;
    if (this.#newest !== undefined) this.#show(this.#newest);
    this.#newest = undefined;
  }
}

function later(work: () => void): () => void {
  if (document.visibilityState === "visible") {
    const frame = requestAnimationFrame(work);
    return () => cancelAnimationFrame(frame);
  }
  const timer = setTimeout(work, 250);
  return () => clearTimeout(timer);
}

/** How fast pieces come. */
class Pace {
  readonly #askedAt: number;
  #pieces = 0;
  #firstAt = 0;

  constructor(askedAt: number) {
    this.#askedAt = askedAt;
  }

  get secondsToFirst(): number | undefined {
    return this.#pieces === 0 ? undefined : (this.#firstAt - this.#askedAt) / 1_000;
  }

  /** Another one is there. */
  token(): Stage {
    const now = performance.now();
    this.#pieces += 1;
    if (this.#pieces === 1) this.#firstAt = now;
    const tokensPerSecond = now > this.#firstAt ? ((this.#pieces - 1) * 1_000) / (now - this.#firstAt) : undefined;
    return { type: "writing", tokens: this.#pieces, tokensPerSecond };
  }
}
