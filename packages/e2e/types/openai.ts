/** Requests and answers have the types of OpenAI's own client: compiled, never run. */
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParams,
  ChatCompletionCreateParamsStreaming,
  Completion,
  CompletionCreateParams,
  EmbeddingCreateParams,
  EmbeddingResponse,
  Hearth,
} from "@hearth/sdk";
import OpenAI from "openai";

/** Accepts what is assignable to `Target`. */
declare function accepts<Target>(value: Target): void;
declare const answers: { chat: ChatCompletion; chunk: ChatCompletionChunk; text: Completion; vectors: EmbeddingResponse };
declare const asked: {
  chat: OpenAI.Chat.ChatCompletionCreateParamsNonStreaming;
  stream: OpenAI.Chat.ChatCompletionCreateParamsStreaming;
  text: OpenAI.CompletionCreateParamsNonStreaming;
  vectors: OpenAI.EmbeddingCreateParams;
};
declare const hearth: Hearth;

// Answers.
accepts<OpenAI.Chat.ChatCompletion>(answers.chat);
accepts<OpenAI.Chat.ChatCompletionMessage>(answers.chat.choices[0]!.message);
accepts<OpenAI.Chat.ChatCompletionChunk>(answers.chunk);
// Pieces of a text have no reason to end, as OpenAI's have none; its type does not say so.
type Ended = { choices: (Completion["choices"][number] & { finish_reason: "stop" | "length" })[] };
accepts<OpenAI.Completion>(answers.text as Completion & Ended);
// With `encoding_format: "float"`; OpenAI's type knows no texts of base64.
accepts<Omit<OpenAI.CreateEmbeddingResponse, "data">>(answers.vectors);

/** Parts of OpenAI's messages and tools that are not text and functions are of no use here, nor are those it has given up. */
type Supported =
  | "max_tokens"
  | "max_completion_tokens"
  | "temperature"
  | "top_p"
  | "n"
  | "stop"
  | "seed"
  | "frequency_penalty"
  | "presence_penalty"
  | "logit_bias"
  | "logprobs"
  | "top_logprobs"
  | "parallel_tool_calls"
  | "model"
  | "stream_options"
  | "user"
  | "store"
  | "metadata"
  | "service_tier"
  | "prediction"
  | "verbosity"
  | "response_format";
accepts<ChatCompletionCreateParams>(asked.chat as Pick<typeof asked.chat, Supported>);
accepts<ChatCompletionCreateParamsStreaming>(asked.stream as Pick<typeof asked.stream, Supported | "stream">);
accepts<ChatCompletionCreateParams["tools"]>([] as OpenAI.Chat.ChatCompletionFunctionTool[]);
type ToolChoice = Exclude<OpenAI.Chat.ChatCompletionToolChoiceOption, { type: "custom" | "allowed_tools" }>;
accepts<ChatCompletionCreateParams["tool_choice"]>("auto" as ToolChoice);

// What was answered is given back in the next request.
accepts<NonNullable<ChatCompletionCreateParams["messages"]>[number]>(answers.chat.choices[0]!.message);
accepts<OpenAI.Chat.ChatCompletionMessageParam>(answers.chat.choices[0]!.message);
accepts<NonNullable<ChatCompletionCreateParams["messages"]>>([
  { role: "system", content: "a" } satisfies OpenAI.Chat.ChatCompletionSystemMessageParam,
  { role: "developer", content: [{ type: "text", text: "a" }] } satisfies OpenAI.Chat.ChatCompletionDeveloperMessageParam,
  { role: "user", content: [{ type: "text", text: "a" }] } satisfies OpenAI.Chat.ChatCompletionUserMessageParam,
  { role: "tool", content: "a", tool_call_id: "b" } satisfies OpenAI.Chat.ChatCompletionToolMessageParam,
]);
// A text needs a prompt: OpenAI's may be `null`.
type Prompted = Omit<typeof asked.text, "best_of" | "suffix" | "prompt"> & Pick<CompletionCreateParams, "prompt">;
accepts<CompletionCreateParams>(asked.text as Prompted);
accepts<EmbeddingCreateParams>(asked.vectors);

// The client takes the `fetch`.
void new OpenAI({ apiKey: "local", baseURL: "http://localhost/v1", fetch: hearth.fetch, dangerouslyAllowBrowser: true });
