/** OpenAI's own client, as it is published, asks models of the page through `hearth.fetch`. */
import type { Hearth } from "@hearth/sdk";
import type * as OpenAIModule from "openai";
import { expect, MODELS, START, test, testInBoth } from "../compat.js";
import { EMBER_WIDTH, reference } from "../models.js";

const JOB = {
  models: { chat: MODELS.chat, vectors: MODELS.embedding, stories: MODELS.stories },
  start: { ...START, contextLength: 1_024 },
  prompt: "",
};
type Job = typeof JOB;

test.describe("OpenAI's client", () => {
  testInBoth("answers conversations, whole and in pieces, and is stopped", async ({ tab }) => {
    const { whole, streamed, helper, aborted } = await tab.evaluate(converse, JOB);
    expect(whole).toMatchObject({ object: "chat.completion", model: "chat", choices: [{ index: 0, finish_reason: "length" }] });
    expect(whole.usage).toMatchObject({ completion_tokens: 6 });
    expect(streamed.text).toBe(whole.choices[0]?.message.content);
    expect(streamed.usage).toMatchObject({ completion_tokens: 6, total_tokens: whole.usage?.total_tokens });
    expect(streamed.ids).toHaveLength(1);
    expect(helper.events).toEqual(expect.arrayContaining(["connect", "content", "finalMessage", "finalChatCompletion", "end"]));
    expect(helper.text).toBe(whole.choices[0]?.message.content);
    expect(helper.whole).toMatchObject({ object: "chat.completion", choices: [{ finish_reason: "length" }] });
    expect(aborted.controller).toBeLessThan(500);
    expect(aborted.signal).toBe("APIUserAbortError");
    expect(aborted.after).toBe("length");
  });

  testInBoth("completes texts, embeds them, lists models, and throws its own errors", async ({ tab }) => {
    const { prompt, answer } = reference();
    const { text, pieces, vectors, models, errors } = await tab.evaluate(completeAndEmbed, { ...JOB, prompt });
    expect(text).toBe(answer);
    expect(pieces).toBe(text);
    expect(vectors.byDefault).toHaveLength(2);
    // The client asks for base64 where nothing is said, and gives numbers.
    for (const [at, vector] of vectors.byDefault.entries()) {
      expect(vector).toHaveLength(EMBER_WIDTH);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      for (const [index, number] of vector.entries()) expect(number).toBeCloseTo(vectors.asFloats[at]?.[index] ?? Number.NaN, 6);
    }
    expect(models).toEqual({ ids: ["chat", "vectors", "stories"], one: "stories" });
    expect(errors).toEqual({
      parameter: { name: "BadRequestError", status: 400, type: "invalid_request_error", code: "bad_sampling", names: true },
      unknown: { name: "BadRequestError", status: 400, type: "invalid_request_error", code: "bad_request", names: true },
      model: { name: "NotFoundError", status: 404, type: "invalid_request_error", code: "model_not_found" },
      missing: { name: "NotFoundError", status: 404, type: "invalid_request_error", code: "model_not_found" },
      route: { name: "NotFoundError", status: 404, type: "invalid_request_error", code: "unknown_url" },
    });
  });

  test("tools are run until there is an answer", async ({ tab }) => {
    const { called, roles, result, requests } = await tab.evaluate(runTools, JOB);
    expect(requests[0]).toMatchObject({ tool_choice: { type: "function", function: { name: "getWeather" } } });
    expect(called).toHaveLength(1);
    expect(["Paris", "Rome"]).toContain(called[0]?.location);
    expect(roles.slice(0, 3)).toEqual(["user", "assistant", "tool"]);
    expect(result).toMatchObject({ role: "tool", content: "21 degrees" });
  });

  testInBoth("a schema is followed, and parsed by the client", async ({ tab }) => {
    const { colour } = await tab.evaluate(parse, JOB);
    expect(["red", "green"]).toContain(colour);
  });
});

/** Runs in the page. */
async function converse({ models, start }: Job) {
  const sdk = (await import(new URL("/index.js", location.href).href)) as { Hearth: typeof Hearth };
  const { default: OpenAI } = (await import(new URL("/vendor/openai.js", location.href).href)) as typeof OpenAIModule;
  const hearth = await sdk.Hearth.create({ ...start, models: { chat: models.chat } });
  const client = new OpenAI({ apiKey: "local", baseURL: "http://localhost/v1", fetch: hearth.fetch, dangerouslyAllowBrowser: true });
  const extra = { ignore_eos: true };
  const request = {
    model: "chat",
    messages: [{ role: "user" as const, content: "Say this is a test", name: "somebody" }],
    max_completion_tokens: 6,
    temperature: 0,
    reasoning_effort: "none" as const,
    ...extra,
  };
  const whole = await client.chat.completions.create(request);

  let text = "";
  const ids = new Set<string>();
  let usage: object | null | undefined;
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } })) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
    ids.add(chunk.id);
  }

  const events: string[] = [];
  const runner = client.chat.completions.stream(request);
  for (const event of ["connect", "content", "finalMessage", "finalChatCompletion", "end"] as const) runner.on(event, () => void events.push(event));
  const helper = { text: await runner.finalContent(), whole: await runner.finalChatCompletion(), events };

  const long = { ...request, max_completion_tokens: 800 };
  let controller = 0;
  const stream = await client.chat.completions.create({ ...long, stream: true });
  for await (const _ of stream) {
    controller += 1;
    if (controller === 3) stream.controller.abort();
  }
  const stopping = new AbortController();
  setTimeout(() => stopping.abort(), 30);
  const signal = await client.chat.completions.create(long, { signal: stopping.signal }).then(
    () => "none",
    (error: Error) => error.constructor.name,
  );
  const after = (await client.chat.completions.create(request)).choices[0]?.finish_reason;
  hearth.unload();
  return { whole, streamed: { text, ids: [...ids], usage }, helper, aborted: { controller, signal, after } };
}

