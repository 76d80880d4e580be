/** One model for all tabs: one engine, which another tab takes over when its tab is closed, in the middle of answers. */
import type { BrowserContext, Page } from "@playwright/test";
import { expect, MODELS, open, test } from "../sdk.js";

/** With exact arithmetic an answer that another engine goes on with is what it would have been. */
const OPTIONS = { contextLength: 2_048, build: "compat", activations: "f32" } as const;

async function tab(context: BrowserContext): Promise<Page> {
  const page = await open(await context.newPage());
  await page.evaluate(
    async (options) => {
      window.hearth = await window.sdk.Hearth.create(options);
    },
    { model: MODELS.stories, ...OPTIONS },
  );
  return page;
}

function engine(page: Page): Promise<string | undefined> {
  return page.evaluate(async () => (await window.hearth.report()).models[0]?.engine);
}

/** Whether each tab has a worker with an engine. The storage has one of another address. */
function haveEngines(pages: readonly Page[]): boolean[] {
  return pages.map((page) => page.workers().some((worker) => new URL(worker.url()).pathname === "/worker.js"));
}

/** Begins an answer of many tokens. */
async function begin(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.text = "";
    window.done = (async () => {
      const how = { prompt: "Once upon a time", max_tokens: 1_000, ignore_eos: true, temperature: 1, seed: 11, stream: true } as const;
      for await (const chunk of await window.hearth.completions.create(how)) window.text += chunk.choices[0]?.text ?? "";
      return window.text;
    })();
  });
  await page.waitForFunction(() => window.text.length > 100);
}

test("tabs share an engine, and answers go on when its tab is closed", async ({ context }) => {
  const first = await tab(context);
  const second = await tab(context);
  const third = await tab(context);
  expect(await Promise.all([first, second, third].map(engine))).toEqual(["here", "another tab", "another tab"]);
  expect(haveEngines([first, second, third])).toEqual([true, false, false]);

  await begin(second);
  const whole = await second.evaluate(() => window.done);

  await begin(second);
  await first.close();
  expect(await second.evaluate(() => window.done)).toBe(whole);
  expect((await Promise.all([second, third].map(engine))).sort()).toEqual(["another tab", "here"]);

  const [leader, client] = (await engine(second)) === "here" ? [second, third] : [third, second];
  expect(haveEngines([leader, client])).toEqual([true, false]);
  await begin(client);
  await begin(leader);
  await leader.close();
  expect(await client.evaluate(() => window.done)).toBe(whole);
  expect(await engine(client)).toBe("here");
});

test("what a closed tab asked for does not keep the others waiting", async ({ context }) => {
  const first = await tab(context);
  const second = await tab(context);
  await begin(second);
  await second.close();
  const tokens = await first.evaluate(async () => (await window.hearth.completions.create({ prompt: "One", max_tokens: 2, ignore_eos: true })).usage?.completion_tokens);
  expect(tokens).toBe(2);
});

test("a tab that began without a model gives its engine up where another tab has one", async ({ context }) => {
  const first = await tab(context);
  const second = await open(await context.newPage());
  await second.evaluate(async (options) => {
    window.hearth = await window.sdk.Hearth.create(options);
  }, OPTIONS);
  expect(haveEngines([first, second])).toEqual([true, true]);
  await second.evaluate(async (model) => void (await window.hearth.load(model)), MODELS.stories);
  expect(await engine(second)).toBe("another tab");
  await expect.poll(() => haveEngines([first, second])).toEqual([true, false]);
});

test("models that are loaded in another way, or not shared, have engines of their own", async ({ context }) => {
  const first = await tab(context);
  const second = await open(await context.newPage());
  const engines = await second.evaluate(async (options) => {
    const other = await window.sdk.Hearth.create({ ...options, contextLength: 64 });
    const alone = await window.sdk.Hearth.create({ ...options, share: false });
    const reports = [await other.report(), await alone.report()];
    return reports.map(({ models }) => models[0]?.engine);
  }, { model: MODELS.stories, ...OPTIONS });
  expect(engines).toEqual(["here", "here"]);
  expect(await engine(first)).toBe("here");
  // Unloading leaves it to the next tab.
  const third = await tab(context);
  await first.evaluate(() => window.hearth.unload());
  await expect.poll(() => engine(third)).toBe("here");
});
