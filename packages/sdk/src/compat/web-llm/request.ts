/** Requests in web-llm's words become Hearth's, and Hearth's answers become web-llm's. */
import { HearthError } from "../../error.js";
import type { CompletionChoice, CompletionUsage as HearthUsage } from "../../interface.js";
import type { ChatOptions, CompletionUsage, Logprobs, TopLogprob } from "./types.js";

type CompletionLogprobs = NonNullable<CompletionChoice["logprobs"]>;

/** What a request may have, as it comes from JavaScript. */
export interface Asked {
  readonly model?: string | null;
  readonly stream?: boolean | null;
  readonly repetition_penalty?: number | null;
  readonly response_format?: { readonly type?: string; readonly schema?: unknown; readonly grammar?: unknown } | null;
  readonly extra_body?: Readonly<Record<string, unknown>>;
  readonly chat_template_kwargs?: Readonly<Record<string, unknown>> | null;
}

/** Fields of {@link ChatOptions} that requests have as well. */
const DEFAULTS = ["temperature", "top_p", "frequency_penalty", "presence_penalty", "repetition_penalty"] as const;
const CHAT_OPTIONS: readonly string[] = [...DEFAULTS, "context_window_size"];

/** What requests to a model have where they say nothing else. */
export function requestDefaults(options: ChatOptions): object {
  return Object.fromEntries(DEFAULTS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}

/** A model cannot be told to be compiled otherwise. */
export function checkOptions(options: ChatOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const isUnset = value === undefined || value === null || value === -1;
    if (isUnset || CHAT_OPTIONS.includes(name)) continue;
    throw new HearthError("bad_argument", `\`${name}\` cannot be set: the GGUF file says how its model works. Known are ${CHAT_OPTIONS.join(", ")}.`, {
      param: name,
    });
  }
}

/** The request as Hearth takes it. */
export function toHearth(asked: Asked, defaults: object): object {
  const { repetition_penalty, response_format, extra_body, ...rest } = { ...defaults, ...asked };
  return {
    ...rest,
    ...(repetition_penalty != null && { repeat_penalty: repetition_penalty }),
    ...answerForm(response_format),
    ...thinking(extra_body, asked.chat_template_kwargs),
  };
}

function answerForm(format: Asked["response_format"]): object {
  if (format == null) return {};
  const { type, schema, grammar } = format;
  if (type === "json_object" && typeof schema === "string") {
    return { response_format: { type: "json_schema", json_schema: { name: "answer", schema: parsedSchema(schema) } } };
  }
  if (type === "grammar" && typeof grammar === "string") return { grammar };
  return { response_format: type === undefined ? null : format };
}

function parsedSchema(schema: string): unknown {
  try {
    return JSON.parse(schema);
  } catch (cause) {
    throw new HearthError("bad_argument", `The schema is no JSON: ${String(cause)}`, { param: "response_format.schema", cause });
  }
}

function thinking(extra: Asked["extra_body"], kwargs: Asked["chat_template_kwargs"]): object {
  for (const [name, value] of Object.entries(extra ?? {})) {
    if (name === "enable_thinking" || value == null || value === false) continue;
    throw new HearthError("bad_argument", `\`extra_body.${name}\` is not known here.`, { param: `extra_body.${name}` });
  }
  const enable_thinking = extra?.["enable_thinking"];
  return enable_thinking == null ? {} : { chat_template_kwargs: { enable_thinking, ...kwargs } };
}

/** A request for a text, which has the likelihoods of a conversation. */
export function completionToHearth(asked: Asked, defaults: object): object {
  const { logprobs, top_logprobs, ...rest } = asked as Asked & { readonly logprobs?: boolean | null; readonly top_logprobs?: number | null };
  return { ...toHearth(rest, defaults), ...(logprobs === true && { logprobs: top_logprobs ?? 0 }) };
}

/** Anything that is answered: a whole answer or a chunk. */
export interface Answered {
  readonly choices: readonly { readonly finish_reason?: string | null; readonly logprobs?: Logprobs | CompletionLogprobs | null }[];
  readonly usage?: (HearthUsage & { readonly extra?: CompletionUsage["extra"] | undefined }) | null;
}

/** The answer as web-llm gives it. */
export function toWebLlm(answer: Answered, isInterrupted: boolean): Answered {
  const { usage, ...rest } = answer;
  const choices = answer.choices.map(({ finish_reason = null, logprobs = null, ...choice }) => ({
    ...choice,
    finish_reason: isInterrupted && finish_reason === "stop" ? "abort" : finish_reason,
    logprobs: logprobs !== null && "tokens" in logprobs ? likelihoods(logprobs) : logprobs,
  }));
  return { ...rest, choices, ...(usage != null && { usage: { ...usage, extra: speeds(usage) } }) };
}

/** Texts of tokens are all that is known here, not their bytes. */
function likelihoods({ tokens, token_logprobs, top_logprobs }: CompletionLogprobs): Logprobs {
  const likely = (token: string, logprob: number): TopLogprob => ({ token, logprob, bytes: null });
  const content = tokens.map((token, at) => ({
    ...likely(token, token_logprobs[at] ?? 0),
    top_logprobs: Object.entries(top_logprobs[at] ?? {}).map(([token, logprob]) => likely(token, logprob)),
  }));
  return { content };
}

function speeds({ timings, completion_tokens }: HearthUsage): CompletionUsage["extra"] | undefined {
  // An endpoint that answers in this machine's place tells none.
  if (timings === undefined) return undefined;
  const { first_token_seconds, prefill_tokens_per_second, decode_tokens_per_second } = timings;
  const perToken = decode_tokens_per_second > 0 ? 1 / decode_tokens_per_second : 0;
  return {
    e2e_latency_s: first_token_seconds + Math.max(completion_tokens - 1, 0) * perToken,
    prefill_tokens_per_s: prefill_tokens_per_second,
    decode_tokens_per_s: decode_tokens_per_second,
    time_to_first_token_s: first_token_seconds,
    time_per_output_token_s: perToken,
  };
}
