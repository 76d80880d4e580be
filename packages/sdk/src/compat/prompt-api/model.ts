/** The model behind a `LanguageModel` class: loaded when the first session wants it, and freed with the last one. */
import { HearthError } from "../../error.js";
import { Hearth } from "../../hearth.js";
import type { HearthOptions, LoadProgress, ModelSource } from "../../interface.js";
import { LoadShare } from "../../load-share.js";
import { resolveModel } from "../../model-source.js";
import { probe } from "../../probe.js";
import { ModelStore } from "../../storage/store.js";
import { isStored } from "../../stored-parts.js";
import type { Availability } from "./types.js";

export type ModelOptions = Omit<HearthOptions, "model" | "models" | "onProgress" | "signal">;

/** A load, and who waits for it. */
interface Load {
  readonly hearth: Promise<Hearth>;
  readonly controller: AbortController;
  readonly listeners: Set<(share: number) => void>;
  isDone: boolean;
  /** Sessions that have it, and creations that wait for it. */
  users: number;
}

export class SharedModel {
  #load: Load | undefined;

  constructor(
    private readonly model: ModelSource | Hearth,
    private readonly options: ModelOptions,
  ) {}

  /** Whether it cannot run here at all. */
  get isUnavailable(): boolean {
    return this.#state() === "unavailable";
  }

  /** `available` where a session would begin without a download. */
  async availability(): Promise<Availability> {
    const before = this.#state();
    if (before !== undefined) return before;
    const isHere = await this.#isHere();
    // Meanwhile somebody may have begun a session.
    return this.#state() ?? (isHere ? "available" : "downloadable");
  }

  /** The model, loaded. Whoever gets it {@link release}s it once. */
  async acquire(signal: AbortSignal | undefined, onProgress: (share: number) => void): Promise<Hearth> {
    signal?.throwIfAborted();
    if (this.model instanceof Hearth) return this.model;
    const load = (this.#load ??= this.#begin(this.model));
    load.users += 1;
    load.listeners.add(onProgress);
    const gaveUp = new AbortController();
    try {
      return await Promise.race([load.hearth, rejection(signal, gaveUp.signal)]);
    } catch (error) {
      this.#leave(load);
      throw error;
    } finally {
      gaveUp.abort();
      load.listeners.delete(onProgress);
    }
  }

  /** Keeps the model for one more user. */
  retain(): void {
    if (this.#load !== undefined) this.#load.users += 1;
  }

  release(): void {
    if (this.#load !== undefined) this.#leave(this.#load);
  }

  /** What is known without a look at the storage. */
  #state(): Availability | undefined {
    if (this.model instanceof Hearth) return this.model.info === undefined ? "unavailable" : "available";
    if (this.#load !== undefined) return this.#load.isDone ? "available" : "downloading";
    return probe().simd ? undefined : "unavailable";
  }

  async #isHere(): Promise<boolean> {
    if (this.model instanceof Hearth) return true;
    const { hub, catalogue, store = true } = this.options;
    let opened: ModelStore | undefined;
    try {
      const files = await resolveModel(this.model, { hub, catalogue });
      const isLocal = files.every(({ type }) => type === "local");
      if (store === true && !isLocal) opened = await ModelStore.open();
      return await isStored(files, typeof store === "object" ? store : opened);
    } catch {
      // What cannot be found out now, `create` tells.
      return false;
    } finally {
      opened?.close();
    }
  }

  #begin(source: ModelSource): Load {
    const controller = new AbortController();
    const listeners = new Set<(share: number) => void>();
    const share = new LoadShare();
    const onProgress = (progress: LoadProgress): void => {
      const done = share.update(progress);
      for (const listener of listeners) listener(done);
    };
    const hearth = Hearth.create({ ...this.options, model: source, onProgress, signal: controller.signal });
    const load: Load = { hearth, controller, listeners, isDone: false, users: 0 };
    hearth.then(
      () => (load.isDone = true),
      () => (this.#load = this.#load === load ? undefined : this.#load),
    );
    return load;
  }

  #leave(load: Load): void {
    load.users -= 1;
    if (load.users > 0) return;
    if (this.#load === load) this.#load = undefined;
    load.controller.abort();
    load.hearth.then((hearth) => hearth.unload()).catch(() => undefined);
  }
}

/** The room for tokens. */
export function contextWindow(hearth: Hearth): number {
  if (hearth.info === undefined) throw new HearthError("no_model", "The model was unloaded.");
  return hearth.info.contextLength;
}

/** Rejects when `signal` says so, as long as `until` does not. */
function rejection(signal: AbortSignal | undefined, until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { signal: until }));
}
