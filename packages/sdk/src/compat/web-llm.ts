/**
 * `@mlc-ai/web-llm`'s engine over Hearth: programs written for it change their import, and name GGUF files in `model_list`.
 *
 * ```ts
 * import { CreateMLCEngine } from "@hearth/sdk/compat/web-llm";
 *
 * const appConfig = { model_list: [{ model_id: "qwen", model: "hf:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf" }] };
 * const engine = await CreateMLCEngine("qwen", { appConfig, initProgressCallback: ({ text }) => show(text) });
 * const reply = await engine.chat.completions.create({ messages: [{ role: "user", content: "Hello" }] });
 * ```
 */
import { HearthError } from "../error.js";
import { Hearth } from "../hearth.js";
import type { AnswerStream, EmbeddingCreateParams, EmbeddingResponse, RequestOptions } from "../interface.js";
import { LoadShare } from "../load-share.js";
import { type Answered, type Asked, checkOptions, completionToHearth, requestDefaults, toHearth, toWebLlm } from "./web-llm/request.js";
import type {
  AppConfig,
  Chat,
  ChatOptions,
  CompletionUsage,
  Completions,
  Embeddings,
  InitProgressCallback,
  LogLevel,
  MLCEngineConfig,
  MLCEngineInterface,
  ModelRecord,
} from "./web-llm/types.js";

export type * from "./web-llm/types.js";

/** Empty: any GGUF file is a model, none is built in. */
export const prebuiltAppConfig: AppConfig = { model_list: [] };

/** Makes an engine and loads a model, or several: by its id in `appConfig.model_list`, or by its address. */
export async function CreateMLCEngine(
  modelId: string | readonly string[],
  engineConfig?: MLCEngineConfig,
  chatOpts?: ChatOptions | readonly ChatOptions[],
): Promise<MLCEngine> {
  const engine = new MLCEngine(engineConfig);
  await engine.reload(modelId, chatOpts);
  return engine;
}

/** The same: the engine always runs in a worker of its own. Yours is not needed, and may go. */
export async function CreateWebWorkerMLCEngine(
  _worker: unknown,
  modelId: string | readonly string[],
  engineConfig?: MLCEngineConfig,
  chatOpts?: ChatOptions | readonly ChatOptions[],
): Promise<WebWorkerMLCEngine> {
  return await CreateMLCEngine(modelId, engineConfig, chatOpts);
}

/** What a worker's file makes for web-llm: here there is nothing for it to do. */
export class WebWorkerMLCEngineHandler {
  onmessage(_event: unknown): void {}
}

/** What is known of the newest answer of a model. */
interface Last {
  message: string;
  usage: CompletionUsage | undefined;
}

/** A create of Hearth, of which the caller knows the shapes. */
type Create = (params: object, options?: RequestOptions) => Promise<unknown>;

export class MLCEngine implements MLCEngineInterface {
  readonly chat: Chat;
  readonly completions: Completions;
  readonly embeddings: Embeddings;

  readonly #options: MLCEngineConfig;
  #appConfig: AppConfig;
  #progress: InitProgressCallback | undefined;
  #hearth: Promise<Hearth> | undefined;
  /** Ends a load that another one replaces. */
  #loading = new AbortController();
  /** Ends the answers that are under way, in peace. */
  #interrupt = new AbortController();
  readonly #defaults = new Map<string, object>();
  readonly #last = new Map<string, Last>();

  constructor(engineConfig: MLCEngineConfig = {}) {
    this.#options = engineConfig;
    this.#appConfig = engineConfig.appConfig ?? prebuiltAppConfig;
    this.#progress = engineConfig.initProgressCallback;
    this.chat = { completions: { create: this.chatCompletion } };
    this.completions = { create: this.completion };
    this.embeddings = { create: this.embedding };
  }