/** Runs in the page. */
async function completeAndEmbed({ models, start, prompt }: Job) {
  const sdk = (await import(new URL("/index.js", location.href).href)) as { Hearth: typeof Hearth };
  const { default: OpenAI } = (await import(new URL("/vendor/openai.js", location.href).href)) as typeof OpenAIModule;
  const hearth = await sdk.Hearth.create({ ...start, models });
  const client = new OpenAI({ apiKey: "local", baseURL: "http://localhost/v1", fetch: hearth.fetch, dangerouslyAllowBrowser: true });
  const request = { model: "stories", prompt, max_tokens: 64, temperature: 0 };
  const text = (await client.completions.create(request)).choices[0]?.text ?? "";
  let pieces = "";
  for await (const { choices } of await client.completions.create({ ...request, stream: true })) pieces += choices[0]?.text ?? "";

  const input = ["The quick brown fox", "jumped over the lazy dog"];
  const byDefault = (await client.embeddings.create({ model: "vectors", input })).data.map(({ embedding }) => embedding);
  const asFloats = (await client.embeddings.create({ model: "vectors", input, encoding_format: "float" })).data.map(({ embedding }) => embedding);
  const ids: string[] = [];
  for await (const { id } of client.models.list()) ids.push(id);
  const one = (await client.models.retrieve("stories")).id;

  const failure = async (work: Promise<unknown>, field?: string): Promise<object> => {
    const error = await work.then(() => undefined, (error: unknown) => error);
    if (!(error instanceof OpenAI.APIError)) return { error: String(error) };
    const { status, type, code, message } = error;
    const name = error instanceof OpenAI.BadRequestError ? "BadRequestError" : error instanceof OpenAI.NotFoundError ? "NotFoundError" : "APIError";
    return { name, status, type, code, ...(field !== undefined && { names: message.includes(field) }) };
  };
  const errors = {
    parameter: await failure(client.completions.create({ ...request, temperature: -1 }), "temperature"),
    unknown: await failure(client.completions.create({ ...request, best_off: 2 } as typeof request), "best_off"),
    model: await failure(client.completions.create({ ...request, model: "nobody" })),
    missing: await failure(client.models.retrieve("nobody")),
    route: await failure(client.images.generate({ prompt: "a cat" })),
  };
  hearth.unload();
  return { text, pieces, vectors: { byDefault, asFloats }, models: { ids, one }, errors };
}

/** Runs in the page. */
async function runTools({ models, start }: Job) {
  const sdk = (await import(new URL("/index.js", location.href).href)) as { Hearth: typeof Hearth };
  const { default: OpenAI } = (await import(new URL("/vendor/openai.js", location.href).href)) as typeof OpenAIModule;
  const hearth = await sdk.Hearth.create({ ...start, models: { chat: models.chat } });
  const requests: object[] = [];
  const watching: typeof fetch = async (url, init) => {
    requests.push(JSON.parse(String(init?.body)) as object);
    return await hearth.fetch(url, init);
  };
  const client = new OpenAI({ apiKey: "local", baseURL: "http://localhost/v1", fetch: watching, dangerouslyAllowBrowser: true });
  const called: { location: string }[] = [];
  const getWeather = {
    type: "function" as const,
    function: {
      name: "getWeather",
      description: "Get the weather in a location.",
      parameters: {
        type: "object",
        properties: { location: { type: "string", enum: ["Paris", "Rome"] } },
        required: ["location"],
        additionalProperties: false,
      },
      parse: JSON.parse as (input: string) => { location: string },
      function: async (input: { location: string }) => {
        called.push(input);
        return "21 degrees";
      },
    },
  };
  // With a tool that is named, the runner ends when it was called.
  const runner = client.chat.completions.runTools({
    model: "chat",
    messages: [{ role: "user", content: "How is the weather in Paris?" }],
    tools: [getWeather],
    tool_choice: { type: "function", function: { name: "getWeather" } },
    max_completion_tokens: 100,
    reasoning_effort: "none",
    temperature: 0,
  });
  await runner.done().catch(() => undefined);
  hearth.unload();
  return { called, roles: runner.messages.map(({ role }) => role), result: runner.messages[2], requests };
}

/** Runs in the page. */
async function parse({ models, start }: Job) {
  const sdk = (await import(new URL("/index.js", location.href).href)) as { Hearth: typeof Hearth };
  const { default: OpenAI } = (await import(new URL("/vendor/openai.js", location.href).href)) as typeof OpenAIModule;
  const hearth = await sdk.Hearth.create({ ...start, models: { chat: models.chat } });
  const client = new OpenAI({ apiKey: "local", baseURL: "http://localhost/v1", fetch: hearth.fetch, dangerouslyAllowBrowser: true });
  const schema = {
    type: "object",
    properties: { colour: { type: "string", enum: ["red", "green"] } },
    required: ["colour"],
    additionalProperties: false,
  };
  const answer = await client.chat.completions.parse({
    model: "chat",
    messages: [{ role: "user", content: "Which colour?" }],
    response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
    max_completion_tokens: 100,
    reasoning_effort: "none",
    temperature: 0,
  });
  hearth.unload();
  const { content } = answer.choices[0]!.message;
  return { colour: (JSON.parse(content ?? "") as { colour?: unknown }).colour };
}
