/** The shapes of Chrome's Prompt API: <https://webmachinelearning.github.io/prompt-api/>. */

export type Availability = "unavailable" | "downloadable" | "downloading" | "available";

/** Text is what models here take and give. */
export type LanguageModelMessageType = "text" | "image" | "audio";
export type LanguageModelMessageRole = "system" | "user" | "assistant";

export interface LanguageModelMessageContent {
  readonly type: LanguageModelMessageType;
  readonly value: unknown;
}

export interface LanguageModelMessage {
  readonly role: LanguageModelMessageRole;
  readonly content: string | readonly LanguageModelMessageContent[];
  /** Of the last message, of the assistant: it is one to be gone on with. */
  readonly prefix?: boolean;
}

export type LanguageModelPrompt = string | readonly LanguageModelMessage[];

export interface LanguageModelExpected {
  readonly type: LanguageModelMessageType;
  readonly languages?: readonly string[];
}

/** A function that the model may have called. */
export interface LanguageModelTool {
  readonly name: string;
  readonly description: string;
  /** A JSON schema of what `execute` gets. */
  readonly inputSchema: object;
  // Whoever writes it knows what its schema says that it gets.
  readonly execute: (...inputs: never[]) => Promise<string>;
}

export type LanguageModelSamplingMode = "most-predictable" | "predictable" | "balanced" | "creative" | "most-creative";

export interface LanguageModelCreateCoreOptions {
  /** Either a mode, or numbers. */
  readonly samplingMode?: LanguageModelSamplingMode;
  readonly topK?: number;
  readonly temperature?: number;
  readonly expectedInputs?: readonly LanguageModelExpected[];
  readonly expectedOutputs?: readonly LanguageModelExpected[];
  readonly tools?: readonly LanguageModelTool[];
}

/** Tells how far a download has come. */
export interface CreateMonitor extends EventTarget {
  ondownloadprogress: ((event: ProgressEvent) => unknown) | null;
}

export interface LanguageModelCreateOptions extends LanguageModelCreateCoreOptions {
  /** Gives up the creation, and afterwards destroys what was created. */
  readonly signal?: AbortSignal;
  readonly monitor?: (monitor: CreateMonitor) => unknown;
  readonly initialPrompts?: readonly LanguageModelMessage[];
}

export interface LanguageModelPromptOptions {
  /** A JSON schema, or a regular expression for the whole answer. */
  readonly responseConstraint?: object;
  /** Keeps the constraint out of the prompt; the answer follows it all the same. */
  readonly omitResponseConstraintInput?: boolean;
  readonly signal?: AbortSignal;
}

export interface LanguageModelAppendOptions {
  readonly signal?: AbortSignal;
}

export interface LanguageModelParams {
  readonly defaultTopK: number;
  readonly maxTopK: number;
  readonly defaultTemperature: number;
  readonly maxTemperature: number;
}
