/** The SDK's own API: OpenAI's shapes, streams and wholes, aborting, errors, several models, another endpoint. */
import { SiteWithEndpoint } from "../endpoint.js";
import { chatReference, reference } from "../models.js";
import { expect, MODELS, open, type Sdk, test, testInBoth } from "../sdk.js";

test("a conversation is answered in pieces and as a whole", async ({ page }) => {
  await open(page);
  const { message, ids, answer } = chatReference();
  const said = await page.evaluate(async ({ model, content, max_tokens }) => {
    const progress: number[] = [];
    const hearth = await window.sdk.Hearth.create({ model, contextLength: 512, onProgress: ({ doneBytes, totalBytes }) => progress.push(doneBytes / totalBytes) });
    const how = { messages: [{ role: "user" as const, content }], temperature: 0, max_tokens };
    const whole = await hearth.chat.completions.create(how);
    const chunks = [];
    for await (const chunk of await hearth.chat.completions.create({ ...how, stream: true, stream_options: { include_usage: true } })) chunks.push(chunk);
    const report = await hearth.report();
    hearth.unload();
    return { whole, chunks, progress: progress.at(-1), report };
  }, { model: MODELS.chat, content: message, max_tokens: ids.length });
  const text = said.chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
  expect(text).toBe(answer);
  expect(said.whole.choices[0]?.message.content).toBe(answer);
  expect(said.whole.object).toBe("chat.completion");
  expect(said.whole.served_by).toBe("local");
  expect(said.chunks[0]?.choices[0]?.delta.role).toBe("assistant");
  expect(said.chunks.at(-1)?.usage?.completion_tokens).toBe(said.whole.usage.completion_tokens);
  expect(new Set(said.chunks.map(({ id }) => id)).size).toBe(1);
  expect(said.progress).toBe(1);
  expect(said.report.models[0]).toMatchObject({ id: "ember", engine: "here" });
});

test("a real model goes on with a text, and its tokens can be judged and biased", async ({ page }) => {
  await open(page);
  const { prompt, ids, answer } = reference();
  const stop = stopIn(answer);
  const said = await page.evaluate(async ({ model, prompt, stop }) => {
    const hearth = await window.sdk.Hearth.create({ model });
    const how = { prompt, temperature: 0, max_tokens: 12 };
    const plain = await hearth.completions.create({ ...how, logprobs: 2, return_token_ids: true });
    const [first = 0] = plain.choices[0]?.token_ids ?? [];
    const biased = await hearth.completions.create({ ...how, logit_bias: { [String(first)]: -100 }, return_token_ids: true });
    const stopped = await hearth.completions.create({ ...how, stop: [stop], max_tokens: 64 });
    const several = await hearth.completions.create({ ...how, prompt: ["One day", "The dog"], n: 2, temperature: 1, seed: 1 });
    const ids = await hearth.tokenize("Once upon");
    hearth.unload();
    return { plain, first, biased, stopped, several, ids };
  }, { model: MODELS.stories, prompt, stop });
  expect(said.plain.choices[0]?.token_ids).toEqual(ids.slice(0, 12));
  expect(answer.startsWith(said.plain.choices[0]?.text ?? "nothing")).toBe(true);
  expect(said.plain.choices[0]?.logprobs?.token_logprobs).toHaveLength(12);
  expect(said.biased.choices[0]?.token_ids?.[0]).not.toBe(said.first);
  expect(said.stopped.choices[0]).toMatchObject({ finish_reason: "stop", text: answer.slice(0, answer.indexOf(stop)) });
  expect(said.several.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  expect(said.ids.length).toBeGreaterThan(1);
});

/** Letters in the middle of an answer: the end of a word, and the beginning of the next one. */
function stopIn(answer: string): string {
  const space = answer.indexOf(" ", answer.length / 3);
  return answer.slice(space - 2, space + 3);
}

test("answers are given up, stopped in peace, and broken off", async ({ page }) => {
  await open(page);
  const said = await page.evaluate(async (model) => {
    const hearth = await window.sdk.Hearth.create({ model });
    const asked = { prompt: "Once upon a time", max_tokens: 3_000, ignore_eos: true };
    const name = async (work: () => Promise<unknown>): Promise<string> => work().then(() => "", (error: Error) => error.name);
    const abort = new AbortController();
    const whole = name(() => hearth.completions.create(asked, { signal: abort.signal }));
    setTimeout(() => abort.abort(), 50);
    const aborted = await whole;
    const early = await name(() => hearth.completions.create(asked, { signal: AbortSignal.abort() }));
    const midway = new AbortController();
    const read = await name(async () => {
      let n = 0;
      for await (const _ of await hearth.completions.create({ ...asked, stream: true }, { signal: midway.signal })) if (++n === 3) midway.abort();
    });
    const quiet = await hearth.completions.create({ ...asked, stream: true });
    let pieces = 0;
    for await (const _ of quiet) if (++pieces === 3) quiet.controller.abort();
    const peaceful = await hearth.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } });
    let usage = 0;
    let reason = "";
    let n = 0;
    for await (const chunk of peaceful) {
      if (++n === 3) peaceful.stop();
      reason = chunk.choices[0]?.finish_reason ?? reason;
      usage = chunk.usage?.completion_tokens ?? usage;
    }
    for await (const _ of await hearth.completions.create({ ...asked, stream: true })) break;
    const after = await hearth.completions.create({ prompt: "One", max_tokens: 2 });
    hearth.unload();
    return { aborted, early, read, pieces, usage, reason, after: after.usage?.completion_tokens };
  }, MODELS.endless);
  expect(said).toMatchObject({ aborted: "AbortError", early: "AbortError", read: "AbortError", reason: "stop", after: 2 });
  expect(said.pieces).toBeLessThan(100);
  expect(said.usage).toBeLessThan(500);
});

