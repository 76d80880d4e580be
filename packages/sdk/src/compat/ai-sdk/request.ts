/** Calls of the AI SDK as OpenAI's requests. */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultOutput,
  SharedV4Warning,
} from "@ai-sdk/provider";
import { HearthError } from "../../error.js";
import type { ChatCompletionCreateParams, ChatMessage, ChatToolCall } from "../../interface.js";

/** A request, and what of the call it leaves out. */
export interface Translated {
  readonly params: ChatCompletionCreateParams;
  readonly warnings: SharedV4Warning[];
}

export function toRequest(model: string, options: LanguageModelV4CallOptions): Translated {
  const { maxOutputTokens, temperature, topP, topK, presencePenalty, frequencyPenalty, stopSequences, seed, tools = [], reasoning } = options;
  const functions = tools.filter((tool): tool is LanguageModelV4FunctionTool => tool.type === "function");
  const warnings = tools
    .filter((tool) => tool.type !== "function")
    .map(({ name }): SharedV4Warning => ({ type: "unsupported", feature: `tool "${name}" of a provider` }));
  const params: ChatCompletionCreateParams = defined({
    model,
    messages: options.prompt.flatMap(toMessages),
    max_tokens: maxOutputTokens,
    temperature,
    top_p: topP,
    top_k: topK,
    presence_penalty: presencePenalty,
    frequency_penalty: frequencyPenalty,
    stop: stopSequences === undefined || stopSequences.length === 0 ? undefined : stopSequences,
    seed,
    response_format: responseFormat(options.responseFormat),
    tools: functions.length === 0 ? undefined : functions.map(toTool),
    tool_choice: functions.length === 0 ? undefined : toolChoice(options.toolChoice),
    reasoning_effort: reasoning === undefined || reasoning === "provider-default" ? undefined : reasoning === "max" ? "xhigh" : reasoning,
    // What else requests may have, by its own name: `providerOptions: { hearth: { min_p: 0.1 } }`.
    ...options.providerOptions?.["hearth"],
  });
  return { params, warnings };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that are not set. */
export function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function responseFormat(format: LanguageModelV4CallOptions["responseFormat"]): ChatCompletionCreateParams["response_format"] {
  if (format?.type !== "json") return undefined;
  const { schema, name = "answer" } = format;
  if (schema === undefined) return { type: "json_object" };
  return { type: "json_schema", json_schema: { name, schema: schema as Record<string, unknown> } };
}

function toTool({ name, description, inputSchema }: LanguageModelV4FunctionTool) {
  const parameters = inputSchema as Record<string, unknown>;
  return { type: "function" as const, function: { name, parameters, ...(description !== undefined && { description }) } };
}

function toolChoice(choice: LanguageModelV4CallOptions["toolChoice"]): ChatCompletionCreateParams["tool_choice"] {
  if (choice === undefined) return undefined;
  return choice.type === "tool" ? { type: "function", function: { name: choice.toolName } } : choice.type;
}

function toMessages(message: LanguageModelV4Message): ChatMessage[] {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }];
    case "user":
      return [{ role: "user", content: message.content.map((part) => (part.type === "text" ? part.text : fileText(part))).join("") }];
    case "assistant":
      return [assistantMessage(message.content)];
    case "tool":
      // Answers to approvals are the AI SDK's own affair.
      return message.content
        .filter((part) => part.type === "tool-result")
        .map(({ toolCallId, output }) => ({ role: "tool", tool_call_id: toolCallId, content: resultText(output) }));
  }
}

type AssistantContent = Extract<LanguageModelV4Prompt[number], { role: "assistant" }>["content"];

function assistantMessage(parts: AssistantContent): ChatMessage {
  let content = "";
  let reasoning_content = "";
  const tool_calls: ChatToolCall[] = [];
  for (const part of parts) {
    if (part.type === "text") content += part.text;
    else if (part.type === "reasoning") reasoning_content += part.text;
    else if (part.type === "file") content += fileText(part);
    else if (part.type === "tool-call") {
      tool_calls.push({ id: part.toolCallId, type: "function", function: { name: part.toolName, arguments: JSON.stringify(part.input) } });
    } else throw unsupported(`content of type "${part.type}"`);
  }
  return {
    role: "assistant",
    content: tool_calls.length > 0 && content === "" ? null : content,
    ...(reasoning_content !== "" && { reasoning_content }),
    ...(tool_calls.length > 0 && { tool_calls }),
  };
}

/** Files of text are text. */
function fileText({ data, mediaType }: LanguageModelV4FilePart): string {
  if (data.type === "text") return data.text;
  if (data.type === "data" && mediaType.startsWith("text/")) {
    const bytes = typeof data.data === "string" ? Uint8Array.from(atob(data.data), (character) => character.charCodeAt(0)) : data.data;
    return new TextDecoder().decode(bytes);
  }
  throw unsupported(`a file of type ${mediaType}`);
}

function resultText(output: LanguageModelV4ToolResultOutput): string {
  switch (output.type) {
    case "text":
    case "error-text":
      return output.value;
    case "json":
    case "error-json":
      return JSON.stringify(output.value);
    case "execution-denied":
      return output.reason ?? "The call of the tool was denied.";
    case "content":
      return output.value.map((part) => (part.type === "text" ? part.text : unsupportedResult(part.type))).join("\n");
  }
}

function unsupportedResult(type: string): never {
  throw unsupported(`content of type "${type}" in a tool's result`);
}

function unsupported(what: string): HearthError {
  return new HearthError("unsupported_content", `The model reads text only, not ${what}.`);
}
