/** The Vercel AI SDK, as it is published, over models of the page. */
import type * as Provider from "@hearth/sdk/compat/ai-sdk";
import type * as Ai from "ai";
import { expect, MODELS, START, type Tab, test, testInBoth } from "../compat.js";
import { passOver } from "../fixtures.js";
import { EMBER_WIDTH } from "../models.js";
import type { Sdk } from "../sdk.js";

const JOB = { models: { chat: MODELS.chat, vectors: MODELS.embedding }, start: { ...START, contextLength: 1_024 } };
type Job = typeof JOB;

declare global {
  interface Window {
    ai: typeof Ai;
    provider: Provider.HearthProvider;
    requests: object[];
  }
}

/** The package asks whether it may compile code, which the page's policy forbids, and goes on without; Firefox tells of it. */
const NO_EVAL = /blocked a JavaScript eval/;

test.describe("the AI SDK", () => {
  test.afterEach(({ pageErrors }) => passOver(pageErrors, NO_EVAL));

  testInBoth("text is generated and streamed, and texts are embedded", async ({ tab }) => {
    const { generated, streamed, aborted, errors, embedded } = await asked(tab, generateAndStream);
    expect(generated.finishReason).toBe("length");
    expect(generated.usage).toMatchObject({ outputTokens: 8 });
    expect(generated.usage.totalTokens).toBe((generated.usage.inputTokens ?? 0) + 8);
    expect(generated.metadata).toMatchObject({ served_by: "local", timings: { decode_tokens_per_second: expect.any(Number) as unknown } });
    expect(generated.response).toEqual({ modelId: "chat", id: expect.stringMatching(/^chatcmpl-/) as unknown });
    expect(generated.request).toMatchObject({
      temperature: 0,
      max_tokens: 8,
      seed: 7,
      stop: ["never"],
      reasoning_effort: "none",
      ignore_eos: true,
      messages: [{ role: "system" }, { role: "user", content: "Hello" }],
    });
    expect(streamed.text).toBe(generated.text);
    expect(streamed.usage).toMatchObject({ outputTokens: 8 });
    expect(streamed.types.slice(0, 2)).toEqual(["start", "start-step"]);
    expect(streamed.types.filter((type) => /^(text|reasoning)-/.test(type))).toEqual(expect.arrayContaining(["text-start", "text-delta", "text-end"]));
    expect(streamed.types.slice(-2)).toEqual(["finish-step", "finish"]);
    expect(aborted).toEqual({ generate: "AbortError", types: expect.arrayContaining(["abort"]) as unknown });
    expect(errors).toEqual({ model: "model_not_found", picture: "unsupported_content", image: "model_not_found" });
    expect(embedded).toEqual({ one: EMBER_WIDTH, many: [EMBER_WIDTH, EMBER_WIDTH], alike: expect.closeTo(1, 5) as unknown, tokens: expect.any(Number) as unknown });
  });

  testInBoth("a tool is called, and its result is read in the next step", async ({ tab }) => {
    const { steps, called, requests, stream } = await asked(tab, callTools);
    expect(requests[0]).toMatchObject({ tool_choice: "required", tools: [{ type: "function", function: { name: "weather" } }] });
    expect(called).toHaveLength(2);
    for (const input of called) expect(["Paris", "Rome"]).toContain(input.location);
    expect(steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "length"]);
    expect(steps[0]?.calls).toEqual(["weather"]);
    expect(requests[1]).toMatchObject({ tool_choice: "none", messages: [{ role: "user" }, { role: "assistant" }, { role: "tool", content: '{"degrees":21}' }] });
    expect(stream.types.filter((type) => type.startsWith("tool-"))).toEqual(
      expect.arrayContaining(["tool-input-start", "tool-input-delta", "tool-input-end", "tool-call", "tool-result"]),
    );
  });

  testInBoth("objects follow their schema, at once and in pieces", async ({ tab }) => {
    const { requests, objects, partial } = await asked(tab, makeObjects);
    const response_format = { type: "json_schema", json_schema: { schema: { required: ["colour", "sure"] } } };
    for (const request of requests) expect(request).toMatchObject({ response_format });
    for (const object of objects) expect(object).toEqual({ colour: expect.stringMatching(/^(red|green)$/) as unknown, sure: expect.any(Boolean) as unknown });
    expect(partial).toEqual(objects.at(-1));
  });
});

/** Begins in a page, and goes on there with `work`. */
async function asked<Result>(tab: Tab, work: () => Promise<Result>): Promise<Result> {
  await tab.evaluate(begin, JOB);
  return await tab.evaluate(work, undefined);
}

/** Runs in the page: loads the models, and notes what they are asked from then on. */
async function begin({ models, start }: Job) {
  const { Hearth } = (await import(new URL("/index.js", location.href).href)) as typeof Sdk;
  const { createHearth } = (await import(new URL("/compat/ai-sdk.js", location.href).href)) as typeof Provider;
  window.ai = (await import(new URL("/vendor/ai.js", location.href).href)) as typeof Ai;
  window.hearth = await Hearth.create({ ...start, models });
  window.provider = createHearth(window.hearth);
  window.requests = [];
  const { completions } = window.hearth.chat;
  const { create } = completions;
  completions.create = ((params: object, options: object) => {
    // A copy: what two requests have in common would come out of Firefox once.
    window.requests.push(structuredClone(params));
    return create(params as never, options);
  }) as typeof create;
}