test("errors have stable codes and name the parameter", async ({ page }) => {
  await open(page);
  const codes = await page.evaluate(async ({ chat, stories, embedding }) => {
    const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(() => "none", (error: { code?: string; param?: string }) => [error.code, error.param]);
    const { Hearth } = window.sdk;
    const hearth = await Hearth.create({ models: { chat, stories, embedding }, contextLength: 256 });
    const messages = [{ role: "user" as const, content: "Hi" }];
    const made = [
      await failure(hearth.chat.completions.create({ messages: [], model: "chat" })),
      await failure(hearth.chat.completions.create({ messages, model: "stories" })),
      await failure(hearth.chat.completions.create({ messages, model: "nobody" })),
      await failure(hearth.chat.completions.create({ messages, model: "chat", temperature: -1 })),
      await failure(hearth.completions.create({ prompt: "x ".repeat(500), model: "stories" })),
      await failure(hearth.embeddings.create({ input: "a", model: "chat" })),
      await failure(hearth.completions.create({ prompt: "a", model: "embedding" })),
      await failure(hearth.load("/models/nowhere.gguf", { id: "none" })),
    ];
    hearth.unload();
    made.push(await failure(hearth.completions.create({ prompt: "a" })));
    return made;
  }, MODELS);
  expect(codes).toEqual([
    ["bad_request", "messages"],
    ["no_template", undefined],
    ["model_not_found", undefined],
    ["bad_sampling", "temperature"],
    ["prompt_too_long", undefined],
    ["no_embeddings", undefined],
    ["no_logits", undefined],
    ["source_not_found", undefined],
    ["no_model", undefined],
  ]);
});

test("several models answer side by side, within a budget", async ({ page }) => {
  await open(page);
  const said = await page.evaluate(async ({ stories, embedding }) => {
    const { Hearth } = window.sdk;
    const hearth = await Hearth.create({ models: { writer: stories, vectors: embedding }, contextLength: 128, budgetBytes: 64e6 });
    const [text, vectors, ranked] = await Promise.all([
      hearth.completions.create({ model: "writer", prompt: "One day", max_tokens: 3, ignore_eos: true }),
      hearth.embeddings.create({ model: "vectors", input: ["a dog", "a dog"] }),
      hearth.rerank({ model: "vectors", query: "a dog", documents: ["a car", "a dog"] }),
    ]);
    const { models } = await hearth.report();
    hearth.unload("vectors");
    const left = hearth.models;
    hearth.unload();
    const tooSmall = await Hearth.create({ models: { writer: stories, vectors: embedding }, contextLength: 128, budgetBytes: 12e6 }).then(
      () => "fits",
      (error: { code: string }) => error.code,
    );
    return { text: text.usage?.completion_tokens, data: vectors.data, ranked: ranked.results, names: models.map(({ id }) => id), left, tooSmall };
  }, MODELS);
  expect(said.text).toBe(3);
  expect(said.data[0]?.embedding).toEqual(said.data[1]?.embedding);
  expect(said.ranked[0]?.index).toBe(1);
  expect(said.names).toEqual(["writer", "vectors"]);
  expect(said.left).toEqual(["writer"]);
  expect(said.tooSmall).toBe("not_enough_memory");
});

