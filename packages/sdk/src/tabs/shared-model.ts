/**
 * One model for all tabs of an origin. The tab that gets the model's lock is the leader and loads it; the others send their requests to it. When the
 * leader is closed, the lock goes to the next tab, which loads the model, and requests that were under way go on there.
 */
import { abortError } from "../error.js";
import type { Build, LoadProgress, ModelInfo } from "../interface.js";
import type { Model } from "../loaded-model.js";
import { Leader, Served } from "./leader.js";
import { type Announcement, type Names, names, type ToClient, type ToLeader, type Welcome } from "./messages.js";
import { Running } from "./running.js";

/** How the leader gets the model. */
export interface Loading {
  /** What tells this model, loaded in this way, from others. */
  readonly key: string;
  load(onProgress: (progress: LoadProgress) => void, signal: AbortSignal): Promise<Model>;
  readonly onProgress: ((progress: LoadProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Whether this browser has what it takes. */
export function canShare(): boolean {
  return "locks" in navigator && typeof BroadcastChannel === "function";
}

/** The model as this tab sees it. */
export class SharedModel implements Model {
  readonly #running = new Running();
  readonly #names: Names;
  readonly #loading: Loading;
  readonly #id = crypto.randomUUID();
  readonly #ended = new AbortController();
  readonly #announcements: BroadcastChannel;
  readonly #channel: BroadcastChannel;
  #welcome: Welcome | undefined;
  #own: Model | undefined;
  #leader: Leader | undefined;

  private constructor(loading: Loading) {
    this.#loading = loading;
    this.#names = names(loading.key);
    this.#announcements = new BroadcastChannel(this.#names.channel);
    this.#channel = new BroadcastChannel(this.#names.client(this.#id));
  }

  /** Joins the tabs that have the model, or loads it for them. */
  static async join(loading: Loading): Promise<SharedModel> {
    const model = new SharedModel(loading);
    const { signal } = loading;
    const giveUp = (): void => model.#end(signal?.reason);
    signal?.addEventListener("abort", giveUp);
    try {
      await model.#ready();
      return model;
    } catch (error) {
      model.#end(error);
      throw error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  get host(): Running {
    return this.#running;
  }

  get info(): ModelInfo | undefined {
    return this.#own === undefined ? this.#welcome?.info : this.#own.info;
  }

  get build(): Build {
    return this.#own?.build ?? this.#welcome?.build ?? "compat";
  }

  get threads(): number {
    return this.#own?.threads ?? this.#welcome?.threads ?? 0;
  }

  /** Whether this tab has the engine. */
  get isLeader(): boolean {
    return this.#own !== undefined;
  }

  unload(): void {
    this.#end(abortError("The model was unloaded."));
  }

  /** Resolves as soon as there is an engine that answers, here or elsewhere. */
  async #ready(): Promise<void> {
    const ended = this.#ended.signal;
    await new Promise<void>((resolve, reject) => {
      ended.addEventListener("abort", () => reject(ended.reason));
      // Held as long as this tab may have requests elsewhere: by it a leader sees that this tab is gone.
      void navigator.locks.request(this.#names.client(this.#id), async () => {
        this.#announcements.onmessage = ({ data }: MessageEvent<Announcement>) => data.type === "leader" && this.#greet();
        this.#channel.onmessage = ({ data }: MessageEvent<ToClient>) => this.#receive(data, resolve);
        this.#greet();
        await aborted(ended);
      });
      const lead = navigator.locks.request(this.#names.lock, { signal: ended }, () => this.#lead(resolve));
      lead.catch(reject);
    });
  }

  #greet(): void {
    if (this.#leader === undefined) this.#announcements.postMessage({ type: "hello", client: this.#id } satisfies Announcement);
  }

  #receive(message: ToClient, ready: () => void): void {
    if (this.#leader !== undefined) return;
    if (message.type === "progress") return this.#loading.onProgress?.(message.progress);
    if (message.type === "event") return message.event.type === "crashed" ? undefined : this.#running.receive(message.event);
    this.#welcome = message;
    const post = (to: ToLeader): void => this.#channel.postMessage(to);
    this.#running.relink({
      send: (id, request) => post({ type: "request", id, request }),
      interrupt: (interruption) => post({ type: "interruption", interruption }),
    });
    ready();
  }

  /** Has the lock: loads the model, and holds the lock until the end. */
  async #lead(ready: () => void): Promise<void> {
    const ended = this.#ended.signal;
    if (ended.aborted) return;
    this.#running.relink(undefined);
    const leader = new Leader(this.#names);
    this.#leader = leader;
    try {
      const report = (progress: LoadProgress): void => {
        this.#loading.onProgress?.(progress);
        leader.progress(progress);
      };
      const own = await this.#loading.load(report, ended);
      this.#own = own;
      this.#running.relink(new Served(own.host, (event) => this.#running.receive(event)));
      leader.serve(own);
      ready();
      await aborted(ended);
    } catch (error) {
      this.#end(error);
      throw error;
    } finally {
      leader.close();
      this.#own?.unload();
    }
  }

  #end(reason: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#running.fail(reason);
    this.#leader?.close();
    this.#announcements.close();
    this.#channel.close();
    this.#ended.abort(reason);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
