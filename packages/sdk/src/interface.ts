/**
 * The public types. Those of the model, of requests and of answers come from Rust, where they are defined.
 */
import type {
  ChatChoice as LocalChatChoice,
  ChatCompletion as LocalChatCompletion,
  ChatCompletionChunk as LocalChatCompletionChunk,
  ChatCompletionMessage as LocalChatCompletionMessage,
  ChatRequest,
  ChatToolCall,
  Completion as LocalCompletion,
  CompletionRequest,
  EmbeddingRequest,
  EmbeddingResponse as LocalEmbeddingResponse,
  LoadOptions as EngineLoadOptions,
  ModelInfo,
  Parameters,
  Profile,
  RerankRequest,
  RerankResponse as LocalRerankResponse,
} from "./generated/compat/hearth.js";

import type { Downloads, StorageReport } from "./storage/interface.js";

export type {
  Activations,
  CacheType,
  ChatCalledFunction,
  ChatChoice as LocalChatChoice,
  ChatChunkChoice,
  ChatCompletion as LocalChatCompletion,
  ChatCompletionChunk as LocalChatCompletionChunk,
  ChatCompletionMessage as LocalChatCompletionMessage,
  ChatContent,
  ChatContentPart,
  ChatDelta,
  ChatFinishReason,
  ChatFunction,
  ChatFunctionDelta,
  ChatFunctionName,
  ChatLogprobs,
  ChatMessage,
  ChatNamedTool,
  ChatRequest,
  ChatTokenLogprob,
  ChatTool,
  ChatToolCall,
  ChatToolCallDelta,
  ChatToolChoice,
  ChatToolMode,
  ChatTopLogprob,
  Completion as LocalCompletion,
  CompletionChoice,
  CompletionLogprobs,
  CompletionPrompt,
  CompletionRequest,
  CompletionTokensDetails,
  CompletionUsage,
  Cost,
  Embedding,
  EmbeddingRequest,
  EmbeddingResponse as LocalEmbeddingResponse,
  EmbeddingUsage,
  EmbeddingVector,
  EncodingFormat,
  GrammarChoice,
  GrammarKind,
  KernelCheck,
  LayerCost,
  LoadOptions as EngineLoadOptions,
  MemoryEstimate,
  ModelInfo,
  NamedSchema,
  Note,
  NoteCode,
  OperationCost,
  Overflow,
  Parameters,
  Profile,
  PromptProgress,
  PromptTokensDetails,
  ReasoningEffort,
  RerankDocument,
  RerankRequest,
  RerankResponse as LocalRerankResponse,
  RerankResult,
  ResponseFormat,
  SelfTest,
  Speculation,
  Stop,
  StreamOptions,
  Timings,
} from "./generated/compat/hearth.js";

/** The builds of the engine: `compat` runs wherever SIMD does; `full` adds relaxed SIMD and threads. */
export type Build = "compat" | "full";

/**
 * Where a model runs: on the processor, on the graphics card through WebGPU, or, with `auto`, on the graphics card where there is one that
 * can compute the model, and else on the processor, of which `notes` of the model's info tell.
 */
export type Device = "auto" | "cpu" | "gpu";

/**
 * The engine's files, from a page that cannot name them by addresses: one that is a single HTML file, or a host with rules of its own. They are of the
 * `compat` build, because threads start workers themselves, by their address.
 */
export interface EngineFiles {
  /** Starts `@hearth/sdk/worker`: as the module that it is, or bundled into a classic script, as pages without a server need it. */
  readonly startWorker: () => Worker;
  /** `@hearth/sdk/engine.wasm`, compiled. Workers get it by a message, so all of them share one compilation. */
  readonly wasm: WebAssembly.Module;
}

/** A file of a model: an address that answers ranges, a file that a person opened, or the handle of one. */
export type ModelFile = string | URL | Blob | FileSystemFileHandle;

/**
 * A model: its file, or the files of a split one. A text is an address, `hf:owner/repo/file.gguf` (or `hf:owner/repo@revision/…`)
 * for a file of a hub, or the id of a model in the catalogue.
 */
export type ModelSource = ModelFile | readonly ModelFile[];

/** Where `hf:` models come from. */
export interface Hub {
  /** `https://huggingface.co` by default; a mirror answers the same paths. */
  readonly endpoint?: string;
  /** Sent as `Authorization: Bearer …`, to the endpoint only. */
  readonly token?: string;
}

/** A list of models that a team hosts: `{"models": [{"id": …, "files": [{"url": …}]}]}`. */
export interface Catalogue {
  readonly models: readonly CatalogueModel[];
}

/** A model of a catalogue. */
export interface CatalogueModel {
  readonly id: string;
  /** For people. */
  readonly name?: string;
  /** Its parts in their order. Addresses may be relative to the catalogue's. */
  readonly files: readonly CatalogueFile[];
}

