/** What the driver is asked, and what it prints: JSON that `cargo xtask bench` writes and reads. */

/** One model in one browser with a fresh profile. */
export interface Plan {
  /** The browser's program. */
  readonly browser: string;
  /** The model's file. */
  readonly model: string;
  /** Folders of unpacked wllama packages, by version. */
  readonly wllama: Readonly<Record<string, string>>;
  /** In the order in which they run. */
  readonly contenders: readonly Contender[];
  readonly prompts: Prompts;
  /** Tokens to decode. */
  readonly decode: number;
}

/** What is read. No two have a beginning in common, so that nothing is reused. */
export interface Prompts {
  /** Its answer's first token is waited for. */
  readonly first: Prompt;
  /** Those whose reading is timed. */
  readonly prefill: readonly Prompt[];
  /** Before the decode. */
  readonly short: Prompt;
  /** Before the decode with a full context. */
  readonly deep: Prompt;
}

/** The same, twice: as wllama 3 takes no tokens. */
export interface Prompt {
  readonly tokens: readonly number[];
  readonly text: string;
}

/** Who runs, and how. */
export interface Contender {
  readonly engine: "hearth" | "wllama";
  /** The build of Hearth, the version of wllama. */
  readonly variant: string;
  readonly threads: number;
  /** Whether it also decodes after the deep prompt. */
  readonly deep: boolean;
}

/** What a page is asked. Everything in it crosses to the page as JSON. */
export interface Job extends Contender {
  readonly prompts: Prompts;
  readonly decode: number;
  /** Tokens that the context must hold. */
  readonly context: number;
}

/** What a page measured. */
export interface Measured {
  readonly loadSeconds: number;
  /** From the start of loading. */
  readonly firstTokenSeconds: number;
  /** Tokens per second, by the size of the prompt. */
  readonly prefill: Readonly<Record<string, number>>;
  readonly decode: number;
  readonly deepDecode: number | undefined;
  /** Threads that really compute. */
  readonly threads: number;
}

/** A line of output. */
export type Line =
  | { readonly type: "browser"; readonly version: string }
  | { readonly type: "measured"; readonly contender: Contender; readonly measured: Measured; readonly peakBytes: number }
  | { readonly type: "failed"; readonly contender: Contender; readonly message: string };
