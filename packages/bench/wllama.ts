/**
 * What pages do with wllama. Each function runs in the page, so it uses nothing of this file but types.
 *
 * Version 2 is driven token by token. Version 3 has no such interface: it is asked to complete texts of those tokens; its own
 * timings separate the prompt from the answer. Their decode counts the first token, which costs nothing, in wllama's favour.
 */
import type { Job, Measured, Prompt } from "./plan.js";

/** What is used of the package, of either version. */
interface Package {
  readonly Wllama: new (paths: Readonly<Record<string, string>>, config: object) => Wllama;
  readonly LoggerWithoutDebug: object;
}

interface Wllama {
  readonly modelManager: { downloadModel(url: string): Promise<unknown> };
  loadModelFromUrl(url: string, config: object): Promise<void>;
  getNumThreads(): number;
  exit(): Promise<void>;
  /** Of version 2 alone. */
  samplingInit?(config: object): Promise<void>;
  samplingSample(): Promise<{ token: number }>;
  samplingAccept(tokens: readonly number[]): Promise<void>;
  decode(tokens: readonly number[], options: object): Promise<unknown>;
  kvClear(): Promise<void>;
  /** Of version 3. */
  createCompletion(options: object): Promise<{ timings?: { prompt_n: number; predicted_n: number; predicted_ms: number } }>;
}

/** Puts the model into wllama's own cache. */
export async function fillWllama([variant, model]: readonly [string, string]): Promise<void> {
  const address = new URL(`/wllama-${variant}/esm/index.js`, location.href).href;
  const { Wllama, LoggerWithoutDebug } = (await import(address)) as Package;
  const wllama = new Wllama({ default: "/" }, { logger: LoggerWithoutDebug });
  await wllama.modelManager.downloadModel(new URL(`/${model}?${variant}`, location.href).href);
}

/** Loads the model from there, and measures. */
export async function runWllama([job, model]: readonly [Job, string]): Promise<Measured> {
  const base = new URL(`/wllama-${job.variant}/esm/`, location.href).href;
  const { Wllama, LoggerWithoutDebug } = (await import(`${base}index.js`)) as Package;
  const since = (from: number): number => (performance.now() - from) / 1000;
  const started = performance.now();
  const paths = {
    default: `${base}wasm/wllama.wasm`,
    "single-thread/wllama.wasm": `${base}single-thread/wllama.wasm`,
    "multi-thread/wllama.wasm": `${base}multi-thread/wllama.wasm`,
  };
  const wllama = new Wllama(paths, { suppressNativeLog: true, logger: LoggerWithoutDebug, allowOffline: true });
  const url = new URL(`/${model}?${job.variant}`, location.href).href;
  // No GPU, and one sequence: what is compared is the processor's part.
  await wllama.loadModelFromUrl(url, { n_ctx: job.context, n_threads: job.threads, n_gpu_layers: 0, n_parallel: 1, warmup: false });
  const loadSeconds = since(started);

  await wllama.samplingInit?.({ temp: 0 });
  const isOld = wllama.samplingInit !== undefined;
  /** Seconds to the first token, and those of one more token after it. */
  const generate = async ({ tokens, text }: Prompt, more: number): Promise<[number, number]> => {
    const begun = performance.now();
    if (!isOld) {
      const options = { prompt: text, max_tokens: more + 1, temperature: 0, top_k: 1, ignore_eos: true, cache_prompt: false };
      const { timings } = await wllama.createCompletion(options);
      const all = since(begun);
      if (timings === undefined || timings.predicted_n !== more + 1) throw new Error(`wllama wrote ${timings?.predicted_n} tokens`);
      if (Math.abs(timings.prompt_n - tokens.length) > 1) throw new Error(`wllama read ${timings.prompt_n} tokens, not ${tokens.length}`);
      return more === 0 ? [all, 0] : [all - timings.predicted_ms / 1000, timings.predicted_ms / 1000 / timings.predicted_n];
    }
    await wllama.kvClear();
    await wllama.decode(tokens, {});
    let { token } = await wllama.samplingSample();
    const first = since(begun);
    const decoding = performance.now();
    for (let index = 0; index < more; index++) {
      await wllama.samplingAccept([token]);
      await wllama.decode([token], {});
      token = (await wllama.samplingSample()).token;
    }
    return [first, since(decoding) / more];
  };

  const { prompts } = job;
  await generate(prompts.first, 0);
  const firstTokenSeconds = since(started);
  const prefill: Record<string, number> = {};
  for (const prompt of prompts.prefill) prefill[prompt.tokens.length] = prompt.tokens.length / (await generate(prompt, 0))[0];
  const decode = 1 / (await generate(prompts.short, job.decode))[1];
  const deepDecode = job.deep ? 1 / (await generate(prompts.deep, job.decode))[1] : undefined;
  const threads = wllama.getNumThreads();
  await wllama.exit();
  return { loadSeconds, firstTokenSeconds, prefill, decode, deepDecode, threads };
}
