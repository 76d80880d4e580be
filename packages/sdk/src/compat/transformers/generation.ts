/** The task `text-generation` of transformers.js. */
import { HearthError } from "../../error.js";
import type { Hearth } from "../../hearth.js";
import type { AnswerStream, ChatCompletionChunk, ChatMessage, ChatTool, ChatToolCall, Completion } from "../../interface.js";
import { CollectedMessage } from "../../collected-message.js";
import type { InterruptableStoppingCriteria, TextStreamer } from "./streamer.js";

/** A turn of a conversation. */
export interface Message {
  role: string;
  content: string;
  /** What the model thought before it answered. */
  reasoning_content?: string;
  /** The tools that it wants called. */
  tool_calls?: ChatToolCall[];
  /** Of which call this is the result. */
  tool_call_id?: string;
}

export type Chat = Message[];

/** How an answer is written, in the words of transformers. */
export interface TextGenerationConfig {
  /** 256 unless said otherwise. */
  readonly max_new_tokens?: number;
  /** Whether to choose by chance; if not, the likeliest token is taken. */
  readonly do_sample?: boolean;
  /** 1 unless said otherwise. */
  readonly temperature?: number;
  /** 50 unless said otherwise. */
  readonly top_k?: number;
  /** 1 unless said otherwise. */
  readonly top_p?: number;
  readonly min_p?: number;
  readonly typical_p?: number;
  readonly repetition_penalty?: number;
  readonly num_return_sequences?: number;
  /** Whether a text is given back with its prompt before it. */
  readonly return_full_text?: boolean;
  readonly tools?: readonly object[] | null;
  /** Variables of the chat template, such as `enable_thinking`. */
  readonly tokenizer_encode_kwargs?: Readonly<Record<string, unknown>>;
  readonly streamer?: TextStreamer | null;
  readonly stopping_criteria?: InterruptableStoppingCriteria | null;
}

export type TextGenerationStringOutput = { generated_text: string }[];
export type TextGenerationChatOutput = { generated_text: Chat }[];

/** What comes for which input. */
export type TextGenerationResult<T> = T extends string
  ? TextGenerationStringOutput
  : T extends readonly string[]
    ? TextGenerationStringOutput[]
    : T extends readonly (readonly Message[])[]
      ? TextGenerationChatOutput[]
      : TextGenerationChatOutput;

type Input = string | readonly string[] | readonly Message[] | readonly (readonly Message[])[];

const KNOWN: readonly string[] = [
  ...["max_new_tokens", "do_sample", "temperature", "top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "num_return_sequences"],
  ...["return_full_text", "tools", "tokenizer_encode_kwargs", "streamer", "stopping_criteria"],
];

/** Answers one input, or each of several. */
export async function generateText(hearth: Hearth, input: Input, config: TextGenerationConfig): Promise<unknown> {
  const unknown = Object.entries(config).find(([name, value]) => value != null && !KNOWN.includes(name))?.[0];
  if (unknown !== undefined) {
    throw new HearthError("bad_argument", `\`${unknown}\` is not known here. Known are ${KNOWN.join(", ")}.`, { param: unknown });
  }
  const isBatch = typeof input !== "string" && input.every((one) => typeof one === "string" || Array.isArray(one));
  if (!isBatch) return await generateOne(hearth, input as string | readonly Message[], config);
  if (config.streamer && input.length > 1) throw new HearthError("bad_argument", "A streamer follows one answer only.", { param: "streamer" });
  const outputs: unknown[] = [];
  for (const one of input as readonly (string | readonly Message[])[]) outputs.push(await generateOne(hearth, one, config));
  return outputs;
}

async function generateOne(hearth: Hearth, input: string | readonly Message[], config: TextGenerationConfig): Promise<object[]> {
  const { streamer, stopping_criteria } = config;
  const options = { stop: stopping_criteria?.signal ?? null };
  const sampled = sampling(config, hearth.info?.contextLength ?? 0);
  if (typeof input === "string") {
    const before = config.return_full_text === false ? "" : input;
    const request = { ...sampled, prompt: input };
    if (!streamer) return (await hearth.completions.create(request, options)).choices.map(({ text }) => ({ generated_text: before + text }));
    const watched = { ...request, stream: true, return_token_ids: true } as const;
    const text = await watchText(await hearth.completions.create(watched, options), streamer, input);
    return [{ generated_text: before + text }];
  }
  if (streamer) checkChatStreamer(streamer);
  const messages = input as readonly ChatMessage[];
  const { tools, tokenizer_encode_kwargs: chat_template_kwargs } = config;
  const request = { ...sampled, messages, ...(tools && { tools: tools as readonly ChatTool[] }), ...(chat_template_kwargs && { chat_template_kwargs }) };
  const answers = streamer
    ? [await watchChat(await hearth.chat.completions.create({ ...request, stream: true }, options), streamer)]
    : (await hearth.chat.completions.create(request, options)).choices.map(({ message }) => message);
  return answers.map(({ role, content, reasoning_content, tool_calls }) => ({
    generated_text: [...input, { role, content: content ?? "", ...(reasoning_content && { reasoning_content }), ...(tool_calls && { tool_calls }) }],
  }));
}

/** The defaults are those of transformers, not Hearth's. */
function sampling(config: TextGenerationConfig, contextLength: number): object {
  const { do_sample = false, temperature = 1, top_k = 50, top_p = 1, min_p = 0, typical_p, repetition_penalty } = config;
  const { max_new_tokens: max_tokens = 256, num_return_sequences: n = 1, streamer } = config;
  if (streamer && n > 1) throw new HearthError("bad_argument", "A streamer follows one answer only.", { param: "num_return_sequences" });
  return {
    max_tokens,
    n,
    ...(do_sample ? { temperature, top_k, top_p, min_p, ...(typical_p !== undefined && { typical_p }) } : { temperature: 0 }),
    // transformers counts all tokens that there are.
    ...(repetition_penalty !== undefined && { repeat_penalty: repetition_penalty, repeat_last_n: contextLength }),
  };
}

function checkChatStreamer({ skip_prompt, token_callback_function }: TextStreamer): void {
  if (!skip_prompt) {
    throw new HearthError("bad_argument", "The text that a conversation becomes is not known in the page: make the streamer with `skip_prompt: true`.");
  }
  if (token_callback_function !== null) {
    throw new HearthError("bad_argument", "Answers to conversations have no token ids: use `callback_function`.", { param: "token_callback_function" });
  }
}

async function watchText(stream: AnswerStream<Completion>, streamer: TextStreamer, prompt: string): Promise<string> {
  if (!streamer.skip_prompt) streamer.on_finalized_text(prompt, false);
  let text = "";
  for await (const { choices } of stream) {
    const piece = choices[0]?.text ?? "";
    text += piece;
    for (const token of choices[0]?.token_ids ?? []) streamer.token_callback_function?.([BigInt(token)]);
    if (piece !== "") streamer.on_finalized_text(piece, false);
  }
  streamer.on_finalized_text("", true);
  return text;
}

async function watchChat(stream: AnswerStream<ChatCompletionChunk>, streamer: TextStreamer): Promise<CollectedMessage["message"]> {
  const collected = new CollectedMessage();
  for await (const chunk of stream) {
    collected.take(chunk);
    const piece = chunk.choices[0]?.delta.content;
    if (piece) streamer.on_finalized_text(piece, false);
  }
  streamer.on_finalized_text("", true);
  return collected.message;
}
