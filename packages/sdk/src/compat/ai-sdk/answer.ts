/** Answers in OpenAI's shapes as those of the AI SDK. */
import type {
  JSONObject,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
  SharedV4Warning,
} from "@ai-sdk/provider";
import type { ChatCompletionChunk, ChatCompletionMessage, ChatToolCallDelta, CompletionUsage, ServedBy } from "../../interface.js";

const FINISH_REASONS: Readonly<Record<string, LanguageModelV4FinishReason["unified"]>> = { stop: "stop", length: "length", tool_calls: "tool-calls" };

export function toFinishReason(reason: string | undefined): LanguageModelV4FinishReason {
  return { unified: FINISH_REASONS[reason ?? ""] ?? "other", raw: reason };
}

export function toUsage(usage: CompletionUsage | undefined): LanguageModelV4Usage {
  const { prompt_tokens: input, completion_tokens: output } = usage ?? {};
  const cached = usage?.prompt_tokens_details?.cached_tokens;
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens;
  return {
    inputTokens: { total: input, noCache: minus(input, cached), cacheRead: cached, cacheWrite: undefined },
    outputTokens: { total: output, text: minus(output, reasoning), reasoning },
    ...(usage !== undefined && { raw: { ...usage } as unknown as JSONObject }),
  };
}

function minus(total: number | undefined, part: number | undefined): number | undefined {
  return total === undefined || part === undefined ? undefined : total - part;
}

/** Who answered, and how fast. */
export function toMetadata(served_by: ServedBy, usage: CompletionUsage | undefined): SharedV4ProviderMetadata {
  return { hearth: { served_by, ...(usage?.timings !== undefined && { timings: { ...usage.timings } }) } };
}

export function toContent({ reasoning_content, content, tool_calls = [] }: ChatCompletionMessage): LanguageModelV4Content[] {
  return [
    ...(reasoning_content ? [{ type: "reasoning" as const, text: reasoning_content }] : []),
    ...(content ? [{ type: "text" as const, text: content }] : []),
    ...tool_calls.map(({ id, function: called }) => ({
      type: "tool-call" as const,
      toolCallId: id,
      toolName: called.name,
      input: called.arguments,
    })),
  ];
}

/** What is being written. */
interface Block {
  readonly type: "text" | "reasoning" | "tool-input";
  readonly id: string;
  readonly toolName: string;
  input: string;
}

/** Makes the AI SDK's parts of one answer's chunks. */
export class StreamParts {
  #open: Block | undefined;
  #count = 0;
  #reason: string | undefined;
  #usage: CompletionUsage | undefined;
  #servedBy: ServedBy = "local";
  #hasBegun = false;

  *begin(warnings: SharedV4Warning[]): Generator<LanguageModelV4StreamPart> {
    yield { type: "stream-start", warnings };
  }

  *take(chunk: ChatCompletionChunk): Generator<LanguageModelV4StreamPart> {
    if (!this.#hasBegun) yield { type: "response-metadata", id: chunk.id, timestamp: new Date(chunk.created * 1_000), modelId: chunk.model };
    this.#hasBegun = true;
    this.#servedBy = chunk.served_by;
    this.#usage = chunk.usage ?? this.#usage;
    const choice = chunk.choices[0];
    if (choice === undefined) return;
    const { reasoning_content, content, tool_calls = [] } = choice.delta;
    if (reasoning_content) yield* this.#grow("reasoning", reasoning_content);
    if (content) yield* this.#grow("text", content);
    for (const call of tool_calls) yield* this.#growCall(call);
    this.#reason = choice.finish_reason ?? this.#reason;
  }

  *end(): Generator<LanguageModelV4StreamPart> {
    yield* this.#close();
    const usage = toUsage(this.#usage);
    yield { type: "finish", finishReason: toFinishReason(this.#reason), usage, providerMetadata: toMetadata(this.#servedBy, this.#usage) };
  }

  *fail(error: unknown): Generator<LanguageModelV4StreamPart> {
    yield { type: "error", error };
    yield { type: "finish", finishReason: { unified: "error", raw: undefined }, usage: toUsage(undefined) };
  }

  *#grow(type: "text" | "reasoning", delta: string): Generator<LanguageModelV4StreamPart> {
    if (this.#open?.type !== type) {
      yield* this.#close();
      this.#open = { type, id: `${type}-${this.#count++}`, toolName: "", input: "" };
      yield { type: `${type}-start`, id: this.#open.id };
    }
    yield { type: `${type}-delta`, id: this.#open.id, delta };
  }

  *#growCall({ id, function: called }: ChatToolCallDelta): Generator<LanguageModelV4StreamPart> {
    // The first piece of a call has its id.
    if (id !== undefined) {
      yield* this.#close();
      this.#open = { type: "tool-input", id, toolName: called.name ?? "", input: "" };
      yield { type: "tool-input-start", id, toolName: this.#open.toolName };
    }
    const delta = called.arguments;
    if (!delta || this.#open?.type !== "tool-input") return;
    this.#open.input += delta;
    yield { type: "tool-input-delta", id: this.#open.id, delta };
  }

  *#close(): Generator<LanguageModelV4StreamPart> {
    const block = this.#open;
    this.#open = undefined;
    if (block === undefined) return;
    yield { type: `${block.type}-end`, id: block.id };
    // A call that was cut off is none.
    if (block.type === "tool-input" && isJson(block.input)) {
      yield { type: "tool-call", toolCallId: block.id, toolName: block.toolName, input: block.input };
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
