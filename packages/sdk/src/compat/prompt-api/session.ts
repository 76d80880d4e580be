/** A session of the Prompt API: a conversation that remembers itself, over requests that do not. */
import { HearthError } from "../../error.js";
import type { Hearth } from "../../hearth.js";
import type { ChatCompletionCreateParamsStreaming, ChatMessage } from "../../interface.js";
import { CollectedMessage } from "../../collected-message.js";
import {
  canonicalInput,
  type Constraint,
  constraintOf,
  type Input,
  joined,
  plain,
  quotaExceeded,
  type SamplingChoice,
  toDomException,
  toolsOf,
} from "./input.js";
import { contextWindow, type SharedModel } from "./model.js";
import type {
  LanguageModelAppendOptions,
  LanguageModelPrompt,
  LanguageModelPromptOptions,
  LanguageModelSamplingMode,
  LanguageModelTool,
} from "./types.js";

/** How often a model may call tools before it answers. */
const MOST_ROUNDS = 16;

/** What was said and answered, dropped together where there is no more room. */
interface Turn {
  readonly messages: readonly ChatMessage[];
  /** Tokens. */
  readonly usage: number;
  /** Whether it was answered: what was appended belongs to the next prompt. */
  readonly isAnswered: boolean;
}

/** What a session begins with. */
export interface SessionStart {
  readonly shared: SharedModel;
  readonly hearth: Hearth;
  /** The model's name, where there are several. */
  readonly id: string | undefined;
  readonly sampling: SamplingChoice;
  readonly samplingMode: LanguageModelSamplingMode;
  readonly tools: readonly LanguageModelTool[];
  readonly initial: readonly ChatMessage[];
  readonly initialUsage: number;
  readonly turns: readonly Turn[];
}

/** Only this package makes sessions. */
export const KEY = Symbol("session");

export class LanguageModel extends EventTarget {
  oncontextoverflow: ((event: Event) => unknown) | null = null;
  onquotaoverflow: ((event: Event) => unknown) | null = null;

  readonly #start: SessionStart;
  #turns: readonly Turn[];
  readonly #destroyed = new AbortController();
  /** Settles when those that came before have been answered. */
  #queue: Promise<void> = Promise.resolve();

  constructor(key: typeof KEY, start: SessionStart) {
    super();
    if (key !== KEY) throw new TypeError("Illegal constructor. Sessions come from LanguageModel.create().");
    this.#start = start;
    this.#turns = start.turns;
    this.addEventListener("contextoverflow", (event) => this.oncontextoverflow?.(event));
    this.addEventListener("quotaoverflow", (event) => this.onquotaoverflow?.(event));
  }

  get contextUsage(): number {
    return this.#turns.reduce((sum, { usage }) => sum + usage, this.#start.initialUsage);
  }

