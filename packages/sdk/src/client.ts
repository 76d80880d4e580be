/** The engine as a page uses it. */
import { EngineWorker } from "./engine-worker.js";
import { abortError, HearthError } from "./error.js";
import { startGeneration } from "./generation.js";
import type {
  Build,
  ChatMessage,
  Device,
  Engine,
  Generation,
  GenerationOptions,
  HearthOptions,
  LoadOptions,
  ModelInfo,
  ModelSource,
  Profile,
  TextInput,
} from "./interface.js";
import { sourceParts } from "./parts.js";
import { chooseBuild, chooseThreads, probe } from "./probe.js";
import type { Prompt } from "./protocol.js";
import { TimeLeft } from "./time-left.js";

/**
 * A model in this tab.
 *
 * ```ts
 * const hearth = await Hearth.create();
 * await hearth.load("/models/stories.gguf", { onProgress: ({ doneBytes, totalBytes }) => draw(doneBytes / totalBytes) });
 * for await (const event of hearth.complete("Once upon a time")) if (event.type === "token") write(event.text);
 * ```
 */
export class Hearth implements Engine {
  #build: Build;
  #threads: number;
  /** The one with the model, or one that waits for it. */
  #worker: EngineWorker | undefined;

  /** Whether nobody asked for a number of threads, so that the engine may find the best one. */
  readonly #tuneThreads: boolean;

  readonly #device: Device;

  private constructor(build: Build, threads: number, options: HearthOptions) {
    this.#build = build;
    this.#threads = threads;
    this.#tuneThreads = options.threads === undefined;
    this.#device = options.device ?? "cpu";
  }

  /** Chooses a build for this browser and starts it, so that what cannot run here fails here. */
  static async create(options: HearthOptions = {}): Promise<Hearth> {
    options.signal?.throwIfAborted();
    const build = chooseBuild(probe(), options.build);
    // Where the GPU computes, no other thread would have anything to do.
    const asked = options.device === "gpu" ? 1 : options.threads;
    const threads = chooseThreads(build, navigator.hardwareConcurrency, asked);
    const hearth = new Hearth(build, threads, options);
    try {
      await hearth.#start(options.signal);
    } catch (error) {
      if (error instanceof HearthError && error.code === "no_gpu") throw error;
      const isOnlyOne = build === "compat" || options.build === "full";
      if (isOnlyOne || options.signal?.aborted === true) throw error;
      // Shared memory may be refused on a machine with little of it; the other build needs none.
      hearth.#build = "compat";
      hearth.#threads = 1;
      await hearth.#start(options.signal);
    }
    return hearth;
  }

  get build(): Build {
    return this.#build;
  }

  get threads(): number {
    return this.#threads;
  }

  get info(): ModelInfo | undefined {
    return this.#worker?.ended === false ? this.#worker.info : undefined;
  }

  async load(source: ModelSource | readonly ModelSource[], options: LoadOptions = {}): Promise<ModelInfo> {
    const { onProgress, signal, ...chosen } = options;
    const engineOptions = { tuneThreads: this.#tuneThreads, ...chosen };
    signal?.throwIfAborted();
    const parts = sourceParts(source);
    const worker = this.#unusedWorker();
    worker.used = true;
    const timeLeft = new TimeLeft();
    return await endingWith(worker, signal, async () => {
      this.#threads = await worker.started;
      const loaded = await worker.ask({ type: "load", parts, options: engineOptions }, "loaded", (answer) => {
        if (answer.type !== "progress") return;
        const { doneBytes, totalBytes } = answer.progress;
        onProgress?.({ doneBytes, totalBytes, secondsLeft: timeLeft.update(doneBytes, totalBytes, performance.now()) });
      });
      worker.info = loaded.info;
      return loaded.info;
    });
  }

  chat(messages: readonly ChatMessage[], options: GenerationOptions = {}): Generation {
    return startGeneration(() => this.#loaded(), { type: "chat", messages }, options);
  }

  complete(prompt: TextInput, options: GenerationOptions = {}): Generation {
    return startGeneration(() => this.#loaded(), promptOf(prompt), options);
  }

  async tokenize(prompt: string): Promise<readonly number[]> {
    return (await this.#loaded().ask({ type: "tokenize", text: prompt }, "tokens")).tokens;
  }

  async logits(text: TextInput, positions?: readonly number[]): Promise<Float32Array> {
    return (await this.#loaded().ask({ type: "logits", prompt: promptOf(text), positions }, "numbers")).numbers;
  }

  async embed(text: TextInput): Promise<Float32Array> {
    return (await this.#loaded().ask({ type: "embed", prompt: promptOf(text) }, "numbers")).numbers;
  }

  async memoryBytes(): Promise<number> {
    return (await this.#loaded().ask({ type: "memory" }, "memory")).bytes;
  }

  async startProfile(): Promise<void> {
    await this.#loaded().ask({ type: "profile", on: true }, "profile");
  }

  async stopProfile(): Promise<Profile | undefined> {
    return (await this.#loaded().ask({ type: "profile", on: false }, "profile")).profile;
  }

  unload(): void {
    this.#worker?.end(abortError("The model was unloaded."));
    this.#worker = undefined;
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    const worker = this.#unusedWorker();
    this.#threads = await endingWith(worker, signal, () => worker.started);
  }

  /** A worker that has begun a model is not used for another: its memory would never shrink. */
  #unusedWorker(): EngineWorker {
    if (this.#worker === undefined || this.#worker.used || this.#worker.ended) {
      this.#worker?.end(abortError("Another model is being loaded."));
      this.#worker = new EngineWorker(this.#build, this.#threads, this.#device);
    }
    return this.#worker;
  }

  #loaded(): EngineWorker {
    if (this.#worker === undefined || this.info === undefined) {
      throw new HearthError("no_model", "No model is loaded. Load one first.");
    }
    return this.#worker;
  }
}

function promptOf(text: TextInput): Prompt {
  return typeof text === "string" ? { type: "text", text } : { type: "tokens", tokens: text };
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
