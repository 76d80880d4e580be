/** The SDK in Firefox, on the processor: answers in OpenAI's shapes, one engine for all tabs, conversations that go on, plans, stored models. */
import type { Page } from "puppeteer-core";
import { type Firefox, ONLY_FIREFOX } from "../firefox.js";
import { needsFirefox } from "../fixtures.js";
import { expect, MODELS, type Sdk, test as base } from "../sdk.js";

const test = base.extend(ONLY_FIREFOX);

needsFirefox();

async function open(firefox: Firefox, url: string): Promise<Page> {
  const page = await firefox.page(url);
  await page.evaluate(async () => {
    window.sdk = (await import(new URL("/index.js", location.href).href)) as typeof Sdk;
  });
  return page;
}

test("answers in pieces and whole, vectors, errors and plans", async ({ firefox, server }) => {
  const page = await open(firefox, server.url);
  const said = await page.evaluate(async ({ endless: chat, embedding }) => {
    const { Hearth } = window.sdk;
    const plan = await Hearth.plan(chat, { contextLength: 512 });
    const hearth = await Hearth.create({ models: { chat, embedding }, contextLength: 512 });
    const asked = { model: "chat", messages: [{ role: "user" as const, content: "Hello" }], seed: 2, max_tokens: 16, ignore_eos: true };
    const whole = await hearth.chat.completions.create(asked);
    let text = "";
    for await (const chunk of await hearth.chat.completions.create({ ...asked, stream: true })) text += chunk.choices[0]?.delta.content ?? "";
    const abort = new AbortController();
    const long = hearth.chat.completions.create({ ...asked, max_tokens: 400 }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 100);
    const aborted = await long.catch((error: Error) => error.name);
    const { data } = await hearth.embeddings.create({ model: "embedding", input: ["a", "b"] });
    const code = await hearth.chat.completions.create({ ...asked, temperature: -1 }).catch((error: { code: string }) => error.code);
    const answer = await hearth.fetch("http://localhost/v1/models");
    const { storage } = await hearth.report();
    hearth.unload();
    return { plan: plan.fits, whole, text, aborted, vectors: data.length, code, models: ((await answer.json()) as { data: unknown[] }).data.length, storage };
  }, MODELS);
  expect(said.whole.choices[0]?.message.content).toBe(said.text);
  expect(said.whole.usage.completion_tokens).toBe(16);
  expect(said).toMatchObject({ plan: true, aborted: "AbortError", vectors: 2, code: "bad_sampling", models: 2, storage: { kind: "opfs" } });
  await page.close();
});

test("tabs share an engine, and an answer goes on when its tab is closed", async ({ firefox, server }) => {
  const tab = async (): Promise<Page> => {
    const page = await open(firefox, server.url);
    await page.evaluate(async (model) => {
      window.hearth = await window.sdk.Hearth.create({ model, contextLength: 2_048, build: "compat", activations: "f32" });
    }, MODELS.stories);
    return page;
  };
  const begin = async (page: Page): Promise<void> => {
    await page.evaluate(() => {
      window.text = "";
      window.done = (async () => {
        const how = { prompt: "Once upon a time", max_tokens: 1_000, ignore_eos: true, temperature: 1, seed: 11, stream: true } as const;
        for await (const chunk of await window.hearth.completions.create(how)) window.text += chunk.choices[0]?.text ?? "";
        return window.text;
      })();
    });
    await page.waitForFunction(() => window.text.length > 100);
  };
  const first = await tab();
  const second = await tab();
  const engine = (page: Page): Promise<string | undefined> => page.evaluate(async () => (await window.hearth.report()).models[0]?.engine);
  expect([await engine(first), await engine(second)]).toEqual(["here", "another tab"]);
  const engines = (page: Page): number => page.workers().filter((worker) => worker.url().endsWith("/worker.js") && !worker.url().includes("/storage/")).length;
  expect([engines(first), engines(second)]).toEqual([1, 0]);
  await begin(second);
  const whole = await second.evaluate(() => window.done);
  await begin(second);
  await first.close();
  expect(await second.evaluate(() => window.done)).toBe(whole);
  expect(await engine(second)).toBe("here");
  await second.close();
});

test("an answer that was cut off by a closed tab goes on after reopening", async ({ firefox, server }) => {
  const tab = async (): Promise<Page> => {
    const page = await open(firefox, server.url);
    await page.evaluate(async (model) => {
      const hearth = await window.sdk.Hearth.create({ model, contextLength: 2_048, build: "compat", activations: "f32" });
      window.session = await hearth.session("fox");
    }, MODELS.endless);
    return page;
  };
  const first = await tab();
  await first.evaluate(() => {
    void (async () => {
      window.said = "";
      const stream = await window.session.send("Tell me a tale", { max_tokens: 1_500, ignore_eos: true, seed: 8, temperature: 1 });
      for await (const chunk of stream) window.said += chunk.choices[0]?.delta.content ?? "";
    })();
  });
  await first.waitForFunction(() => window.said?.length > 400);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const seen = await first.evaluate(() => window.said);
  await first.close();
  const second = await tab();
  const again = await second.evaluate(async () => {
    let text = "";
    for await (const chunk of await window.session.resume()) text += chunk.choices[0]?.delta.content ?? "";
    return text;
  });
  expect(again.startsWith(seen)).toBe(true);
  expect(again.length).toBeGreaterThan(seen.length);
  await second.close();
});