  // The overloads say which answer comes for which request.
  readonly chatCompletion = ((request: Asked) => this.#ask(({ chat }) => chat.completions.create as Create, toHearth, request)) as Chat["completions"]["create"];
  readonly completion = ((request: Asked) =>
    this.#ask(({ completions }) => completions.create as Create, completionToHearth, request)) as Completions["create"];

  readonly embedding = async (request: EmbeddingCreateParams): Promise<EmbeddingResponse> => {
    return await (await this.#loaded()).embeddings.create(request);
  };

  setInitProgressCallback(callback: InitProgressCallback | undefined): void {
    this.#progress = callback;
  }

  getInitProgressCallback(): InitProgressCallback | undefined {
    return this.#progress;
  }

  setAppConfig(appConfig: AppConfig): void {
    this.#appConfig = appConfig;
  }

  setLogLevel(_logLevel: LogLevel): void {}

  /** Loads models in place of those that are there. */
  async reload(modelId: string | readonly string[], chatOpts?: ChatOptions | readonly ChatOptions[]): Promise<void> {
    const ids = typeof modelId === "string" ? [modelId] : modelId;
    const options = chatOpts === undefined ? [] : isList(chatOpts) ? chatOpts : [chatOpts];
    if (chatOpts !== undefined && options.length !== ids.length) {
      throw new HearthError("bad_argument", `There are ${ids.length} models, and options for ${options.length}.`, { param: "chatOpts" });
    }
    const records = ids.map((id, index) => this.#record(id, options[index]));
    await this.unload();
    const { signal } = this.#loading;
    this.#hearth ??= Hearth.create({ device: "auto", ...this.#options.hearth });
    const hearth = await this.#hearth.catch((error: unknown) => {
      this.#hearth = undefined;
      throw error;
    });
    for (const record of records) await this.#load(hearth, record, signal);
  }

  async unload(): Promise<void> {
    const gone = new DOMException("The model was unloaded.", "AbortError");
    this.#loading.abort(gone);
    this.#loading = new AbortController();
    this.#defaults.clear();
    this.#last.clear();
    const hearth = await this.#hearth?.catch(() => undefined);
    hearth?.unload();
  }

  /** Ends the answers that are under way: what is there is the answer. */
  interruptGenerate(): void {
    this.#interrupt.abort();
    this.#interrupt = new AbortController();
  }

  /** Forgets the newest answer. Requests have their whole conversation with them, so nothing else is remembered. */
  async resetChat(keepStats = false, modelId?: string): Promise<void> {
    const last = this.#lastOf(modelId);
    last.message = "";
    if (!keepStats) last.usage = undefined;
  }

  async getMessage(modelId?: string): Promise<string> {
    return this.#lastOf(modelId).message;
  }

  /** The speed of the newest answer that told its usage. */
  async runtimeStatsText(modelId?: string): Promise<string> {
    const extra = this.#lastOf(modelId).usage?.extra;
    const speed = (tokensPerSecond: number | undefined): string => `${(tokensPerSecond ?? NaN).toFixed(4)} tokens/sec`;
    return `prefill: ${speed(extra?.prefill_tokens_per_s)}, decoding: ${speed(extra?.decode_tokens_per_s)}`;
  }

  async getMaxStorageBufferBindingSize(): Promise<number> {
    return (await adapter()).limits.maxStorageBufferBindingSize;
  }

  async getGPUVendor(): Promise<string> {
    return (await adapter()).info.vendor;
  }

  async #load(hearth: Hearth, record: ModelRecord, signal: AbortSignal): Promise<void> {
    const { model, model_id: id, overrides = {} } = record;
    const start = performance.now();
    const share = new LoadShare();
    const report = (progress: number, text: string): void => {
      const timeElapsed = Math.round((performance.now() - start) / 1_000);
      this.#progress?.({ progress, timeElapsed, text: `${text}, ${timeElapsed} secs elapsed.` });
    };
    report(0, `Start to load ${id}`);
    const { context_window_size: contextLength } = overrides;
    const info = await hearth.load(model, {
      id,
      signal,
      ...(contextLength !== undefined && contextLength > 0 && { contextLength }),
      onProgress: (progress) => {
        const { phase, doneBytes, totalBytes } = progress;
        const done = share.update(progress);
        const doing = phase === "download" ? "Downloading" : "Loading";
        report(done, `${doing} ${id}: ${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB, ${Math.round(done * 100)}% completed`);
      },
    });
    this.#defaults.set(id, requestDefaults(overrides));
    this.#last.set(id, { message: "", usage: undefined });
    report(1, `Finish loading ${id} on ${info.gpu ?? "the processor"}`);
  }

  #record(id: string, options: ChatOptions | undefined): ModelRecord {
    const listed = this.#appConfig.model_list.find(({ model_id }) => model_id === id);
    if (listed === undefined && /-MLC(-\w+)?$/.test(id)) {
      const message = `"${id}" is a model that was compiled for web-llm. Put a GGUF file into appConfig.model_list: {model_id: "${id}", model: "hf:owner/repo/file.gguf"}.`;
      throw new HearthError("model_not_found", message);
    }
    const record = listed ?? { model: id, model_id: id };
    if (record.model_lib?.endsWith(".wasm") === true && !/\.gguf($|[?#])/.test(record.model)) {
      const message = `${record.model} is a model that was compiled for web-llm. Name its GGUF file instead: an address, or hf:owner/repo/file.gguf.`;
      throw new HearthError("bad_argument", message, { param: "appConfig.model_list" });
    }
    const overrides = { ...record.overrides, ...options };
    checkOptions(overrides);
    return { ...record, overrides };
  }

  async #loaded(): Promise<Hearth> {
    const hearth = await this.#hearth;
    if (hearth === undefined) throw new HearthError("no_model", "No model is loaded. Call engine.reload(model) first.");
    return hearth;
  }

  #lastOf(modelId: string | null | undefined): Last {
    const last = modelId == null || this.#last.size === 1 ? this.#last.values().next().value : this.#last.get(modelId);
    if (last === undefined) throw new HearthError("no_model", "No model is loaded. Call engine.reload(model) first.");
    return last;
  }

