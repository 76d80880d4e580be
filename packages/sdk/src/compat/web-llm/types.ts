/** The shapes of `@mlc-ai/web-llm` that {@link MLCEngine} takes and gives. */
import type {
  AnswerStream,
  ChatCompletion as HearthChatCompletion,
  ChatCompletionChunk as HearthChatCompletionChunk,
  ChatCompletionCreateParams,
  Completion as HearthCompletion,
  CompletionCreateParams,
  CompletionUsage as HearthUsage,
  EmbeddingCreateParams,
  EmbeddingResponse,
  HearthOptions,
  ResponseFormat as HearthResponseFormat,
} from "../../interface.js";

/** How far a load has come. */
export interface InitProgressReport {
  /** From 0 to 1. */
  readonly progress: number;
  /** Seconds since the load began. */
  readonly timeElapsed: number;
  /** For people. */
  readonly text: string;
}

export type InitProgressCallback = (report: InitProgressReport) => void;

/** What a model is loaded and asked with. Other fields of web-llm's configuration describe compiled models and are refused. */
export interface ChatOptions {
  readonly context_window_size?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly repetition_penalty?: number;
  readonly frequency_penalty?: number;
  readonly presence_penalty?: number;
}

/** A model of the list. */
export interface ModelRecord {
  /** Its GGUF file: an address, or `hf:owner/repo/file.gguf`. */
  readonly model: string;
  /** Its name. */
  readonly model_id: string;
  /** Compiled code is not needed, and not read. */
  readonly model_lib?: string;
  readonly overrides?: ChatOptions;
}

export interface AppConfig {
  readonly model_list: readonly ModelRecord[];
}

export type LogLevel = "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR" | "SILENT";

/** How an engine is made. */
export interface MLCEngineConfig {
  readonly appConfig?: AppConfig;
  readonly initProgressCallback?: InitProgressCallback;
  /** The engine writes no log: failures are errors. */
  readonly logLevel?: LogLevel;
  /** How Hearth is started. As web-llm does, it computes on the graphics card, and without one on the processor (`device: "auto"`). */
  readonly hearth?: Omit<HearthOptions, "model" | "models" | "onProgress">;
}

/** web-llm's form of an answer: a schema is a text, a grammar is EBNF. OpenAI's `json_schema` works too. */
export interface WebLlmResponseFormat {
  readonly type?: "text" | "json_object" | "grammar";
  readonly schema?: string;
  readonly grammar?: string;
}

/** What web-llm has beside OpenAI's parameters. */
interface Extensions {
  readonly repetition_penalty?: number | null;
  readonly response_format?: WebLlmResponseFormat | HearthResponseFormat | null;
  readonly extra_body?: {
    readonly enable_thinking?: boolean | null;
    /** An error where it is true: what an answer cost is told as a whole. */
    readonly enable_latency_breakdown?: boolean | null;
  };
}

export type ChatCompletionRequest = Omit<ChatCompletionCreateParams, keyof Extensions> & Extensions;
export type ChatCompletionRequestStreaming = ChatCompletionRequest & { readonly stream: true };
export type ChatCompletionRequestNonStreaming = ChatCompletionRequest & { readonly stream?: false | null };
/** web-llm asks for likelihoods of a text as OpenAI does for those of a conversation. */
export type CompletionRequest = Omit<CompletionCreateParams, keyof Extensions | "logprobs"> &
  Extensions & { readonly logprobs?: boolean | null; readonly top_logprobs?: number | null };
export type CompletionRequestStreaming = CompletionRequest & { readonly stream: true };
export type CompletionRequestNonStreaming = CompletionRequest & { readonly stream?: false | null };

/** What an answer took, with web-llm's names for its speed. */
export interface CompletionUsage extends HearthUsage {
  readonly extra: {
    readonly e2e_latency_s: number;
    readonly prefill_tokens_per_s: number;
    readonly decode_tokens_per_s: number;
    readonly time_to_first_token_s: number;
    readonly time_per_output_token_s: number;
  };
}

/** `abort` is an answer that was interrupted. */
export type ChatCompletionFinishReason = "stop" | "length" | "tool_calls" | "abort";

/** How likely a token was. */
export interface TopLogprob {
  token: string;
  logprob: number;
  /** `null` where only its text is known. */
  bytes: number[] | null;
}

export interface TokenLogprob extends TopLogprob {
  top_logprobs: TopLogprob[];
}

/** How likely the tokens of an answer were. */
export interface Logprobs {
  content: TokenLogprob[];
}

/** Hearth's answer in web-llm's words. */
type InWebLlm<Answer extends { choices: readonly object[]; usage?: unknown }> = Omit<Answer, "choices" | "usage"> & {
  choices: (Omit<Answer["choices"][number], "finish_reason" | "logprobs"> & {
    logprobs: Logprobs | null;
    finish_reason: ChatCompletionFinishReason | (Answer extends { object: "chat.completion" } ? never : null);
  })[];
  usage?: CompletionUsage;
};

export type ChatCompletion = InWebLlm<HearthChatCompletion>;
export type ChatCompletionChunk = InWebLlm<HearthChatCompletionChunk>;
export type Completion = InWebLlm<HearthCompletion>;

/** `engine.chat`. */
export interface Chat {
  readonly completions: {
    create(request: ChatCompletionRequestNonStreaming): Promise<ChatCompletion>;
    create(request: ChatCompletionRequestStreaming): Promise<AnswerStream<ChatCompletionChunk>>;
    create(request: ChatCompletionRequest): Promise<AnswerStream<ChatCompletionChunk> | ChatCompletion>;
  };
}

/** `engine.completions`. */
export interface Completions {
  create(request: CompletionRequestNonStreaming): Promise<Completion>;
  create(request: CompletionRequestStreaming): Promise<AnswerStream<Completion>>;
  create(request: CompletionRequest): Promise<AnswerStream<Completion> | Completion>;
}

/** `engine.embeddings`. */
export interface Embeddings {
  create(request: EmbeddingCreateParams): Promise<EmbeddingResponse>;
}

/** What a page can do with an engine: web-llm's, without forwarding tokens by hand and without sessions that outlive the page. */
export interface MLCEngineInterface {
  readonly chat: Chat;
  readonly completions: Completions;
  readonly embeddings: Embeddings;
  setInitProgressCallback(callback: InitProgressCallback): void;
  getInitProgressCallback(): InitProgressCallback | undefined;
  setAppConfig(appConfig: AppConfig): void;
  setLogLevel(logLevel: LogLevel): void;
  reload(modelId: string | readonly string[], chatOpts?: ChatOptions | readonly ChatOptions[]): Promise<void>;
  chatCompletion: Chat["completions"]["create"];
  completion: Completions["create"];
  embedding: Embeddings["create"];
  runtimeStatsText(modelId?: string): Promise<string>;
  interruptGenerate(): void;
  unload(): Promise<void>;
  resetChat(keepStats?: boolean, modelId?: string): Promise<void>;
  getMessage(modelId?: string): Promise<string>;
  getMaxStorageBufferBindingSize(): Promise<number>;
  getGPUVendor(): Promise<string>;
}