/** Runs in the page. */
async function generateAndStream() {
  const { ai, provider: hearth, requests } = window;
  const call = {
    model: hearth("chat"),
    system: "Be brief.",
    prompt: "Hello",
    temperature: 0,
    maxOutputTokens: 8,
    seed: 7,
    stopSequences: ["never"],
    reasoning: "none" as const,
    providerOptions: { hearth: { ignore_eos: true } },
  };
  const whole = await ai.generateText(call);
  const { text, finishReason, usage, providerMetadata, response } = whole;
  const generated = {
    text,
    finishReason,
    usage,
    metadata: providerMetadata?.["hearth"],
    response: { modelId: response.modelId, id: response.id },
    request: requests[0],
  };
  const stream = ai.streamText(call);
  const types: string[] = [];
  for await (const { type } of stream.fullStream) types.push(type);
  const streamed = { text: await stream.text, usage: await stream.usage, types };

  const name = async (work: PromiseLike<unknown>): Promise<string> => await work.then(() => "none", (error: Error) => error.name);
  const code = async (work: () => PromiseLike<unknown>): Promise<unknown> => {
    try {
      await work();
      return "none";
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  const long = { ...call, maxOutputTokens: 900 };
  const generate = await name(ai.generateText({ ...long, abortSignal: AbortSignal.any([AbortSignal.timeout(60_000), soon(30)]) }));
  const controller = new AbortController();
  const stopped: string[] = [];
  for await (const { type } of ai.streamText({ ...long, abortSignal: controller.signal }).fullStream) {
    stopped.push(type);
    if (type === "text-delta") controller.abort();
  }
  const picture = { type: "file", data: new Uint8Array([1, 2, 3]), mediaType: "image/png" } as const;
  const errors = {
    model: await code(() => ai.generateText({ model: hearth("nobody"), prompt: "Hello", maxRetries: 0 })),
    picture: await code(() => ai.generateText({ model: hearth("chat"), messages: [{ role: "user", content: [picture] }], maxRetries: 0 })),
    image: await code(async () => hearth.imageModel("pictures")),
  };

  const model = hearth.embeddingModel("vectors");
  const one = await ai.embed({ model, value: "sunny day at the beach" });
  const many = await ai.embedMany({ model, values: ["sunny day at the beach", "rainy afternoon in the city"] });
  const embedded = {
    one: one.embedding.length,
    many: many.embeddings.map((vector) => vector.length),
    alike: ai.cosineSimilarity(one.embedding, many.embeddings[0] ?? []),
    tokens: many.usage.tokens,
  };
  window.hearth.unload();
  return { generated, streamed, aborted: { generate, types: stopped }, errors, embedded };

  function soon(millis: number): AbortSignal {
    const later = new AbortController();
    setTimeout(() => later.abort(), millis);
    return later.signal;
  }
}

/** Runs in the page. */
async function callTools() {
  const { ai, provider, requests } = window;
  const called: { location: string }[] = [];
  const weather = ai.tool({
    description: "Get the weather in a location",
    inputSchema: ai.jsonSchema<{ location: string }>({
      type: "object",
      properties: { location: { type: "string", enum: ["Paris", "Rome"] } },
      required: ["location"],
      additionalProperties: false,
    }),
    execute: async (input) => {
      called.push(input);
      return { degrees: 21 };
    },
  });
  const call = {
    model: provider(),
    prompt: "What is the weather in Paris?",
    tools: { weather },
    maxOutputTokens: 100,
    temperature: 0,
    reasoning: "none",
    providerOptions: { hearth: { parallel_tool_calls: false } },
    stopWhen: ai.isStepCount(2),
    prepareStep: ({ stepNumber }: { stepNumber: number }) =>
      stepNumber === 0
        ? { toolChoice: "required" as const }
        : { toolChoice: "none" as const, providerOptions: { hearth: { ignore_eos: true, max_tokens: 4 } } },
  } as const;
  const { steps } = await ai.generateText(call);
  const types: string[] = [];
  for await (const { type } of ai.streamText(call).fullStream) types.push(type);
  window.hearth.unload();
  return {
    steps: steps.map(({ finishReason, toolCalls }) => ({ finishReason, calls: toolCalls.map(({ toolName }) => toolName) })),
    called,
    requests,
    stream: { types },
  };
}

/** Runs in the page. */
async function makeObjects() {
  const { ai, provider, requests } = window;
  const schema = ai.jsonSchema<{ colour: string; sure: boolean }>({
    type: "object",
    properties: { colour: { type: "string", enum: ["red", "green"] }, sure: { type: "boolean" } },
    required: ["colour", "sure"],
    additionalProperties: false,
  });
  const call = { model: provider(), prompt: "Which colour?", maxOutputTokens: 60, temperature: 0, reasoning: "none", maxRetries: 0 } as const;
  const objects: unknown[] = [];
  const keep = async (object: PromiseLike<unknown>): Promise<void> => void objects.push(await object.then((made) => made, (error: Error) => error.name));
  await keep(ai.generateObject({ ...call, schema }).then(({ object }) => object));
  await keep(ai.generateText({ ...call, output: ai.Output.object({ schema }) }).then(({ output }) => output));
  const stream = ai.streamText({ ...call, output: ai.Output.object({ schema }) });
  let partial: unknown;
  for await (const piece of stream.partialOutputStream) partial = piece;
  await keep(stream.output);
  window.hearth.unload();
  return { requests, objects, partial };
}