  async #ask(create: (hearth: Hearth) => Create, translate: typeof toHearth, request: Asked): Promise<unknown> {
    const { signal: stop } = this.#interrupt;
    const hearth = await this.#loaded();
    const last = this.#lastOf(request.model);
    const defaults = (request.model == null ? undefined : this.#defaults.get(request.model)) ?? this.#defaults.values().next().value ?? {};
    const answer = await create(hearth)(translate(request, defaults), { stop });
    last.message = "";
    if (request.stream === true) return pieces(answer as AnswerStream<Answered>, stop, last);
    const whole = toWebLlm(answer as Answered, stop.aborted);
    take(last, whole);
    return whole;
  }
}

/** web-llm's engine that runs in a worker: here every engine does. */
export const WebWorkerMLCEngine = MLCEngine;
export type WebWorkerMLCEngine = MLCEngine;

function pieces(stream: AnswerStream<Answered>, stop: AbortSignal, last: Last): AnswerStream<Answered> {
  return {
    controller: stream.controller,
    stop: () => stream.stop(),
    async *[Symbol.asyncIterator]() {
      for await (const chunk of stream) {
        const piece = toWebLlm(chunk, stop.aborted);
        take(last, piece);
        yield piece;
      }
    },
  };
}

/** Remembers what an answer, or a piece of it, says. */
function take(last: Last, { choices, usage }: Answered): void {
  const choice = choices[0] as { message?: { content?: string | null }; delta?: { content?: string }; text?: string } | undefined;
  last.message += choice?.message?.content ?? choice?.delta?.content ?? choice?.text ?? "";
  if (usage != null) last.usage = usage as CompletionUsage;
}

function isList(options: ChatOptions | readonly ChatOptions[]): options is readonly ChatOptions[] {
  return Array.isArray(options);
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}

/** What is read of a graphics card. */
interface Adapter {
  readonly limits: { readonly maxStorageBufferBindingSize: number };
  readonly info: { readonly vendor: string };
}

async function adapter(): Promise<Adapter> {
  const { gpu } = navigator as { readonly gpu?: { requestAdapter(): Promise<Adapter | null> } };
  const found = await gpu?.requestAdapter();
  if (found == null) throw new HearthError("no_gpu", "This browser has no WebGPU, or no graphics card for it.");
  return found;
}
