/** What watches an answer while it is written, and what ends it, as in transformers.js. */
import { HearthError } from "../../error.js";

/** Stands for the model's tokenizer where a streamer asks for one: the engine has the tokenizer, and gives text. */
export interface PipelineTokenizer {
  readonly model: string;
}

export interface TextStreamerOptions {
  /** Whether to leave out the prompt. Of a conversation it has to be left out. */
  readonly skip_prompt?: boolean;
  /** Special tokens are never written. */
  readonly skip_special_tokens?: true;
  /** Gets each piece of text; without it they go to the console. */
  readonly callback_function?: ((text: string) => void) | null;
  /** Gets the ids of tokens. Of answers to conversations there are none. */
  readonly token_callback_function?: ((tokens: bigint[]) => void) | null;
}

/** Gives an answer on piece by piece. */
export class TextStreamer {
  readonly skip_prompt: boolean;
  readonly callback_function: (text: string) => void;
  readonly token_callback_function: ((tokens: bigint[]) => void) | null;

  constructor(readonly tokenizer: PipelineTokenizer, options: TextStreamerOptions = {}) {
    const { skip_prompt = false, skip_special_tokens = true, callback_function, token_callback_function } = options;
    if (!skip_special_tokens) throw new HearthError("bad_argument", "Special tokens are not written here: leave `skip_special_tokens` true.");
    this.skip_prompt = skip_prompt;
    this.callback_function = callback_function ?? console.log;
    this.token_callback_function = token_callback_function ?? null;
  }

  /** Gets each piece of text, and at the end one with `streamEnd`. */
  on_finalized_text(text: string, _streamEnd: boolean): void {
    if (text.length > 0) this.callback_function(text);
  }
}

/** Ends answers when a button is pressed: what is there is the answer. */
export class InterruptableStoppingCriteria {
  #controller = new AbortController();

  get interrupted(): boolean {
    return this.#controller.signal.aborted;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  interrupt(): void {
    this.#controller.abort();
  }

  reset(): void {
    this.#controller = new AbortController();
  }
}
