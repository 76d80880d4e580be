/** One answer of the engine: asked for, and followed to its end. */
import type { AnswerStream, ChatCompletionChunk, ChatMessage, Completion, CompletionUsage, Hearth, PromptProgress } from "@hearth/sdk";
import type { Message } from "../conversations/protocol.js";
import { parameters, type Sampling } from "./sampling.js";

/** What of an answer is there. */
export interface Growing {
  readonly content: string;
  /** What the model thought before it answered. */
  readonly reasoning: string;
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
  /** Whether the model has a chat template; without one it goes on with the last text. */
  readonly isChat: boolean;
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
      const { reasoning, content, finished } = grownBy(chunk);
      const stage = chunk.prompt_progress !== undefined ? reading(chunk.prompt_progress) : content !== "" || reasoning !== "" ? pace.token() : newest.stage;
      newest = { content: newest.content + content, reasoning: newest.reasoning + reasoning, stage };
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
  const { branch, systemPrompt, sampling, isChat } = question;
  const how = { ...parameters(sampling), stream: true, stream_options: { include_usage: true }, return_progress: true } as const;
  if (!isChat) return await hearth.completions.create({ ...how, prompt: lastText(branch) }, { stop });
  const system: ChatMessage[] = systemPrompt.trim() === "" ? [] : [{ role: "system", content: systemPrompt }];
  return await hearth.chat.completions.create(
    {
      ...how,
      messages: [...system, ...branch.map(said)],
      continue_final_message: branch.at(-1)?.role === "assistant",
      overflow: "drop_oldest_turns",
    },
    { stop },
  );
}

function said({ role, content }: Message): ChatMessage {
  return role === "assistant" ? { role, content } : { role: "user", content };
}

/** The newest text of the person, with what the model added to it. */
function lastText(branch: readonly Message[]): string {
  const from = branch.findLastIndex(({ role }) => role === "user");
  return branch
    .slice(from)
    .map(({ content }) => content)
    .join("");
}

/** What a chunk brings. Calls of tools are shown as text: this page offers the model none. */
interface Grown {
  readonly reasoning: string;
  readonly content: string;
  readonly finished: string | null;
}

function grownBy(chunk: Chunk): Grown {
  const [choice] = chunk.choices;
  if (choice === undefined) return { reasoning: "", content: "", finished: null };
  if ("text" in choice) return { reasoning: "", content: choice.text, finished: choice.finish_reason };
  const { content, reasoning_content, tool_calls } = choice.delta;
  const calls = (tool_calls ?? []).map((call) => `${call.function.name === undefined ? "" : `\n${call.function.name} `}${call.function.arguments ?? ""}`);
  return { reasoning: reasoning_content ?? "", content: (content ?? "") + calls.join(""), finished: choice.finish_reason };
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
