/** Models in this tab, asked as OpenAI's API is. */
import { Endpoint } from "./endpoint.js";
import { HearthError } from "./error.js";
import { answerFetch } from "./fetch.js";
import type { LoadOptions as EngineLoadOptions, RunKind } from "./generated/compat/hearth.js";
import type {
  AnswerStream,
  ChatCompletions,
  Completions,
  Embeddings,
  EmbeddingResponse,
  HearthOptions,
  LoadOptions,
  ModelInfo,
  ModelReport,
  ModelSource,
  Profile,
  Report,
  RequestOptions,
  RerankParams,
  RerankResponse,
  Served,
  ServedBy,
  TextInput,
} from "./interface.js";
import { LoadedModel } from "./loaded-model.js";
import { modelName, resolveModel } from "./model-source.js";
import { filePart } from "./parts.js";
import type { Prompt } from "./protocol.js";
import { RunStream } from "./run-stream.js";

/** The key of the model that answers requests which name none, where it has no name of its own. */
const DEFAULT = "";

/** A model under its name. */
interface Named {
  /** As answers name it. */
  readonly name: string;
  readonly model: LoadedModel;
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
  /** Started, and not used by a model yet. */
  #spare: LoadedModel | undefined;
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

  /** The model that answers requests which name none. */
  get info(): ModelInfo | undefined {
    return this.#models.values().next().value?.model.info;
  }

  /** Loads a model beside the others, in place of the one of the same name, or of the one without a name. */
  async load(source: ModelSource, options: LoadOptions = {}): Promise<ModelInfo> {
    const { id = DEFAULT, onProgress, signal, ...chosen } = options;
    signal?.throwIfAborted();
    const resolved = await resolveModel(source, { hub: this.#options.hub, catalogue: this.#options.catalogue }, signal);
    const named = this.#models.get(id);
    const model = named?.model ?? (await this.#unused(signal));
    this.#models.set(id, { name: id === DEFAULT ? modelName(source) : id, model });
    const limit = this.#left(id);
    const limits = limit === undefined ? {} : { memoryLimitBytes: Math.min(limit, chosen.memoryLimitBytes ?? limit) };
    const engine: EngineLoadOptions = { ...engineOptions(this.#options), ...chosen, ...limits };
    return await model.load({ parts: resolved.map(filePart), options: engine, onProgress, signal });
  }

  /** Orders documents by how near they are to a query, by an embedding model. */
  async rerank(params: RerankParams, options?: RequestOptions): Promise<RerankResponse> {
    return (await this.#request("rerank", params, options)) as RerankResponse;
  }

  /** Token ids of a text, as `completions` sees it. */
  async tokenize(text: string, options: { readonly model?: string } = {}): Promise<readonly number[]> {
    return (await this.#named(options.model).model.worker.ask({ type: "tokenize", text }, "tokens")).tokens;
  }

  /**
   * The logits of what comes next after each of `positions` of a text, one row of `info.vocabularySize` after the other;
   * by default after its last token. Begins the conversation anew.
   */
  async logits(text: TextInput, positions?: readonly number[]): Promise<Float32Array> {
    const request = { type: "logits", prompt: promptOf(text), positions } as const;
    return (await this.#named(undefined).model.worker.ask(request, "numbers")).numbers;
  }

  /** What runs here, and how. */
  async report(): Promise<Report> {
    const models = [...this.#models.values()].map(async ({ name, model }): Promise<ModelReport | undefined> => {
      const { info } = model;
      if (info === undefined) return undefined;
      const { bytes } = await model.worker.ask({ type: "memory" }, "memory");
      return { id: name, info, memoryBytes: bytes };
    });
    const first = this.#spare ?? this.#models.values().next().value?.model;
    return {
      build: first?.build ?? "compat",
      threads: first?.threads ?? 0,
      models: (await Promise.all(models)).filter((model) => model !== undefined),
      budgetBytes: this.#options.budgetBytes,
    };
  }

  /** Starts to count what steps cost, which makes them slower. */
  async startProfile(): Promise<void> {
    await this.#named(undefined).model.worker.ask({ type: "profile", on: true }, "profile");
  }

  /** Stops counting, and gives what was counted: time, bytes and dispatches by operation and by layer; `undefined` where nothing was. */
  async stopProfile(): Promise<Profile | undefined> {
    return (await this.#named(undefined).model.worker.ask({ type: "profile", on: false }, "profile")).profile;
  }

  /** Frees a model, or all of them, and their memory. What was under way ends with an `AbortError`. */
  unload(id?: string): void {
    for (const [key, { name, model }] of this.#models) {
      if (id !== undefined && id !== name) continue;
      model.unload();
      this.#models.delete(key);
    }
    if (id !== undefined) return;
    this.#spare?.unload();
    this.#spare = undefined;
  }

  /** Names of the models that are loaded. */
  get models(): readonly string[] {
    return [...this.#models.values()].filter(({ model }) => model.info !== undefined).map(({ name }) => name);
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
    const body: Body = params;
    try {
      return await this.#local(kind, body, signal ?? undefined, stop);
    } catch (error) {
      const isOwn = signal?.aborted === true || this.#endpoint === undefined || !isOfThisMachine(error);
      if (isOwn || this.#endpoint === undefined) throw error;
      return await this.#remote(this.#endpoint, kind, body, signal ?? undefined);
    }
  }

  async #local(kind: RunKind, body: Body, signal: AbortSignal | undefined, stop: AbortSignal | null | undefined): Promise<object> {
    const { name, model } = this.#named(body.model);
    const seeded = kind === "chat" || kind === "completion" ? { seed: body.seed ?? randomSeed(), ...withoutSeed(body) } : body;
    const context = { id: `${PREFIXES[kind]}-${crypto.randomUUID()}`, created: Math.floor(Date.now() / 1_000), model: name, now: localTime(new Date()) };
    const stream = new RunStream<object, object>(model.worker, { kind, body: JSON.stringify(seeded), context }, signal);
    if (stop != null) stopWith(stream, stop);
    if (body.stream !== true) return served(await stream.whole, "local");
    await stream.begun;
    return servedStream(stream, "local");
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

/** Another one for each answer; a whole number that every program can hold. */
function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

function withoutSeed({ seed: _, ...rest }: Body): Body {
  return rest;
}

/** `2026-01-15T12:30:00` on the person's clock. */
function localTime(now: Date): string {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
