/** What pages do with Hearth. Each function runs in the page, so it uses nothing of this file but types. */
import type { Job, Measured, Prompt } from "./plan.js";

/** What is used of the SDK. */
interface Sdk {
  readonly Hearth: { create(options: { build: string; threads: number }): Promise<Hearth> };
}

interface Hearth {
  load(file: FileSystemFileHandle, options: { contextLength: number }): Promise<unknown>;
  readonly completions: { create(params: object): Promise<AsyncIterable<{ choices: readonly { token_ids?: readonly number[] }[] }>> };
  report(): Promise<{ threads: number }>;
  unload(): void;
}

/** Puts the model into the page's own file system, as an app would. */
export async function fillHearth(model: string): Promise<void> {
  const folder = await navigator.storage.getDirectory();
  const file = await (await folder.getFileHandle(model, { create: true })).createWritable();
  const { body } = await fetch(`/${model}`);
  if (body === null) throw new Error("the server sent no model");
  await body.pipeTo(file);
}

/** Loads the model from there, and measures. */
export async function runHearth([job, model]: readonly [Job, string]): Promise<Measured> {
  const address = new URL("/sdk/index.js", location.href).href;
  const { Hearth } = (await import(address)) as Sdk;
  const folder = await navigator.storage.getDirectory();
  const started = performance.now();
  const since = (from: number): number => (performance.now() - from) / 1000;
  const file = await folder.getFileHandle(model);
  const hearth = await Hearth.create({ build: job.variant, threads: job.threads });
  await hearth.load(file, { contextLength: job.context });
  const loadSeconds = since(started);

  /** Seconds to the first token, and from it to the last one. */
  const generate = async ({ tokens }: Prompt, maxTokens: number): Promise<[number, number]> => {
    // Guessing ahead would do well at what a model of random weights writes: the same words again and again.
    const options = { max_tokens: maxTokens, ignore_eos: true, temperature: 0, speculation: "off", return_token_ids: true, stream: true };
    const begun = performance.now();
    let first = 0;
    let last = 0;
    for await (const { choices } of await hearth.completions.create({ ...options, prompt: tokens })) {
      if ((choices[0]?.token_ids ?? []).length === 0) continue;
      last = since(begun);
      if (first === 0) first = last;
    }
    return [first, last - first];
  };

  const { prompts } = job;
  await generate(prompts.first, 1);
  const firstTokenSeconds = since(started);
  const prefill: Record<string, number> = {};
  for (const prompt of prompts.prefill) prefill[prompt.tokens.length] = prompt.tokens.length / (await generate(prompt, 1))[0];
  const speed = async (prompt: Prompt): Promise<number> => job.decode / (await generate(prompt, job.decode + 1))[1];
  const decode = await speed(prompts.short);
  const deepDecode = job.deep ? await speed(prompts.deep) : undefined;
  const { threads } = await hearth.report();
  hearth.unload();
  return { loadSeconds, firstTokenSeconds, prefill, decode, deepDecode, threads };
}
