/** Models in this tab, asked as OpenAI's API is. */
import { Endpoint } from "./endpoint.js";
import { ask } from "./engine-worker.js";
import { abortError, HearthError } from "./error.js";
import { answerFetch } from "./fetch.js";
import type { LoadOptions as EngineLoadOptions, RunContext, RunKind, Told } from "./generated/compat/hearth.js";
import type {
  AnswerStream,
  ChatCompletions,
  CompletionUsage,
  Completions,
  Embeddings,
  EmbeddingResponse,
  HearthOptions,
  LoadOptions,
  ModelInfo,
  ModelReport,
  ModelSource,
  Plan,
  PlanOptions,
  Profile,
  Report,
  RequestOptions,
  RerankParams,
  RerankResponse,
  Served,
  ServedBy,
  TextInput,
} from "./interface.js";
import { LoadedModel, type Model } from "./loaded-model.js";
import { modelName, type ResolvedFile, resolveModel } from "./model-source.js";
import { filePart } from "./parts.js";
import { planModel } from "./plan.js";
import type { Prompt } from "./protocol.js";
import { RunStream } from "./run-stream.js";
import { randomSeed } from "./seed.js";
import { Session, type SessionModel } from "./session.js";
import { noteSpeed } from "./speed-record.js";
import type { Downloads } from "./storage/interface.js";
import { ModelStore } from "./storage/store.js";
import { storedParts } from "./stored-parts.js";
import { canShare, SharedModel } from "./tabs/shared-model.js";

/** The key of the model that answers requests which name none, where it has no name of its own. */
const DEFAULT = "";

/** A model under its name. */
interface Named {
  /** As answers name it. */
  readonly name: string;
  readonly model: Model;
}

/** What whole answers have, if they generated anything. */
interface Whole {
  readonly usage?: Partial<CompletionUsage>;
}

/** What requests say that all of them may say. */
interface Body {
  readonly model?: string | null;
  readonly stream?: boolean | null;
  readonly seed?: number | null;
}

/**
 * Models in this tab.
 *
 * ```ts
 * const hearth = await Hearth.create({ model: "/models/stories.gguf" });
 * const messages = [{ role: "user", content: "Tell me a story." }] as const;
 * for await (const chunk of await hearth.chat.completions.create({ messages, stream: true })) {
 *   write(chunk.choices[0]?.delta.content ?? "");
 * }
 * ```
 */
export class Hearth {
  readonly chat: { readonly completions: ChatCompletions };
  readonly completions: Completions;
  readonly embeddings: Embeddings;
  /** A `fetch` that answers `/v1/…` from the models here: for OpenAI's own client and others like it. */
  readonly fetch: typeof globalThis.fetch;

  readonly #options: HearthOptions;
  readonly #models = new Map<string, Named>();
  readonly #loading = new Map<string, AbortController>();
  /** Started, and not used by a model yet. */
  #spare: LoadedModel | undefined;
  /** One of its own, as soon as it is needed. */
  #store: Promise<ModelStore | undefined> | undefined;
  readonly #endpoint: Endpoint | undefined;

