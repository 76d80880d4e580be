/** One model of a page: the worker that has it, or waits for it. */
import { ask, type EngineHost, EngineWorker } from "./engine-worker.js";
import { abortError, HearthError } from "./error.js";
import type { LoadOptions as EngineLoadOptions } from "./generated/compat/hearth.js";
import type { Build, Device, EngineFiles, LoadProgress, ModelInfo } from "./interface.js";
import { chooseBuild, chooseThreads, probe } from "./probe.js";
import type { SourcePart } from "./protocol.js";
import { TimeLeft } from "./time-left.js";

/** How a worker is started. */
export interface Start {
  readonly device: Device;
  readonly build: Build | "auto" | undefined;
  readonly threads: number | undefined;
  /** Where the page has the engine's files itself. */
  readonly files: EngineFiles | undefined;
}

/** What is loaded. */
export interface Load {
  readonly parts: readonly SourcePart[];
  readonly options: EngineLoadOptions;
  readonly onProgress: ((progress: LoadProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A model that answers, wherever its engine is. */
export interface Model {
  readonly build: Build;
  readonly threads: number;
  /** `undefined` where none is loaded, or its engine is dead. */
  readonly info: ModelInfo | undefined;
  /** Where requests go. */
  readonly host: EngineHost;
  /** Frees it. What was under way ends with an `AbortError`. */
  unload(): void;
}

/** A worker with an engine, and the model that it has got. A worker serves one model: its memory would never shrink. */
export class LoadedModel implements Model {
  #build: Build;
  #threads: number;
  #worker: EngineWorker | undefined;
  readonly #start: Start;

  private constructor(start: Start) {
    this.#start = start;
    this.#build = chooseBuild(probe(), start.build, start.files !== undefined);
    // Where the GPU computes, no other thread would have anything to do.
    const asked = start.device === "gpu" ? 1 : start.threads;
    this.#threads = chooseThreads(this.#build, navigator.hardwareConcurrency, asked);
  }

  /** Chooses a build for this browser and starts it, so that what cannot run here fails here. */
  static async start(start: Start, signal: AbortSignal | undefined): Promise<LoadedModel> {
    signal?.throwIfAborted();
    const model = new LoadedModel(start);
    try {
      await model.#begin(signal);
    } catch (error) {
      if (error instanceof HearthError && error.code === "no_gpu") throw error;
      const isOnlyOne = model.#build === "compat" || start.build === "full";
      if (isOnlyOne || signal?.aborted === true) throw error;
      // Shared memory may be refused on a machine with little of it; the other build needs none.
      model.#build = "compat";
      model.#threads = 1;
      await model.#begin(signal);
    }
    return model;
  }

  get build(): Build {
    return this.#build;
  }

  get threads(): number {
    return this.#threads;
  }

  /** The model, unless none is loaded or the worker is dead. */
  get info(): ModelInfo | undefined {
    return this.#worker?.ended === false ? this.#worker.info : undefined;
  }

  /** Reads the header only, and says how it would run here. */
  async plan({ parts, options, signal }: Load): Promise<{ readonly info: ModelInfo; readonly fileBytes: number }> {
    const worker = this.#unused();
    worker.used = true;
    return await endingWith(worker, signal, () => ask(worker, { type: "plan", parts, options }, "planned"));
  }

  /** Bytes of weights that are read per second while a model writes, found out without one. */
  async measure(signal: AbortSignal | undefined): Promise<number> {
    const worker = this.#unused();
    worker.used = true;
    return await endingWith(worker, signal, async () => (await ask(worker, { type: "measure" }, "measured")).bytesPerSecond);
  }

  /** Loads a model in place of the one before it. A load that is still under way ends with an `AbortError`. */
  async load({ parts, options, onProgress, signal }: Load): Promise<ModelInfo> {
    signal?.throwIfAborted();
    const worker = this.#unused();
    worker.used = true;
    const timeLeft = new TimeLeft();
    const engineOptions = { tuneThreads: this.#start.threads === undefined, ...options };
    return await endingWith(worker, signal, async () => {
      this.#threads = await worker.started;
      const loaded = await ask(worker, { type: "load", parts, options: engineOptions }, "loaded", (answer) => {
        if (answer.type !== "progress") return;
        const { doneBytes, totalBytes } = answer.progress;
        onProgress?.({ phase: "load", doneBytes, totalBytes, secondsLeft: timeLeft.update(doneBytes, totalBytes, performance.now()) });
      });
      worker.info = loaded.info;
      return loaded.info;
    });
  }

  get host(): EngineWorker {
    if (this.#worker === undefined || this.info === undefined) {
      throw new HearthError("no_model", "No model is loaded. Load one first.");
    }
    return this.#worker;
  }

  /** Frees all memory. What was under way ends with an `AbortError`. */
  unload(): void {
    this.#worker?.end(abortError("The model was unloaded."));
    this.#worker = undefined;
  }

  async #begin(signal: AbortSignal | undefined): Promise<void> {
    const worker = this.#unused();
    this.#threads = await endingWith(worker, signal, () => worker.started);
  }

  #unused(): EngineWorker {
    if (this.#worker === undefined || this.#worker.used || this.#worker.ended) {
      this.#worker?.end(abortError("Another model is being loaded."));
      this.#worker = new EngineWorker(this.#build, this.#threads, this.#start);
    }
    return this.#worker;
  }
}

/** Does `work`, and ends the worker where that fails or `signal` says so: half a model is of no use. */
async function endingWith<T>(worker: EngineWorker, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const abort = (): void => worker.end(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await work();
  } catch (error) {
    worker.end(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
