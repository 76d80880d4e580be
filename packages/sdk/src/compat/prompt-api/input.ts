/** What a page gives the Prompt API, checked as the specification says and put into OpenAI's shapes. */
import { HearthError } from "../../error.js";
import type { ChatCompletionCreateParams, ChatMessage, ChatTool } from "../../interface.js";
import type {
  LanguageModelCreateCoreOptions,
  LanguageModelExpected,
  LanguageModelMessage,
  LanguageModelParams,
  LanguageModelPrompt,
  LanguageModelPromptOptions,
  LanguageModelTool,
} from "./types.js";

export const PARAMS: LanguageModelParams = { defaultTopK: 40, maxTopK: 128, defaultTemperature: 0.8, maxTemperature: 2 };

/** How tokens are chosen. */
export interface SamplingChoice {
  readonly topK: number;
  readonly temperature: number;
}

const MODES: Readonly<Record<string, SamplingChoice>> = {
  "most-predictable": { topK: 1, temperature: 0 },
  predictable: { topK: 20, temperature: 0.4 },
  balanced: { topK: PARAMS.defaultTopK, temperature: PARAMS.defaultTemperature },
  creative: { topK: 64, temperature: 1.1 },
  "most-creative": { topK: PARAMS.maxTopK, temperature: 1.5 },
};

/** A prompt in its long form. */
export interface Input {
  readonly messages: readonly ChatMessage[];
  /** Whether the last message is to be gone on with. */
  readonly isPrefix: boolean;
}

/** Throws where options contradict each other or mean nothing. */
export function samplingOf(options: LanguageModelCreateCoreOptions): SamplingChoice {
  const { samplingMode, topK, temperature } = options;
  if (samplingMode !== undefined && (topK !== undefined || temperature !== undefined)) {
    throw new TypeError("samplingMode cannot be given together with topK or temperature.");
  }
  const mode = MODES[samplingMode ?? "balanced"];
  if (mode === undefined) throw new TypeError(`"${samplingMode}" is no samplingMode. There are ${Object.keys(MODES).join(", ")}.`);
  if (topK !== undefined && !(topK >= 1)) throw new RangeError("topK must be at least 1.");
  if (temperature !== undefined && !(temperature >= 0)) throw new RangeError("temperature must not be below 0.");
  return {
    topK: Math.min(Math.floor(topK ?? mode.topK), PARAMS.maxTopK),
    temperature: Math.min(temperature ?? mode.temperature, PARAMS.maxTemperature),
  };
}

/** Whether models here take or give what is expected. Throws where a language is none. */
export function isSupported({ expectedInputs = [], expectedOutputs = [] }: LanguageModelCreateCoreOptions): boolean {
  const expected: readonly LanguageModelExpected[] = [...expectedInputs, ...expectedOutputs];
  for (const { languages } of expected) Intl.getCanonicalLocales(languages as string[] | undefined);
  return expected.every(({ type }) => type === "text");
}

/** The messages of a prompt; a system message may only be the first of all. */
export function canonicalInput(prompt: LanguageModelPrompt, hasInput: boolean): Input {
  // As in the browser, what is no list is a text.
  if (!Array.isArray(prompt)) return { messages: [{ role: "user", content: String(prompt) }], isPrefix: false };
  const given = prompt as readonly LanguageModelMessage[];
  if (given.length === 0) return { messages: [{ role: "user", content: "" }], isPrefix: false };
  let isPrefix = false;
  const messages = given.map((message, at): ChatMessage => {
    const { role } = message;
    if (message.prefix === true) {
      if (role !== "assistant" || at !== given.length - 1) {
        throw new DOMException("Only the last message, of the assistant, can be a prefix.", "SyntaxError");
      }
      isPrefix = true;
    }
    if (role === "system" && (hasInput || at > 0)) throw new TypeError("A system message can only be the first of the initial prompts.");
    if (role !== "system" && role !== "user" && role !== "assistant") throw new TypeError(`"${String(role)}" is no role.`);
    return { role, content: textOf(message.content) };
  });
  return { messages, isPrefix };
}

