/**
 * What a GPU does in the tab when it is made to fail: the engine's worker gets a small script before its own, which keeps the devices
 * that the browser hands out, loses them when a test says so, and lets them look smaller than they are.
 */
import type { Chunk, Profile, Sdk } from "./conformance.js";

/** How the browser's GPU is changed. */
export interface Changed {
  /** The largest buffer that a shader may see. */
  readonly maxBindingBytes?: number;
  /** So many of the first devices are lost as soon as the engine has them. */
  readonly loseFirst?: number;
  /** There is no WebGPU. */
  readonly missing?: boolean;
}

/** What is asked of the engine in the tab. */
export interface GpuJob {
  readonly changed: Changed;
  readonly device: string;
  /** The model's address. */
  readonly url: string;
  readonly load: { readonly contextLength?: number; readonly memoryLimitBytes?: number };
  readonly prompt: readonly number[];
  readonly generate: { readonly maxTokens: number; readonly temperature?: number; readonly seed?: number };
  /** After so many tokens the device is lost. */
  readonly loseAfterTokens?: number;
  /** Whether to count what the answer costs. */
  readonly profiled?: boolean;
}

/** What came of it. */
export interface GpuAnswer {
  readonly tokens: readonly number[];
  /** Events that tell of what was computed again. */
  readonly recomputed: number;
  readonly notes: readonly { readonly code: string; readonly message: string }[];
  readonly gpu: string | undefined;
  readonly contextLength: number;
  /** Bytes that the model takes. */
  readonly totalBytes: number;
  readonly profile: Profile | undefined;
  readonly error: string | undefined;
}

/** Runs in the page, which has the SDK. */
export async function ask(job: GpuJob): Promise<GpuAnswer> {
  const hook = `
    const { maxBindingBytes, loseFirst = 0, missing } = ${JSON.stringify(job.changed)};
    const devices = [];
    if (missing) {
      delete WorkerNavigator.prototype.gpu;
    } else {
      const request = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (descriptor) {
        const device = await request.call(this, descriptor);
        devices.push(device);
        if (devices.length <= loseFirst) setTimeout(() => device.destroy(), 0);
        return device;
      };
      for (const name of maxBindingBytes === undefined ? [] : ["maxStorageBufferBindingSize", "maxBufferSize"]) {
        Object.defineProperty(GPUSupportedLimits.prototype, name, { get: () => maxBindingBytes });
      }
    }
    const channel = new BroadcastChannel("hearth-test");
    channel.onmessage = () => {
      devices.at(-1)?.destroy();
      channel.postMessage("lost");
    };`;
  const script = (text: string): string => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const NativeWorker = globalThis.Worker;
  globalThis.Worker = class extends NativeWorker {
    constructor(url: string | URL, options?: WorkerOptions) {
      // Modules are run in the order of their imports.
      super(script(`import ${JSON.stringify(script(hook))}; import ${JSON.stringify(String(url))};`), options);
    }
  };
  const { Hearth } = (await import(new URL("index.js", location.href).href)) as Sdk;
  const channel = new BroadcastChannel("hearth-test");
  const tokens: number[] = [];
  let recomputed = 0;
  const answer = (rest: Partial<GpuAnswer>): GpuAnswer => ({
    ...{ tokens, recomputed, notes: [], gpu: undefined, contextLength: 0, totalBytes: 0, profile: undefined, error: undefined },
    ...rest,
  });
  let hearth;
  try {
    hearth = await Hearth.create({ build: "compat", threads: 1, device: job.device });
    const info = await hearth.load(await (await fetch(job.url)).blob(), job.load);
    if (job.profiled === true) await hearth.startProfile();
    const { maxTokens, temperature = 0, seed = 0 } = job.generate;
    const asked = { prompt: job.prompt, max_tokens: maxTokens, temperature, seed, top_k: 0, top_p: 1, min_p: 0 };
    const told = { ignore_eos: true, return_token_ids: true, return_progress: true };
    const chunks: AsyncIterable<Chunk> = await hearth.completions.create({ ...asked, ...told, stream: true });
    for await (const { choices, prompt_progress } of chunks) {
      if (prompt_progress?.recomputed === true) recomputed += 1;
      const [id] = choices[0]?.token_ids ?? [];
      if (id === undefined) continue;
      tokens.push(id);
      if (tokens.length !== job.loseAfterTokens) continue;
      const lost = new Promise((resolve) => (channel.onmessage = resolve));
      channel.postMessage("lose");
      await lost;
    }
    const profile = await hearth.stopProfile();
    const { notes, gpu, contextLength, memory } = info;
    return answer({ notes, gpu, contextLength, profile, totalBytes: memory.weightsBytes + memory.stateBytes + memory.workingBytes });
  } catch (error) {
    return answer({ error: String(error) });
  } finally {
    hearth?.unload();
    channel.close();
    globalThis.Worker = NativeWorker;
  }
}

/** What came of one of the ways to compute. */
export interface Trial {
  readonly kernel: string;
  readonly variant: string;
  readonly outcome: { readonly right?: object; readonly wrong?: object };
}

/** What the engine keeps in the browser about its GPU. Runs in the page. */
export async function trials(): Promise<readonly Trial[]> {
  const answer = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await answer(indexedDB.open("hearth-gpu"));
  const record = await answer(database.transaction("records").objectStore("records").get("record"));
  database.close();
  return (JSON.parse(record) as { trials: Trial[] }).trials;
}