testInBoth("an endpoint answers where this machine cannot, and answers say so", async ({ tab, pageErrors, server }) => {
  const site = await SiteWithEndpoint.open(server.url);
  try {
    await tab.goto(site.url);
    const said = await tab.evaluate(fallBack, MODELS.stories);
    // The browser tells of the model that is not there, and of the endpoint that fails.
    pageErrors.length = 0;
    expect(said.whole).toMatchObject({ served_by: "fallback", choices: [{ message: { content: "from afar" } }] });
    expect(said).toMatchObject({ text: "from afar", by: ["fallback"], local: "local", code: "fallback_failed" });
    const call = { path: "/theirs/v1/chat/completions", authorization: "Bearer key", model: "theirs" };
    expect(site.asked).toEqual([call, call]);
  } finally {
    await site.close();
  }
});

/** Runs in the page. */
async function fallBack(stories: string) {
  const { Hearth } = (await import(new URL("/index.js", location.href).href)) as typeof Sdk;
  const fallback = { baseURL: new URL("/theirs/v1", location.href).href, apiKey: "key", model: "theirs" };
  const hearth = await Hearth.create({ model: "/models/nowhere.gguf", fallback });
  const messages = [{ role: "user" as const, content: "Hi" }];
  const whole = await hearth.chat.completions.create({ messages, model: "mine" });
  let text = "";
  const by = new Set<string>();
  for await (const chunk of await hearth.chat.completions.create({ messages, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? "";
    by.add(chunk.served_by);
  }
  // As soon as a model is there, it answers.
  await hearth.load(stories);
  const local = await hearth.completions.create({ prompt: "One", max_tokens: 1 });
  hearth.unload();
  const broken = await Hearth.create({ fallback: { baseURL: new URL("/broken/v1", location.href).href, model: "theirs" } });
  const code = await broken.chat.completions.create({ messages }).catch((error: { code: string }) => error.code);
  broken.unload();
  return { whole, text, by: [...by], local: local.served_by, code };
}

test("a catalogue names models, and hubs have mirrors", async ({ page, pageErrors }) => {
  const asked: string[] = [];
  await page.route("**/catalogue.json", (route) => route.fulfill({ json: { models: [{ id: "stories", files: [{ url: MODELS.stories }] }] } }));
  await page.route("**/broken.json", (route) => route.fulfill({ json: [] }));
  await page.route("**/mirror/**", (route) => {
    asked.push(`${new URL(route.request().url()).pathname} ${route.request().headers()["authorization"] ?? ""}`);
    return route.fulfill({ status: 404 });
  });
  await open(page);
  const said = await page.evaluate(async (stories) => {
    const { Hearth } = window.sdk;
    const load = async (options: Parameters<typeof Hearth.create>[0]): Promise<unknown> => {
      try {
        const hearth = await Hearth.create(options);
        const { models } = hearth;
        hearth.unload();
        return models;
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    return [
      await load({ model: "stories", catalogue: { models: [{ id: "stories", files: [{ url: stories }] }] } }),
      await load({ model: "stories", catalogue: "/catalogue.json" }),
      await load({ model: "stories", catalogue: "/broken.json" }),
      await load({ model: "hf:owner/repo@v2/folder/model.gguf", hub: { endpoint: new URL("/mirror", location.href).href, token: "secret" } }),
    ];
  }, MODELS.stories);
  pageErrors.length = 0;
  expect(said).toEqual([["stories"], ["stories"], "bad_catalogue", "source_not_found"]);
  expect(asked).toContain("/mirror/owner/repo/resolve/v2/folder/model.gguf Bearer secret");
});

test("a model of a server is downloaded once, and read from the storage afterwards", async ({ page }) => {
  await open(page);
  const said = await page.evaluate(async (model) => {
    const { Hearth, ModelStore } = window.sdk;
    const load = async (options: object): Promise<{ kind: string | undefined; phases: string[]; text: string | undefined }> => {
      const phases = new Set<string>();
      const hearth = await Hearth.create({ model, ...options, onProgress: ({ phase }) => phases.add(phase) });
      const { storage } = await hearth.report();
      const { choices } = await hearth.completions.create({ prompt: "Once upon a time", temperature: 0, max_tokens: 8 });
      hearth.unload();
      return { kind: storage?.kind, phases: [...phases], text: choices[0]?.text };
    };
    const first = await load({});
    const store = await ModelStore.open();
    const stored = await store.list();
    const answers = [first, await load({}), await load({ store }), await load({ store: false })];
    store.close();
    return { answers, stored: stored.map(({ complete, name }) => [complete, name]) };
  }, MODELS.stories);
  expect(said.stored).toEqual([[true, "stories.gguf"]]);
  expect(said.answers.map(({ kind }) => kind)).toEqual(["opfs", "opfs", "opfs", undefined]);
  expect(said.answers.map(({ phases }) => phases.includes("download"))).toEqual([true, expect.any(Boolean), expect.any(Boolean), false]);
  expect(new Set(said.answers.map(({ text }) => text)).size).toBe(1);
});