function textOf(content: LanguageModelMessage["content"]): string {
  if (typeof content === "string") return content;
  return content
    .map(({ type, value }) => {
      if (type !== "text") throw new DOMException(`Content of type "${type}" is not supported by this model.`, "NotSupportedError");
      if (typeof value !== "string") throw new TypeError("The value of text content has to be a string.");
      return value;
    })
    .join("");
}

/** Messages of the same role become one: many templates want user and assistant to take turns. */
export function joined(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const turns: ChatMessage[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last?.role !== "user" || message.role !== "user") turns.push(message);
    else turns[turns.length - 1] = { role: "user", content: `${plain(last)}\n\n${plain(message)}` };
  }
  return turns;
}

/** The text of a message. */
export function plain(message: ChatMessage): string {
  const calls = message.role === "assistant" ? (message.tool_calls ?? []) : [];
  const content = typeof message.content === "string" ? message.content : "";
  return [content, ...calls.map(({ function: called }) => called.name + called.arguments)].join("");
}

/** What an answer has to follow, and the words that tell the model of it. */
export interface Constraint {
  readonly request: Pick<ChatCompletionCreateParams, "response_format" | "grammar">;
  /** Empty where the page has told the model itself. */
  readonly hint: string;
}

export function constraintOf(options: LanguageModelPromptOptions): Constraint | undefined {
  const { responseConstraint, omitResponseConstraintInput = false } = options;
  if (responseConstraint == null) {
    if (omitResponseConstraintInput) throw new TypeError("omitResponseConstraintInput needs a responseConstraint.");
    return undefined;
  }
  if (responseConstraint instanceof RegExp) {
    const { source, flags } = responseConstraint;
    if (/[imy]/.test(flags)) throw new DOMException(`The flags "${flags}" of a regular expression are not supported.`, "NotSupportedError");
    // The whole answer has to match, so anchors at its ends say nothing more.
    const regex = source.replace(/^\^/, "").replace(/(?<!\\)((?:\\\\)*)\$$/, "$1");
    return { request: { grammar: { regex } }, hint: omitResponseConstraintInput ? "" : `Answer with a text that matches the regular expression ${source}` };
  }
  const schema = JSON.stringify(responseConstraint);
  if (schema === undefined) throw new TypeError("The responseConstraint is no JSON schema.");
  return {
    request: { response_format: { type: "json_schema", json_schema: { name: "answer", schema: JSON.parse(schema) as Record<string, unknown> } } },
    hint: omitResponseConstraintInput ? "" : `Answer with JSON that follows this schema: ${schema}`,
  };
}

/** Tools as requests have them. */
export function toolsOf(tools: readonly LanguageModelTool[]): readonly ChatTool[] {
  return tools.map(({ name, description, inputSchema }) => ({
    type: "function",
    function: { name, description, parameters: inputSchema as Record<string, unknown> },
  }));
}

/** An input that is longer than what there is room for. */
export function quotaExceeded(requested: number, quota: number): DOMException {
  const message = `The input needs ${requested} tokens, but the context holds ${quota}.`;
  const { QuotaExceededError: Native } = globalThis as { QuotaExceededError?: new (message: string, options: object) => DOMException };
  if (Native !== undefined) return new Native(message, { requested, quota });
  return Object.assign(new DOMException(message, "QuotaExceededError"), { requested, quota });
}

const NOT_SUPPORTED: readonly string[] = ["bad_grammar", "bad_request", "no_template", "template_failed", "unsupported_content"];
const NETWORK: readonly string[] = ["ranges_unsupported", "source_blocked", "source_not_found", "source_unreachable", "bad_catalogue"];

/** A failure under the name that the Prompt API has for it; `fallback` is that of all others. */
export function toDomException(error: unknown, fallback: "OperationError" | "UnknownError"): unknown {
  if (!(error instanceof HearthError)) return error;
  const name = NOT_SUPPORTED.includes(error.code) ? "NotSupportedError" : NETWORK.includes(error.code) ? "NetworkError" : fallback;
  const exception = new DOMException(error.message, name);
  // DOMException takes no cause.
  Object.defineProperty(exception, "cause", { value: error });
  return exception;
}
