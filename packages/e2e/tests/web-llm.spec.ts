/** Programs that were written for `@mlc-ai/web-llm` run on its adapter: its published examples, with another import. */
import type * as WebLlm from "@hearth/sdk/compat/web-llm";
import { expect, MODELS, START, test, testInBoth } from "../compat.js";
import { EMBER_WIDTH } from "../models.js";

/** What examples are run with. */
interface Job {
  readonly chat: string;
  readonly embedding: string;
  readonly stories: string;
  readonly hearth: typeof START;
}

const JOB: Job = { ...MODELS, hearth: START };

test.describe("web-llm", () => {
  test("the example of getting started answers, and what only a compiled model can do is an error", async ({ tab }) => {
    const { reports, reply, errors } = await tab.evaluate(getStarted, JOB);
    expect(reports.length).toBeGreaterThanOrEqual(2);
    expect(reports[0]).toEqual({ progress: 0, timeElapsed: expect.any(Number) as unknown, text: expect.stringContaining("small") as unknown });
    expect(reports.at(-1)).toMatchObject({ progress: 1 });
    for (let at = 1; at < reports.length; at++) expect(reports[at]?.progress).toBeGreaterThanOrEqual(reports[at - 1]?.progress ?? 0);
    expect(reply.object).toBe("chat.completion");
    expect(reply.choices[0]?.message).toMatchObject({ role: "assistant" });
    expect(reply.choices[0]?.finish_reason).toBe("length");
    expect(reply.usage).toMatchObject({ completion_tokens: 5, extra: { prefill_tokens_per_s: expect.any(Number) as unknown } });
    expect(reply.usage?.extra.time_to_first_token_s).toBeGreaterThan(0);
    expect(reply.usage?.extra.e2e_latency_s).toBeGreaterThanOrEqual(reply.usage?.extra.time_to_first_token_s ?? Infinity);
    expect(errors.builtIn).toMatch(/compiled for web-llm.*GGUF/);
    expect(errors.compiled).toMatch(/Name its GGUF file/);
    expect(errors.template).toMatch(/`conv_template` cannot be set/);
  });

  testInBoth("several models are streamed from, interrupted, replaced and unloaded", async ({ tab }) => {
    const { streamed, interrupted, vector, codes } = await tab.evaluate(severalModels, JOB);
    expect(streamed.message).toBe(streamed.text);
    expect(streamed.usages).toEqual([12]);
    expect(streamed.stats).toMatch(/^prefill: \d+\.\d{4} tokens\/sec, decoding: \d+\.\d{4} tokens\/sec$/);
    expect(streamed.afterReset).toBe("");
    expect(streamed.likely).toMatchObject({ token: expect.any(String) as unknown, logprob: expect.any(Number) as unknown });
    expect(streamed.likely?.top_logprobs).toHaveLength(2);
    for (const { finish, tokens } of interrupted) {
      expect(finish).toBe("abort");
      expect(tokens).toBeLessThan(400);
    }
    expect(vector).toBe(EMBER_WIDTH);
    expect(codes).toEqual({ unknown: "model_not_found", unloaded: "no_model" });
  });
});

/** Runs in the page. */
async function getStarted({ chat, hearth }: Job) {
  const { CreateMLCEngine, CreateWebWorkerMLCEngine } = (await import(new URL("/compat/web-llm.js", location.href).href)) as typeof WebLlm;
  const reports: WebLlm.InitProgressReport[] = [];
  const appConfig = { model_list: [{ model_id: "small", model: chat }] };
  const engine = await CreateWebWorkerMLCEngine(undefined, "small", { appConfig, hearth, initProgressCallback: (report) => void reports.push(report) });
  const messages = [
    { role: "system", content: "You are a helpful AI assistant." },
    { role: "user", content: "Hello!" },
  ] as const;
  const reply = await engine.chat.completions.create({ messages, max_tokens: 5, ignore_eos: true, repetition_penalty: 1.1 });
  await engine.unload();
  const message = async (work: Promise<unknown>): Promise<string> => await work.then(() => "none", (error: Error) => error.message);
  const compiled = { model_id: "m", model: "https://huggingface.co/mlc-ai/m-MLC", model_lib: "https://example.org/m.wasm" };
  const errors = {
    builtIn: await message(CreateMLCEngine("Llama-3.1-8B-Instruct-q4f32_1-MLC", { hearth })),
    compiled: await message(CreateMLCEngine("m", { appConfig: { model_list: [compiled] }, hearth })),
    template: await message(CreateMLCEngine(chat, { hearth }, { conv_template: {} } as WebLlm.ChatOptions)),
  };
  return { reports, reply, errors };
}

/** Runs in the page. */
async function severalModels({ stories, embedding, hearth }: Job) {
  const { MLCEngine } = (await import(new URL("/compat/web-llm.js", location.href).href)) as typeof WebLlm;
  const model_list = [
    { model_id: "stories", model: stories },
    { model_id: "vectors", model: embedding },
  ];
  const engine = new MLCEngine({ appConfig: { model_list }, hearth });
  await engine.reload(["stories", "vectors"], [{ temperature: 0.5 }, { context_window_size: 256 }]);
  const prompt = { model: "stories", prompt: "Once upon a time", ignore_eos: true } as const;

  let text = "";
  const usages: number[] = [];
  for await (const chunk of await engine.completions.create({ ...prompt, max_tokens: 12, stream: true, stream_options: { include_usage: true } })) {
    text += chunk.choices[0]?.text ?? "";
    if (chunk.usage) usages.push(chunk.usage.completion_tokens);
  }
  const message = await engine.getMessage("stories");
  const stats = await engine.runtimeStatsText("stories");
  await engine.resetChat(false, "stories");
  const afterReset = await engine.getMessage("stories");
  const { choices } = await engine.completion({ ...prompt, max_tokens: 2, logprobs: true, top_logprobs: 2 });
  const streamed = { text, usages, message, stats, afterReset, likely: choices[0]?.logprobs?.content[0] };

  const interrupted: { finish?: string | null | undefined; tokens?: number | undefined }[] = [];
  const long = { ...prompt, max_tokens: 400 };
  for await (const chunk of await engine.completions.create({ ...long, stream: true, stream_options: { include_usage: true } })) {
    engine.interruptGenerate();
    if (chunk.choices[0]?.finish_reason) interrupted.push({ finish: chunk.choices[0].finish_reason });
    if (chunk.usage) interrupted.at(-1)!.tokens = chunk.usage.completion_tokens;
  }
  const answer = engine.completion(long);
  setTimeout(() => engine.interruptGenerate(), 20);
  const whole = await answer;
  interrupted.push({ finish: whole.choices[0]?.finish_reason, tokens: whole.usage?.completion_tokens });

  await engine.reload("vectors");
  const { data } = await engine.embeddings.create({ model: "vectors", input: "a text" });
  const code = async (work: Promise<unknown>): Promise<unknown> => await work.then(() => "none", (error: { code?: string }) => error.code);
  const unknown = await code(engine.reload("Nobody-q4f16_1-MLC"));
  await engine.unload();
  return { streamed, interrupted, vector: data[0]?.embedding.length, codes: { unknown, unloaded: await code(engine.completion(prompt)) } };
}