/** A file of a model of a catalogue. */
export interface CatalogueFile {
  readonly url: string;
  readonly sizeBytes?: number;
  /** In hexadecimal; the file is refused where it has another one. */
  readonly sha256?: string;
}

/** An OpenAI-compatible endpoint of your own that answers where this machine cannot. It sees the conversations: tell the person. */
export interface Fallback {
  /** Such as `https://ai.example.org/v1`. */
  readonly baseURL: string;
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The model's name there. */
  readonly model: string;
}

/** Who answered: this machine, or the endpoint that {@link HearthOptions.fallback} names. */
export type ServedBy = "local" | "fallback";

/** How Hearth is started. */
export interface HearthOptions extends EngineLoadOptions {
  /** Loaded before `create` resolves. Without one, {@link Hearth.load} loads one later. */
  readonly model?: ModelSource;
  /** Several models, by the names that requests give as `model`. The first one answers requests that name none. */
  readonly models?: Readonly<Record<string, ModelSource>>;
  /** Bytes of memory that all models together may take. What does not fit is an error, `not_enough_memory`. */
  readonly budgetBytes?: number;
  /** `cpu` by default. With `gpu`, no GPU is an error, `no_gpu`. */
  readonly device?: Device;
  /** `auto`, the default, takes the best build that this page can run. */
  readonly build?: Build | "auto";
  /** Threads of the `full` build; by default as many as the machine has, up to 8. */
  readonly threads?: number;
  /** The engine's files, where the page has them itself. By default they are fetched from beside the package's modules. */
  readonly engine?: EngineFiles;
  /** Where `hf:` models come from. */
  readonly hub?: Hub;
  /** Models by id, or the address of a JSON file with them. */
  readonly catalogue?: Catalogue | string | URL;
  /**
   * Whether the tabs of this origin that load the same model in the same way have one engine together. They do by default, where the browser
   * has Web Locks, for models that come from a server.
   */
  readonly share?: boolean;
  /**
   * Where models of servers are kept, so that they are downloaded once: a `ModelStore` of your own, or, by default, the origin's. With `false` nothing is
   * kept, and models are read from the server each time that they are loaded.
   */
  readonly store?: Downloads | boolean;
  /** Who answers where this machine cannot. Nobody by default. */
  readonly fallback?: Fallback;
  /** How far models are loaded. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

/** How far a load has come. */
export interface LoadProgress {
  /** A model of a server is downloaded first, unless it is here already, and then loaded. */
  readonly phase: "download" | "load";
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** As good as can be told from the speed of the last seconds; `undefined` at first. */
  readonly secondsLeft: number | undefined;
}

/** How a model is loaded. */
export interface LoadOptions extends EngineLoadOptions {
  /** The name that requests give as `model`; a model of the same name is replaced. Without it, the model that answers requests which name none. */
  readonly id?: string;
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Gives up the load: it rejects with the signal's reason, an `AbortError` unless you gave another. */
  readonly signal?: AbortSignal;
}

/** What goes with a request. */
export interface RequestOptions {
  /** Ends the request: it rejects with the signal's reason, and so does reading its stream. {@link AnswerStream.stop} ends it in peace. */
  readonly signal?: AbortSignal | null;
  /** Ends the answer in peace, as {@link AnswerStream.stop} does: what is there by then is the answer. A fallback endpoint's whole answer ends by `signal` only. */
  readonly stop?: AbortSignal | null;
}

/** Optional fields may be `null` too, as in OpenAI's API. */
export type OrNull<T> = { readonly [K in keyof T]: undefined extends T[K] ? T[K] | null : T[K] };

/** What OpenAI's service is told, and what means nothing here: it may be there. */
export interface ServiceParameters {
  readonly metadata?: unknown;
  readonly prediction?: unknown;
  readonly prompt_cache_key?: unknown;
  readonly prompt_cache_retention?: unknown;
  readonly safety_identifier?: unknown;
  readonly service_tier?: unknown;
  readonly store?: unknown;
  readonly user?: unknown;
  readonly verbosity?: unknown;
}

/** A conversation that is to be answered. */
export type ChatCompletionCreateParams = OrNull<ChatRequest> & OrNull<Parameters> & ServiceParameters;
/** The same, with the answer in pieces. */
export type ChatCompletionCreateParamsStreaming = ChatCompletionCreateParams & { readonly stream: true };
/** The same, with the answer as a whole. */
export type ChatCompletionCreateParamsNonStreaming = ChatCompletionCreateParams & { readonly stream?: false | null };
/** A text that is to be gone on with. */
export type CompletionCreateParams = OrNull<CompletionRequest> & OrNull<Parameters> & ServiceParameters;
export type CompletionCreateParamsStreaming = CompletionCreateParams & { readonly stream: true };
export type CompletionCreateParamsNonStreaming = CompletionCreateParams & { readonly stream?: false | null };
/** Texts that are to be embedded. */
export type EmbeddingCreateParams = OrNull<EmbeddingRequest> & ServiceParameters;
/** Documents that are to be ordered. */
export type RerankParams = OrNull<RerankRequest>;

/** Says who answered. */
export interface Served {
  readonly served_by: ServedBy;
}

/** An answer. Its calls name their `type`, which those of a request may leave out. */
export interface ChatCompletionMessage extends Omit<LocalChatCompletionMessage, "tool_calls"> {
  tool_calls?: Required<ChatToolCall>[];
}

/** One answer of a request. */
export interface ChatChoice extends Omit<LocalChatChoice, "message"> {
  message: ChatCompletionMessage;
}

/** A whole answer. */
export interface ChatCompletion extends Omit<LocalChatCompletion, "choices">, Served {
  choices: ChatChoice[];
}

export type ChatCompletionChunk = LocalChatCompletionChunk & Served;
export type Completion = LocalCompletion & Served;
export type EmbeddingResponse = LocalEmbeddingResponse & Served;
export type RerankResponse = LocalRerankResponse & Served;

/** An answer in pieces. It can be read once; breaking off the reading ends the answer. */
export interface AnswerStream<Chunk> extends AsyncIterable<Chunk> {
  /** Aborting it ends the answer, and the reading without an error. */
  readonly controller: AbortController;
  /** Ends the answer within a token or a piece of the prompt; its last pieces, usage included, still come. */
  stop(): void;
}

/** `hearth.chat.completions`. */
export interface ChatCompletions {
  /** Answers a conversation, by the model's own chat template. */
  create(params: ChatCompletionCreateParamsStreaming, options?: RequestOptions): Promise<AnswerStream<ChatCompletionChunk>>;
  create(params: ChatCompletionCreateParamsNonStreaming, options?: RequestOptions): Promise<ChatCompletion>;
  create(params: ChatCompletionCreateParams, options?: RequestOptions): Promise<ChatCompletion | AnswerStream<ChatCompletionChunk>>;
}

/** `hearth.completions`. */
export interface Completions {
  /** Goes on where a prompt ends. */
  create(params: CompletionCreateParamsStreaming, options?: RequestOptions): Promise<AnswerStream<Completion>>;
  create(params: CompletionCreateParamsNonStreaming, options?: RequestOptions): Promise<Completion>;
  create(params: CompletionCreateParams, options?: RequestOptions): Promise<Completion | AnswerStream<Completion>>;
}

/** `hearth.embeddings`. */
export interface Embeddings {
  /** Vectors of length 1, by a model that was made for it: two texts are alike as far as their dot product is near 1. */
  create(params: EmbeddingCreateParams, options?: RequestOptions): Promise<EmbeddingResponse>;
}

/** What runs, and how. */
export interface Report {
  /** The build that runs. */
  readonly build: Build;
  /** Threads that compute. */
  readonly threads: number;
  readonly models: readonly ModelReport[];
  /** Where models are kept, and why it is no better place; `undefined` where none were. */
  readonly storage: StorageReport | undefined;
  /** Bytes of memory that all models may take, where that was said. */
  readonly budgetBytes: number | undefined;
}

/** A model that is loaded. */
export interface ModelReport {
  readonly id: string;
  readonly info: ModelInfo;
  /** Bytes of WebAssembly memory that it takes. */
  readonly memoryBytes: number;
  /** Whether this tab has the engine, or another tab of the origin, which answers for this one too. */
  readonly engine: "here" | "another tab";
}

/** Whether and how this machine would run a model, found out without downloading it. */
export interface Plan {
  readonly fits: boolean;
  /** Where it would run. */
  readonly device: "cpu" | "gpu";
  /** In words for the person: why not, or what is otherwise than asked for. */
  readonly reason: string;
  /** Bytes of its files; `undefined` where it cannot run at all. */
  readonly downloadBytes: number | undefined;
  /** What it would need; `undefined` where it cannot run at all. */
  readonly info: ModelInfo | undefined;
  /** By what models took here before; `undefined` where none did. */
  readonly tokensPerSecond: number | undefined;
}

/** For what a plan is made: as the model would be loaded. */
export type PlanOptions = Pick<HearthOptions, "device" | "build" | "threads" | "engine" | "hub" | "catalogue" | "signal"> & EngineLoadOptions;

/** For what a machine is measured: as a model would be loaded. */
export type MeasureOptions = Pick<HearthOptions, "device" | "build" | "threads" | "engine" | "signal">;

/** A text as a person writes it, or the ids of its tokens, which are taken as they are. */
export type TextInput = string | readonly number[];
