/** Models in this tab, asked as OpenAI's API is. */
import { ask } from "./engine-worker.js";
import { answerFetch } from "./fetch.js";
import type { RunKind } from "./generated/compat/hearth.js";
import type {
  ChatCompletions,
  Completions,
  Embeddings,
  HearthOptions,
  LoadOptions,
  MeasureOptions,
  ModelInfo,
  ModelSource,
  Plan,
  PlanOptions,
  Profile,
  Report,
  RequestOptions,
  RerankParams,
  RerankResponse,
  SelfTest,
  TextInput,
} from "./interface.js";
import { LoadedModel } from "./loaded-model.js";
import { resolveModel } from "./model-source.js";
import { engineOptions, Models, startOf } from "./models.js";
import { filePart } from "./parts.js";
import { planModel } from "./plan.js";
import type { Prompt } from "./protocol.js";
import { Requests } from "./requests.js";
import { Session } from "./session.js";

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

  readonly #models: Models;
  readonly #requests: Requests;

  private constructor(options: HearthOptions) {
    this.#models = new Models(options);
    this.#requests = new Requests(this.#models, options.fallback);
    // The overloads say for which parameters which of both comes.
    const create = (kind: RunKind) => ((params: object, options?: RequestOptions) => this.#requests.create(kind, params, options)) as unknown;
    this.chat = { completions: { create: create("chat") as ChatCompletions["create"] } };
    this.completions = { create: create("completion") as Completions["create"] };
    this.embeddings = { create: create("embeddings") as Embeddings["create"] };
    this.fetch = answerFetch(this);
  }

  /** Loads the models that are named, or, where none is, starts the engine. Without a fallback, what cannot run here fails here. */
  static async create(options: HearthOptions = {}): Promise<Hearth> {
    const { signal, onProgress, fallback } = options;
    const hearth = new Hearth(options);
    const orFallback = async (work: Promise<unknown>): Promise<void> => {
      await work.catch((error: unknown) => {
        signal?.throwIfAborted();
        if (fallback === undefined) throw error;
      });
    };
    const sources = [...Object.entries(options.models ?? {}), ...(options.model === undefined ? [] : [[undefined, options.model] as const])];
    try {
      if (sources.length === 0) await orFallback(hearth.#models.start(signal));
      for (const [id, source] of sources) {
        const named = id === undefined ? {} : { id };
        await orFallback(hearth.load(source, { ...named, ...(onProgress && { onProgress }), ...(signal && { signal }) }));
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
    return await planModel(parts, startOf(options), engineOptions(options), signal);
  }

  /**
   * How fast models would answer here, found out without one, in a second or so: bytes of weights that are read per second. A model writes about as many tokens
   * per second as its files fit into that. It takes some 200 MB of memory for the time, and a worker of its own.
   */
  static async measure(options: MeasureOptions = {}): Promise<number> {
    const model = await LoadedModel.start(startOf(options), options.signal);
    try {
      return await model.measure(options.signal);
    } finally {
      model.unload();
    }
  }

  /** The model that answers requests which name none. */
  get info(): ModelInfo | undefined {
    return this.#models.info;
  }

  /** Names of the models that are loaded. */
  get models(): readonly string[] {
    return this.#models.names;
  }

  /** Loads a model beside the others, in place of the one of the same name, or of the one without a name. */
  async load(source: ModelSource, options: LoadOptions = {}): Promise<ModelInfo> {
    return await this.#models.load(source, options);
  }

  /** Frees a model, or all of them, and their memory. What was under way ends with an `AbortError`. */
  unload(name?: string): void {
    this.#models.unload(name);
  }

  /** Orders documents by how near they are to a query, by an embedding model. */
  async rerank(params: RerankParams, options?: RequestOptions): Promise<RerankResponse> {
    return (await this.#requests.create("rerank", params, options)) as RerankResponse;
  }

  /** Token ids of a text, as `completions` sees it. */
  async tokenize(text: string, options: { readonly model?: string } = {}): Promise<readonly number[]> {
    return (await ask(this.#models.named(options.model).model.host, { type: "tokenize", text }, "tokens")).tokens;
  }

  /**
   * The logits of what comes next after each of `positions` of a text, one row of `info.vocabularySize` after the other;
   * by default after its last token. Begins the conversation anew.
   */
  async logits(text: TextInput, positions?: readonly number[]): Promise<Float32Array> {
    const request = { type: "logits", prompt: promptOf(text), positions } as const;
    return (await ask(this.#models.named(undefined).model.host, request, "numbers")).numbers;
  }

  /** What runs here, and how. */
  async report(): Promise<Report> {
    return await this.#models.report();
  }

  /** A conversation that is kept in this browser under a name: what was said under it before is there. */
  async session(name: string, options: { readonly model?: string } = {}): Promise<Session> {
    return await Session.open(name, () => this.#requests.sessionModel(options.model));
  }

  /** Names of the conversations that are kept in this browser. */
  static async sessions(): Promise<readonly string[]> {
    return await Session.list();
  }

  /** Starts to count what steps cost, which makes them slower. */
  async startProfile(): Promise<void> {
    await ask(this.#models.named(undefined).model.host, { type: "profile", on: true }, "profile");
  }

  /** Stops counting, and gives what was counted: time, bytes and dispatches by operation and by layer; `undefined` where nothing was. */
  async stopProfile(): Promise<Profile | undefined> {
    return (await ask(this.#models.named(undefined).model.host, { type: "profile", on: false }, "profile")).profile;
  }

  /**
   * Compares every kernel of the processor with a plain reference, where the model's engine is: `passed` is `false` where a browser compiles them wrongly, or
   * a processor computes wrongly. It takes a second or two, in which the engine does nothing else, and needs a model that is loaded.
   */
  async selfTest(): Promise<SelfTest> {
    return (await ask(this.#models.named(undefined).model.host, { type: "self-test" }, "self-test")).result;
  }
}

function promptOf(text: TextInput): Prompt {
  return typeof text === "string" ? { type: "text", text } : { type: "tokens", tokens: text };
}
