/**
 * The public types. Those of the model and of generations come from Rust, where they are defined.
 */
import type {
  GenerateOptions,
  GenerationEvent,
  LoadOptions as EngineLoadOptions,
  ModelInfo,
  Profile,
} from "./generated/compat/hearth.js";

export type {
  FinishReason,
  GenerationEvent,
  MemoryEstimate,
  ModelInfo,
  Note,
  NoteCode,
  OutputEvent,
  Profile,
  Speculation,
  Timings,
  Usage,
} from "./generated/compat/hearth.js";

/** The builds of the engine: `compat` runs wherever SIMD does; `full` adds relaxed SIMD and threads. */
export type Build = "compat" | "full";

/**
 * Where a model runs: on the processor, on the graphics card through WebGPU, or, with `auto`, on the graphics card where there is one that
 * can compute the model, and else on the processor, of which `notes` of the model's info tell.
 */
export type Device = "auto" | "cpu" | "gpu";

/** How the engine is started. */
export interface HearthOptions {
  /** `cpu` by default. With `gpu`, no GPU is an error, `no_gpu`. */
  readonly device?: Device;
  /** `auto`, the default, takes the best build that this page can run. */
  readonly build?: Build | "auto";
  /** Threads of the `full` build; by default as many as the machine has, up to 8. */
  readonly threads?: number;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

/**
 * A model file: an address that answers ranges, a file that a person opened, or the handle of one. Of these a handle in the
 * origin private file system is read fastest. Several are the parts of a split model.
 */
export type ModelSource = string | URL | Blob | FileSystemFileHandle;

/** How far a load has come. */
export interface LoadProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** As good as can be told from the speed of the last seconds; `undefined` at first. */
  readonly secondsLeft: number | undefined;
}

/** How a model is loaded. */
export interface LoadOptions extends EngineLoadOptions {
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Gives up the load: it rejects with the signal's reason, an `AbortError` unless you gave another. */
  readonly signal?: AbortSignal;
}

/** How an answer is generated. */
export interface GenerationOptions extends GenerateOptions {
  /** Ends the answer: reading it throws the signal's reason. {@link Generation.stop} ends it in peace. */
  readonly signal?: AbortSignal;
}

/** A text as a person writes it, or the ids of its tokens, which are taken as they are. */
export type TextInput = string | readonly number[];

/** One turn of a conversation. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
}

/** An answer under way: read its events, or wait for its text. It can be read once. */
export interface Generation extends AsyncIterable<GenerationEvent> {
  /** The whole text; of a typed generation the answer alone, without reasoning and calls of tools. */
  text(): Promise<string>;
  /** Ends it within a token or a piece of the prompt; a last event still says `finished`. */
  stop(): void;
}

/** A model in this tab. */
export interface Engine {
  /** The build that runs. */
  readonly build: Build;
  /** Threads that compute. */
  readonly threads: number;
  /** The model that is loaded. */
  readonly info: ModelInfo | undefined;
  /**
   * Loads a model, in place of the one before it. A load that is still under way ends with an `AbortError`.
   */
  load(source: ModelSource | readonly ModelSource[], options?: LoadOptions): Promise<ModelInfo>;
  /** Answers a conversation, by the model's chat template. */
  chat(messages: readonly ChatMessage[], options?: GenerationOptions): Generation;
  /** Goes on where `prompt` ends. */
  complete(prompt: TextInput, options?: GenerationOptions): Generation;
  /** Token ids of a prompt, as {@link Engine.complete} would see it. */
  tokenize(prompt: string): Promise<readonly number[]>;
  /**
   * The logits of what comes next after each of `positions` of a text, one row of `info.vocabularySize` after the other;
   * by default after its last token. Begins the conversation anew.
   */
  logits(text: TextInput, positions?: readonly number[]): Promise<Float32Array>;
  /** The embedding of a text, of length 1, by a model that was made for it. Two texts are alike as far as their embeddings' dot product is near 1. */
  embed(text: TextInput): Promise<Float32Array>;
  /** Bytes of WebAssembly memory that the model takes. */
  memoryBytes(): Promise<number>;
  /** Starts to count what steps cost, which makes them slower. */
  startProfile(): Promise<void>;
  /** Stops counting, and gives what was counted: time, bytes and dispatches by operation and by layer; `undefined` where nothing was. */
  stopProfile(): Promise<Profile | undefined>;
  /** Frees the model and all its memory. What was under way ends with an `AbortError`. */
  unload(): void;
}