  private constructor(options: HearthOptions, first: LoadedModel | undefined) {
    this.#options = options;
    this.#spare = first;
    this.#endpoint = options.fallback === undefined ? undefined : new Endpoint(options.fallback);
    // The overloads say for which parameters which of both comes.
    const create = (kind: RunKind) => ((params: object, options?: RequestOptions) => this.#request(kind, params, options)) as unknown;
    this.chat = { completions: { create: create("chat") as ChatCompletions["create"] } };
    this.completions = { create: create("completion") as Completions["create"] };
    this.embeddings = { create: (params, options) => this.#request("embeddings", params, options) as Promise<EmbeddingResponse> };
    this.fetch = answerFetch(this);
  }

  /** Starts the engine, and loads the models that are named. Without a fallback, what cannot run here fails here. */
  static async create(options: HearthOptions = {}): Promise<Hearth> {
    const { signal, onProgress, fallback } = options;
    const first = await LoadedModel.start(start(options), signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (fallback === undefined) throw error;
      return undefined;
    });
    const hearth = new Hearth(options, first);
    const sources = [...Object.entries(options.models ?? {}), ...(options.model === undefined ? [] : [[undefined, options.model] as const])];
    try {
      for (const [id, source] of sources) {
        const named = id === undefined ? {} : { id };
        await hearth.load(source, { ...named, ...(onProgress && { onProgress }), ...(signal && { signal }) }).catch((error: unknown) => {
          signal?.throwIfAborted();
          if (fallback === undefined) throw error;
        });
      }
    } catch (error) {
      hearth.unload();
      throw error;
    }
    return hearth;
  }

  /** Whether and how this machine would run a model: reads its header only. */
  static async plan(source: ModelSource, options: PlanOptions = {}): Promise<Plan> {
    const { hub, catalogue, signal } = options;
    const parts = (await resolveModel(source, { hub, catalogue }, signal)).map(filePart);
    return await planModel(parts, start(options), engineOptions(options), signal);
  }

  /** The model that answers requests which name none. */
  get info(): ModelInfo | undefined {
    return this.#models.values().next().value?.model.info;
  }

  /** Loads a model beside the others, in place of the one of the same name, or of the one without a name. */
  async load(source: ModelSource, options: LoadOptions = {}): Promise<ModelInfo> {
    const { id = DEFAULT, onProgress, signal, ...chosen } = options;
    signal?.throwIfAborted();
    this.#drop(id, "Another model is being loaded.");
    const loading = new AbortController();
    this.#loading.set(id, loading);
    const given = signal === undefined ? loading.signal : AbortSignal.any([signal, loading.signal]);
    const { hub, catalogue } = this.#options;
    const resolved = await resolveModel(source, { hub, catalogue }, given);
    const limit = this.#left(id);
    const limits = limit === undefined ? {} : { memoryLimitBytes: Math.min(limit, chosen.memoryLimitBytes ?? limit) };
    const engine: EngineLoadOptions = { ...engineOptions(this.#options), ...chosen, ...limits };
    const model = await this.#model(resolved, engine, onProgress, given);
    const { info } = model;
    if (info === undefined) throw new HearthError("engine_crashed", "The engine stopped. Load the model again.");
    this.#loading.delete(id);
    this.#models.set(id, { name: id === DEFAULT ? modelName(source) : id, model });
    return info;
  }

  /** Orders documents by how near they are to a query, by an embedding model. */
  async rerank(params: RerankParams, options?: RequestOptions): Promise<RerankResponse> {
    return (await this.#request("rerank", params, options)) as RerankResponse;
  }

  /** Token ids of a text, as `completions` sees it. */
  async tokenize(text: string, options: { readonly model?: string } = {}): Promise<readonly number[]> {
    return (await ask(this.#named(options.model).model.host, { type: "tokenize", text }, "tokens")).tokens;
  }

  /**
   * The logits of what comes next after each of `positions` of a text, one row of `info.vocabularySize` after the other;
   * by default after its last token. Begins the conversation anew.
   */
  async logits(text: TextInput, positions?: readonly number[]): Promise<Float32Array> {
    const request = { type: "logits", prompt: promptOf(text), positions } as const;
    return (await ask(this.#named(undefined).model.host, request, "numbers")).numbers;
  }

  /** What runs here, and how. */
  async report(): Promise<Report> {
    const models = [...this.#models.values()].map(async ({ name, model }): Promise<ModelReport | undefined> => {
      const { info } = model;
      if (info === undefined) return undefined;
      const { bytes } = await ask(model.host, { type: "memory" }, "memory");
      const engine = model instanceof SharedModel && !model.isLeader ? "another tab" : "here";
      return { id: name, info, memoryBytes: bytes, engine };
    });
    const first = this.#spare ?? this.#models.values().next().value?.model;
    return {
      build: first?.build ?? "compat",
      threads: first?.threads ?? 0,
      models: (await Promise.all(models)).filter((model) => model !== undefined),
      storage: (await this.#store)?.report ?? (typeof this.#options.store === "object" ? this.#options.store.report : undefined),
      budgetBytes: this.#options.budgetBytes,
    };
  }

  /** A conversation that is kept in this browser under a name: what was said under it before is there. */
  async session(name: string, options: { readonly model?: string } = {}): Promise<Session> {
    return await Session.open(name, () => this.#sessionModel(options.model));
  }

  /** Names of the conversations that are kept in this browser. */
  static async sessions(): Promise<readonly string[]> {
    return await Session.list();
  }

  /** Starts to count what steps cost, which makes them slower. */
  async startProfile(): Promise<void> {
    await ask(this.#named(undefined).model.host, { type: "profile", on: true }, "profile");
  }

  /** Stops counting, and gives what was counted: time, bytes and dispatches by operation and by layer; `undefined` where nothing was. */
  async stopProfile(): Promise<Profile | undefined> {
    return (await ask(this.#named(undefined).model.host, { type: "profile", on: false }, "profile")).profile;
  }

  /** Frees a model, or all of them, and their memory. What was under way ends with an `AbortError`. */
  unload(name?: string): void {
    const keys = new Set([...this.#models.keys(), ...this.#loading.keys()]);
    for (const key of keys) {
      if (name === undefined || name === key || name === this.#models.get(key)?.name) this.#drop(key, "The model was unloaded.");
    }
    if (name !== undefined) return;
    this.#spare?.unload();
    this.#spare = undefined;
    void this.#store?.then((store) => store?.close());
    this.#store = undefined;
  }

  /** Names of the models that are loaded. */
  get models(): readonly string[] {
    return [...this.#models.values()].filter(({ model }) => model.info !== undefined).map(({ name }) => name);
  }

  /** Loads a model, or joins the tabs that have it. */
  async #model(
    files: readonly ResolvedFile[],
    options: EngineLoadOptions,
    onProgress: LoadOptions["onProgress"],
    signal: AbortSignal,
  ): Promise<Model> {
    const load = async (onProgress: LoadOptions["onProgress"], signal: AbortSignal): Promise<Model> => {
      const isOfServer = files.some(({ type }) => type === "server");
      const parts = await storedParts(files, isOfServer ? await this.#openStore() : undefined, onProgress, signal);
      const model = await this.#unused(signal);
      await model.load({ parts, options, onProgress, signal });
      return model;
    };
    // Other tabs cannot know what a file is that a person opened here.
    const isKnown = files.every(({ type }) => type === "server");
    if (this.#options.share === false || !isKnown || !canShare()) return await load(onProgress, signal);
    const key = JSON.stringify([start(this.#options), options, files]);
    return await SharedModel.join({ key, load, onProgress, signal });
  }

  /** The place where models are kept. One that cannot be opened is as good as none. */
  async #openStore(): Promise<Downloads | undefined> {
    const { store = true } = this.#options;
    if (typeof store !== "boolean") return store;
    if (store) this.#store ??= ModelStore.open().catch(() => undefined);
    return await this.#store;
  }

  #drop(key: string, why: string): void {
    this.#loading.get(key)?.abort(abortError(why));
    this.#loading.delete(key);
    this.#models.get(key)?.model.unload();
    this.#models.delete(key);
  }

  async #unused(signal: AbortSignal | undefined): Promise<LoadedModel> {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare ?? (await LoadedModel.start(start(this.#options), signal));
  }

  /** Bytes that a model of this name may take. */
  #left(id: string): number | undefined {
    const { budgetBytes } = this.#options;
    if (budgetBytes === undefined) return undefined;
    const others = [...this.#models].filter(([key]) => key !== id).map(([, { model }]) => model.info?.memory);
    const taken = others.reduce((sum, memory) => sum + (memory ? memory.weightsBytes + memory.stateBytes + memory.workingBytes : 0), 0);
    return Math.max(budgetBytes - taken, 0);
  }

  /** The model of this name. Where there is only one, it answers to any: programs name models of services. */
  #named(name: string | null | undefined): Named {
    const all = [...this.#models.values()];
    const found = name == null || all.length === 1 ? all[0] : all.find((one) => one.name === name);
    if (found !== undefined) return found;
    if (all.length === 0) throw new HearthError("no_model", "No model is loaded. Load one first.");
    throw new HearthError("model_not_found", `There is no model "${name}". There are: ${all.map((one) => one.name).join(", ")}.`);
  }

  async #request(kind: RunKind, params: object, { signal, stop }: RequestOptions = {}): Promise<object> {
    signal?.throwIfAborted();
    const body = seeded(kind, params);
    try {
      return await this.#local(kind, body, signal ?? undefined, stop);
    } catch (error) {
      const isOwn = signal?.aborted === true || this.#endpoint === undefined || !isOfThisMachine(error);
      if (isOwn || this.#endpoint === undefined) throw error;
      return await this.#remote(this.#endpoint, kind, body, signal ?? undefined);
    }
  }

  async #local(kind: RunKind, body: Body, signal: AbortSignal | undefined, stop: AbortSignal | null | undefined): Promise<object> {
    const stream = this.#run<object, Whole>(kind, body, undefined, signal);
    if (stop != null) stopWith(stream, stop);
    if (body.stream !== true) return served(await stream.whole, "local");
    await stream.begun;
    return servedStream(stream, "local");
  }

  #run<Chunk, Answer extends Whole>(
    kind: RunKind,
    body: Body,
    context: RunContext | undefined,
    signal: AbortSignal | undefined,
    onStep?: (told: Told, context: RunContext) => void,
  ): RunStream<Chunk, Answer> {
    const { name, model } = this.#named(body.model);
    const now = new Date();
    const created = Math.floor(now.getTime() / 1_000);
    const own = context ?? { id: `${PREFIXES[kind]}-${crypto.randomUUID()}`, created, model: name, now: localTime(now) };
    const stream = new RunStream<Chunk, Answer>(model.host, { kind, body: JSON.stringify(body), context: own }, signal, (told) => onStep?.(told, own));
    void stream.whole.then(({ usage }) => {
      const { completion_tokens, timings } = usage ?? {};
      if (model.info !== undefined && timings !== undefined) void noteSpeed(model.info, completion_tokens ?? 0, timings.decode_tokens_per_second);
    }, () => undefined);
    return stream;
  }

  #sessionModel(name: string | undefined): SessionModel {
    const { model } = this.#named(name);
    const { info, host } = model;
    if (info === undefined) throw new HearthError("no_model", "No model is loaded. Load one first.");
    return {
      info,
      host,
      begin: (body, context, { signal }, onStep) => this.#run("chat", { ...body, ...(name !== undefined && { model: name }) }, context, signal ?? undefined, onStep),
    };
  }

  async #remote(endpoint: Endpoint, kind: RunKind, body: Body, signal: AbortSignal | undefined): Promise<object> {
    if (body.stream !== true) return served(await endpoint.ask(kind, body, signal), "fallback");
    return servedStream(await endpoint.stream<object>(kind, body, signal), "fallback");
  }
}

const PREFIXES: Readonly<Record<RunKind, string>> = { chat: "chatcmpl", completion: "cmpl", embeddings: "embd", rerank: "rerank" };

/** Failures of this machine, not of the request: somebody else may answer it. */
const OF_THIS_MACHINE: readonly string[] = [
  "engine_crashed",
  "gpu_failed",
  "gpu_lost",
  "no_gpu",
  "no_model",
  "not_enough_memory",
  "unsupported_browser",
  "start_failed",
];

function isOfThisMachine(error: unknown): boolean {
  return error instanceof HearthError && OF_THIS_MACHINE.includes(error.code);
}

function served<T extends object>(answer: T, by: ServedBy): T & Served {
  return { ...answer, served_by: by };
}

function servedStream<Chunk extends object>(stream: AnswerStream<Chunk>, by: ServedBy): AnswerStream<Chunk & Served> {
  return {
    controller: stream.controller,
    stop: () => stream.stop(),
    async *[Symbol.asyncIterator]() {
      for await (const chunk of stream) yield served(chunk, by);
    },
  };
}

/** Ends an answer in peace when `stop` says so. */
function stopWith(stream: RunStream<object, object>, stop: AbortSignal): void {
  const end = (): void => stream.stop();
  if (stop.aborted) end();
  stop.addEventListener("abort", end);
  void stream.whole.catch(() => undefined).finally(() => stop.removeEventListener("abort", end));
}

function start({ device = "cpu", build, threads }: HearthOptions) {
  return { device, build, threads };
}

/** What of the options every load gets. */
function engineOptions(options: HearthOptions): EngineLoadOptions {
  const { contextLength, activations, chunkTokens, cacheType, memoryLimitBytes, tuneThreads } = options;
  const all = { contextLength, activations, chunkTokens, cacheType, memoryLimitBytes, tuneThreads };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function promptOf(text: TextInput): Prompt {
  return typeof text === "string" ? { type: "text", text } : { type: "tokens", tokens: text };
}

/** The request with a seed, so that it can be answered once more. */
function seeded(kind: RunKind, body: Body): Body {
  if (kind !== "chat" && kind !== "completion") return body;
  return { ...body, seed: body.seed ?? randomSeed() };
}

/** `2026-01-15T12:30:00` on the person's clock. */
function localTime(now: Date): string {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
