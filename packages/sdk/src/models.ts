/** The models of a page: by which names they are asked, how they are loaded, and what they leave of the memory. */
import { ask } from "./engine-worker.js";
import { abortError, HearthError } from "./error.js";
import type { LoadOptions as EngineLoadOptions } from "./generated/compat/hearth.js";
import type { HearthOptions, LoadOptions, ModelInfo, ModelReport, ModelSource, Report } from "./interface.js";
import { LoadedModel, type Model, type Start } from "./loaded-model.js";
import { modelName, type ResolvedFile, resolveModel } from "./model-source.js";
import type { Downloads } from "./storage/interface.js";
import { ModelStore } from "./storage/store.js";
import { storedParts } from "./stored-parts.js";
import { canShare, SharedModel } from "./tabs/shared-model.js";

/** The key of the model that answers requests which name none, where it has no name of its own. */
const DEFAULT = "";

/** A model under its name. */
export interface Named {
  /** As answers name it. */
  readonly name: string;
  readonly model: Model;
}

/** All models of one `Hearth`. */
export class Models {
  readonly #options: HearthOptions;
  readonly #loaded = new Map<string, Named>();
  readonly #loading = new Map<string, AbortController>();
  /** Started, and not used by a model yet. */
  #spare: LoadedModel | undefined;
  /** One of its own, as soon as it is needed. */
  #store: Promise<ModelStore | undefined> | undefined;

  constructor(options: HearthOptions) {
    this.#options = options;
  }

  /** Starts the engine for a model that is to come, so that what cannot run here fails here. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    this.#spare = await LoadedModel.start(startOf(this.#options), signal);
  }

  /** The model that answers requests which name none. */
  get info(): ModelInfo | undefined {
    return this.#first?.info;
  }

  get names(): readonly string[] {
    return [...this.#loaded.values()].filter(({ model }) => model.info !== undefined).map(({ name }) => name);
  }

  /** Loads a model beside the others, in place of the one of the same name, or of the one without a name. */
  async load(source: ModelSource, options: LoadOptions): Promise<ModelInfo> {
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
    const model = await this.#joinOrLoad(resolved, engine, onProgress, given);
    const { info } = model;
    if (info === undefined) throw new HearthError("engine_crashed", "The engine stopped. Load the model again.");
    this.#loading.delete(id);
    this.#loaded.set(id, { name: id === DEFAULT ? modelName(source) : id, model });
    return info;
  }

  /** The model of this name. Where there is only one, it answers to any: programs name models of services. */
  named(name: string | null | undefined): Named {
    const all = [...this.#loaded.values()];
    const found = name == null || all.length === 1 ? all[0] : all.find((one) => one.name === name);
    if (found !== undefined) return found;
    if (all.length === 0) throw new HearthError("no_model", "No model is loaded. Load one first.");
    throw new HearthError("model_not_found", `There is no model "${name}". There are: ${all.map((one) => one.name).join(", ")}.`);
  }

  /** Frees a model, or all of them, and their memory. What was under way ends with an `AbortError`. */
  unload(name: string | undefined): void {
    const keys = new Set([...this.#loaded.keys(), ...this.#loading.keys()]);
    for (const key of keys) {
      if (name === undefined || name === key || name === this.#loaded.get(key)?.name) this.#drop(key, "The model was unloaded.");
    }
    if (name !== undefined) return;
    this.#dropSpare();
    void this.#store?.then((store) => store?.close());
    this.#store = undefined;
  }

  /** What runs here, and how. */
  async report(): Promise<Report> {
    const models = [...this.#loaded.values()].map(async ({ name, model }): Promise<ModelReport | undefined> => {
      const { info } = model;
      if (info === undefined) return undefined;
      const { bytes } = await ask(model.host, { type: "memory" }, "memory");
      const engine = model instanceof SharedModel && !model.isLeader ? "another tab" : "here";
      return { id: name, info, memoryBytes: bytes, engine };
    });
    const first = this.#spare ?? this.#first;
    return {
      build: first?.build ?? "compat",
      threads: first?.threads ?? 0,
      models: (await Promise.all(models)).filter((model) => model !== undefined),
      storage: (await this.#store)?.report ?? (typeof this.#options.store === "object" ? this.#options.store.report : undefined),
      budgetBytes: this.#options.budgetBytes,
    };
  }

  get #first(): Model | undefined {
    return this.#loaded.values().next().value?.model;
  }

  /** Loads a model, or joins the tabs that have it. */
  async #joinOrLoad(
    files: readonly ResolvedFile[],
    options: EngineLoadOptions,
    onProgress: LoadOptions["onProgress"],
    signal: AbortSignal,
  ): Promise<Model> {
    const load = (onProgress: LoadOptions["onProgress"], signal: AbortSignal): Promise<Model> => this.#load(files, options, onProgress, signal);
    // Other tabs cannot know what a file is that a person opened here.
    const isKnown = files.every(({ type }) => type === "server");
    if (this.#options.share === false || !isKnown || !canShare()) return await load(onProgress, signal);
    const { device, build, threads } = startOf(this.#options);
    const key = JSON.stringify([{ device, build, threads }, options, files]);
    const model = await SharedModel.join({ key, load, onProgress, signal });
    // Where another tab has the engine, one that waits here would be for nothing.
    if (!model.isLeader) this.#dropSpare();
    return model;
  }

  /** Loads a model into an engine of this tab. The engine starts first: what it cannot run is not worth a download. */
  async #load(files: readonly ResolvedFile[], options: EngineLoadOptions, onProgress: LoadOptions["onProgress"], signal: AbortSignal): Promise<Model> {
    const model = this.#takeSpare() ?? (await LoadedModel.start(startOf(this.#options), signal));
    try {
      const isOfServer = files.some(({ type }) => type === "server");
      const parts = await storedParts(files, isOfServer ? await this.#openStore() : undefined, onProgress, signal);
      await model.load({ parts, options, onProgress, signal });
      return model;
    } catch (error) {
      model.unload();
      throw error;
    }
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
    this.#loaded.get(key)?.model.unload();
    this.#loaded.delete(key);
  }

  #takeSpare(): LoadedModel | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare;
  }

  #dropSpare(): void {
    this.#takeSpare()?.unload();
  }

  /** Bytes that a model of this name may take. */
  #left(id: string): number | undefined {
    const { budgetBytes } = this.#options;
    if (budgetBytes === undefined) return undefined;
    const others = [...this.#loaded].filter(([key]) => key !== id).map(([, { model }]) => model.info?.memory);
    const taken = others.reduce((sum, memory) => sum + (memory ? memory.weightsBytes + memory.stateBytes + memory.workingBytes : 0), 0);
    return Math.max(budgetBytes - taken, 0);
  }
}

/** What of the options every engine is started with. */
export function startOf({ device = "cpu", build, threads, engine }: HearthOptions): Start {
  return { device, build, threads, files: engine };
}

/** What of the options every load gets. */
export function engineOptions(options: HearthOptions): EngineLoadOptions {
  const { contextLength, activations, chunkTokens, cacheType, memoryLimitBytes, tuneThreads } = options;
  const all = { contextLength, activations, chunkTokens, cacheType, memoryLimitBytes, tuneThreads };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
