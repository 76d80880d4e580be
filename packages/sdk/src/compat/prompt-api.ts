/**
 * Chrome's Prompt API over a model of your choice: a `LanguageModel` class that is bound to it, and no global of that name.
 *
 * ```ts
 * import { languageModel } from "@hearth/sdk/compat/prompt-api";
 *
 * const LanguageModel = languageModel("hf:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf");
 * const session = await LanguageModel.create({ initialPrompts: [{ role: "system", content: "Be brief." }] });
 * for await (const piece of session.promptStreaming("Tell me a story.")) write(piece);
 * ```
 */
import type { Hearth } from "../hearth.js";
import type { ModelSource } from "../interface.js";
import { canonicalInput, isSupported, PARAMS, quotaExceeded, samplingOf, toDomException } from "./prompt-api/input.js";
import { contextWindow, type ModelOptions, SharedModel } from "./prompt-api/model.js";
import { KEY, LanguageModel, measure } from "./prompt-api/session.js";
import type {
  Availability,
  CreateMonitor,
  LanguageModelCreateCoreOptions,
  LanguageModelCreateOptions,
  LanguageModelParams,
} from "./prompt-api/types.js";

export type * from "./prompt-api/types.js";
export type { LanguageModel } from "./prompt-api/session.js";

/** The class: what a page with Chrome's Prompt API finds as `LanguageModel`. */
export interface LanguageModelClass {
  readonly prototype: LanguageModel;
  /** Loads the model where that is to be done, and begins a session. */
  create(options?: LanguageModelCreateOptions): Promise<LanguageModel>;
  /** `downloadable` where a session begins with a download, `available` where the model is in this browser already. */
  availability(options?: LanguageModelCreateCoreOptions): Promise<Availability>;
  params(): Promise<LanguageModelParams>;
  [Symbol.hasInstance](value: unknown): boolean;
}

/** How a model is loaded, and which one of several is asked. */
export interface LanguageModelOptions extends ModelOptions {
  /** The name of a model of a `Hearth` that has several. */
  readonly id?: string;
}

/** A `LanguageModel` for a model: one that `create` loads and the last session's `destroy` frees, or that of a `Hearth` of yours. */
export function languageModel(model: ModelSource | Hearth, options: LanguageModelOptions = {}): LanguageModelClass {
  const { id, ...loading } = options;
  const shared = new SharedModel(model, loading);
  return class extends LanguageModel {
    static async create(options: LanguageModelCreateOptions = {}): Promise<LanguageModel> {
      return await createSession(this, shared, id, options);
    }

    static async availability(options: LanguageModelCreateCoreOptions = {}): Promise<Availability> {
      samplingOf(options);
      return isSupported(options) ? await shared.availability() : "unavailable";
    }

    static async params(): Promise<LanguageModelParams> {
      return PARAMS;
    }
  };
}

async function createSession(
  Session: typeof LanguageModel,
  shared: SharedModel,
  id: string | undefined,
  options: LanguageModelCreateOptions,
): Promise<LanguageModel> {
  const { signal, monitor, initialPrompts = [], tools = [], samplingMode = "balanced" } = options;
  signal?.throwIfAborted();
  const sampling = samplingOf(options);
  const initial = initialPrompts.length === 0 ? [] : canonicalInput(initialPrompts, false).messages;
  if (!isSupported(options) || shared.isUnavailable) {
    throw new DOMException("The model takes and gives text only, or this browser cannot run it.", "NotSupportedError");
  }
  const download = new Download();
  monitor?.(download);
  download.report(0);
  try {
    const hearth = await shared.acquire(signal, (share) => download.report(share));
    try {
      download.report(1);
      const initialUsage = await measure(hearth, id, initial, signal);
      if (initialUsage > contextWindow(hearth)) throw quotaExceeded(initialUsage, contextWindow(hearth));
      const session = new Session(KEY, { shared, hearth, id, sampling, samplingMode, tools, initial, initialUsage, turns: [] });
      signal?.addEventListener("abort", () => session.destroyWith(signal.reason), { once: true });
      return session;
    } catch (error) {
      shared.release();
      throw error;
    }
  } catch (error) {
    throw toDomException(error, "OperationError");
  }
}

/** Tells how far a download has come, in shares of the whole. */
class Download extends EventTarget implements CreateMonitor {
  ondownloadprogress: ((event: ProgressEvent) => unknown) | null = null;
  #share = -1;

  constructor() {
    super();
    this.addEventListener("downloadprogress", (event) => this.ondownloadprogress?.(event as ProgressEvent));
  }

  /** Each share once: 0 at first, 1 at last. */
  report(share: number): void {
    if (share <= this.#share) return;
    this.#share = share;
    this.dispatchEvent(new ProgressEvent("downloadprogress", { lengthComputable: true, loaded: share, total: 1 }));
  }
}