  get contextWindow(): number {
    return contextWindow(this.#start.hearth);
  }

  /** The older name of {@link contextUsage}. */
  get inputUsage(): number {
    return this.contextUsage;
  }

  /** The older name of {@link contextWindow}. */
  get inputQuota(): number {
    return this.contextWindow;
  }

  get topK(): number {
    return this.#start.sampling.topK;
  }

  get temperature(): number {
    return this.#start.sampling.temperature;
  }

  get samplingMode(): LanguageModelSamplingMode {
    return this.#start.samplingMode;
  }

  async prompt(input: LanguageModelPrompt, options: LanguageModelPromptOptions = {}): Promise<string> {
    let answer = "";
    for await (const piece of this.#respond(input, options, this.#signal(options.signal))) answer += piece;
    return answer;
  }

  promptStreaming(input: LanguageModelPrompt, options: LanguageModelPromptOptions = {}): ReadableStream<string> {
    const cancelled = new AbortController();
    const pieces = this.#respond(input, options, this.#signal(options.signal, cancelled.signal));
    // Not at the reader's pace: an answer that nobody reads must not hold up those after it.
    const pump = async (controller: ReadableStreamDefaultController<string>): Promise<void> => {
      try {
        for await (const piece of pieces) controller.enqueue(piece);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
    };
    return new ReadableStream<string>({ start: (controller) => void pump(controller), cancel: (reason) => cancelled.abort(reason) });
  }

  /** Adds messages that the next prompt goes on from. */
  async append(input: LanguageModelPrompt, options: LanguageModelAppendOptions = {}): Promise<undefined> {
    const signal = this.#signal(options.signal);
    const done = await this.#turnOf(signal);
    try {
      const { messages } = canonicalInput(input, this.contextUsage > 0);
      const usage = await this.#measure(messages, signal);
      this.#makeRoom(usage);
      this.#turns = [...this.#turns, { messages, usage, isAnswered: false }];
    } finally {
      done();
    }
    return undefined;
  }

  /** How many tokens an input takes. */
  async measureContextUsage(input: LanguageModelPrompt, options: LanguageModelPromptOptions = {}): Promise<number> {
    const signal = this.#signal(options.signal);
    signal.throwIfAborted();
    const constraint = constraintOf(options);
    return await this.#measure(withHint(canonicalInput(input, false).messages, constraint), signal);
  }

  /** The older name of {@link measureContextUsage}. */
  async measureInputUsage(input: LanguageModelPrompt, options: LanguageModelPromptOptions = {}): Promise<number> {
    return await this.measureContextUsage(input, options);
  }

  /** A session of its own, that begins with all that was said in this one. */
  async clone(options: LanguageModelAppendOptions = {}): Promise<LanguageModel> {
    this.#signal(options.signal).throwIfAborted();
    this.#start.shared.retain();
    const Session = this.constructor as new (key: typeof KEY, start: SessionStart) => LanguageModel;
    return new Session(KEY, { ...this.#start, turns: this.#turns });
  }

  /** Ends what is under way with an `AbortError`, and lets go of the model: the last session frees its memory. */
  destroy(): undefined {
    this.destroyWith(new DOMException("The session was destroyed.", "AbortError"));
  }

  /** @internal The same, for the reason of a signal. */
  destroyWith(reason: unknown): void {
    if (this.#destroyed.signal.aborted) return;
    this.#destroyed.abort(reason);
    this.#start.shared.release();
  }

  #signal(...others: readonly (AbortSignal | undefined)[]): AbortSignal {
    return AbortSignal.any([this.#destroyed.signal, ...others.filter((signal) => signal !== undefined)]);
  }

  /** Waits until it is this call's turn; what it gives ends the turn. */
  async #turnOf(signal: AbortSignal): Promise<() => void> {
    const before = this.#queue;
    let done = (): void => undefined;
    const mine = new Promise<void>((resolve) => (done = resolve));
    this.#queue = before.then(() => mine);
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await Promise.race([before, aborted]);
    if (!signal.aborted) return done;
    done();
    throw signal.reason;
  }

  async *#respond(prompt: LanguageModelPrompt, options: LanguageModelPromptOptions, signal: AbortSignal): AsyncGenerator<string, void> {
    signal.throwIfAborted();
    const constraint = constraintOf(options);
    // What is wrong with the input is wrong whoever comes first.
    canonicalInput(prompt, false);
    const done = await this.#turnOf(signal);
    try {
      const input = canonicalInput(prompt, this.contextUsage > 0);
      const asked = withHint(input.messages, constraint);
      this.#makeRoom(await this.#measure(asked, signal));
      yield* this.#answer({ ...input, messages: asked }, constraint, signal);
    } catch (error) {
      throw toDomException(error, "UnknownError");
    } finally {
      done();
    }
  }

  /** Asks the model, and calls tools as long as it wants them. The turn is remembered when it is whole. */
  async *#answer(input: Input, constraint: Constraint | undefined, signal: AbortSignal): AsyncGenerator<string, void> {
    const said: ChatMessage[] = [...input.messages];
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const isPrefix = input.isPrefix && round === 0;
      const collected = new CollectedMessage();
      yield* this.#ask(said, isPrefix, constraint, collected, signal);
      if (constraint !== undefined && collected.finishReason === "length") {
        throw new DOMException("The context ended before the answer followed the responseConstraint.", "SyntaxError");
      }
      const { message } = collected;
      const last = said.at(-1);
      if (isPrefix && last !== undefined) said[said.length - 1] = { role: "assistant", content: plain(last) + (message.content ?? "") };
      else said.push(message);
      if (collected.toolCalls.length === 0) return this.#remember(said, collected);
      said.push(...(await this.#callTools(collected)));
      signal.throwIfAborted();
    }
    throw new DOMException(`The model called tools ${MOST_ROUNDS} times and gave no answer.`, "UnknownError");
  }

  async *#ask(
    said: readonly ChatMessage[],
    isPrefix: boolean,
    constraint: Constraint | undefined,
    collected: CollectedMessage,
    signal: AbortSignal,
  ): AsyncGenerator<string, void> {
    const { hearth } = this.#start;
    for (;;) {
      try {
        const stream = await hearth.chat.completions.create(this.#request(said, isPrefix, constraint), { signal });
        for await (const chunk of stream) {
          collected.take(chunk);
          const piece = chunk.choices[0]?.delta.content;
          if (piece) yield piece;
        }
        return;
      } catch (error) {
        if (!(error instanceof HearthError) || error.code !== "prompt_too_long") throw error;
        // The template adds words of its own, which were not measured.
        this.#dropOldest(1, this.contextWindow + 1);
      }
    }
  }

  #request(said: readonly ChatMessage[], isPrefix: boolean, constraint: Constraint | undefined): ChatCompletionCreateParamsStreaming {
    const { id, initial, sampling, tools } = this.#start;
    const before = [...initial, ...this.#turns.flatMap(({ messages }) => messages)];
    return {
      messages: joined([...before, ...said]),
      stream: true,
      stream_options: { include_usage: true },
      temperature: sampling.temperature,
      top_k: sampling.topK,
      ...(id !== undefined && { model: id }),
      ...(isPrefix && { continue_final_message: true }),
      ...(tools.length > 0 && { tools: toolsOf(tools) }),
      ...constraint?.request,
    };
  }

  async #callTools({ toolCalls, finishReason }: CollectedMessage): Promise<readonly ChatMessage[]> {
    if (finishReason === "length") throw new DOMException("The context ended in the middle of a call.", "UnknownError");
    return await Promise.all(
      toolCalls.map(async ({ id, function: { name, arguments: given } }): Promise<ChatMessage> => {
        const tool = this.#start.tools.find((tool) => tool.name === name);
        if (tool === undefined) throw new DOMException(`The model called "${name}", which is no tool.`, "UnknownError");
        const content = String(await tool.execute(JSON.parse(given) as never));
        return { role: "tool", tool_call_id: id, content };
      }),
    );
  }

  #remember(messages: readonly ChatMessage[], { usage }: CollectedMessage): void {
    const before = this.#turns.filter(({ isAnswered }) => isAnswered);
    const appended = this.#turns.filter(({ isAnswered }) => !isAnswered);
    const used = before.reduce((sum, turn) => sum + turn.usage, this.#start.initialUsage);
    // What was thought is not kept in the conversation.
    const total = usage === undefined ? used : usage.total_tokens - (usage.completion_tokens_details?.reasoning_tokens ?? 0);
    const all = [...appended.flatMap((turn) => turn.messages), ...messages];
    this.#turns = [...before, { messages: all, usage: Math.max(total - used, 0), isAnswered: true }];
  }

  async #measure(messages: readonly ChatMessage[], signal: AbortSignal): Promise<number> {
    return await measure(this.#start.hearth, this.#start.id, messages, signal);
  }

  /** Drops the oldest turns until `needed` tokens fit. Nothing is dropped where that does not help. */
  #makeRoom(needed: number): void {
    const requested = this.contextUsage + needed;
    let excess = requested - this.contextWindow;
    let count = 0;
    for (const { usage, isAnswered } of this.#turns) {
      if (excess <= 0 || !isAnswered) break;
      excess -= usage;
      count += 1;
    }
    if (excess > 0) throw quotaExceeded(requested, this.contextWindow);
    if (count > 0) this.#dropOldest(count, requested);
  }

  #dropOldest(count: number, requested: number): void {
    if (this.#turns.filter(({ isAnswered }) => isAnswered).length < count) throw quotaExceeded(requested, this.contextWindow);
    this.#turns = this.#turns.slice(count);
    this.dispatchEvent(new Event("contextoverflow"));
    this.dispatchEvent(new Event("quotaoverflow"));
  }
}

/** Tokens of the texts of messages. */
export async function measure(
  hearth: Hearth,
  model: string | undefined,
  messages: readonly ChatMessage[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const options = model === undefined ? {} : { model };
  const counts = await Promise.all(messages.map(async (message) => (await hearth.tokenize(plain(message), options)).length));
  signal?.throwIfAborted();
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The words about a constraint go with the last message of the user. */
function withHint(messages: readonly ChatMessage[], constraint: Constraint | undefined): readonly ChatMessage[] {
  const at = messages.findLastIndex(({ role }) => role === "user");
  const message = messages[at];
  if (constraint === undefined || constraint.hint === "" || message === undefined) return messages;
  return messages.with(at, { role: "user", content: `${plain(message)}\n\n${constraint.hint}` });
}
