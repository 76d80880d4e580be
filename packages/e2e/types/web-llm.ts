/** Programs typed for `@mlc-ai/web-llm` fit the adapter: compiled, never run. */
import type * as adapter from "@hearth/sdk/compat/web-llm";
import type * as original from "@mlc-ai/web-llm";

/** Accepts what is assignable to `Target`. */
declare function accepts<Target>(value: Target): void;
declare const engine: adapter.MLCEngineInterface;
declare const answers: { chat: adapter.ChatCompletion; chunk: adapter.ChatCompletionChunk; text: adapter.Completion };
declare const asked: {
  chat: original.ChatCompletionRequestNonStreaming;
  stream: original.ChatCompletionRequestStreaming;
  text: original.CompletionCreateParamsNonStreaming;
  embedding: original.EmbeddingCreateParams;
  config: original.MLCEngineConfig;
};

// Answers are read as web-llm's are.
accepts<original.ChatCompletion>(answers.chat);
accepts<original.ChatCompletionChunk>(answers.chunk);
accepts<original.Completion>(answers.text);

// Requests are taken as web-llm takes them: all but pictures in messages, structural tags and sessions that outlive the page.
type Text<Request extends original.ChatCompletionRequest> = Omit<Request, "messages" | "response_format" | "extra_body"> & {
  messages: Exclude<Request["messages"][number], original.ChatCompletionUserMessageParam>[];
};
accepts<adapter.ChatCompletionRequestNonStreaming>(asked.chat as Text<typeof asked.chat>);
accepts<adapter.ChatCompletionRequestStreaming>(asked.stream as Text<typeof asked.stream>);
accepts<adapter.CompletionRequestNonStreaming>(asked.text);
accepts<Parameters<adapter.MLCEngineInterface["embedding"]>[0]>(asked.embedding);

// What reports progress, and what is done with an engine beside asking it.
accepts<adapter.InitProgressCallback>((() => undefined) as original.InitProgressCallback);
type Plain =
  | "setInitProgressCallback"
  | "getInitProgressCallback"
  | "setLogLevel"
  | "runtimeStatsText"
  | "interruptGenerate"
  | "unload"
  | "resetChat"
  | "getMessage"
  | "getMaxStorageBufferBindingSize"
  | "getGPUVendor";
accepts<Pick<original.MLCEngineInterface, Plain>>(engine);

// Lists of models and makers of engines.
accepts<adapter.ModelRecord>({} as Omit<original.ModelRecord, "overrides">);
declare const created: typeof adapter.CreateMLCEngine;
void created("model", { initProgressCallback: asked.config.initProgressCallback ?? (() => undefined), logLevel: "INFO" }, { context_window_size: 2048 });
