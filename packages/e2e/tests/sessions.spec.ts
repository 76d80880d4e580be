/** Conversations that are kept: an answer goes on after its tab was closed, and what was computed is not computed again. */
import type { Page } from "@playwright/test";
import { expect, MODELS, open, test } from "../sdk.js";

const MESSAGE = "Tell me a tale";
/** More than forty tokens. */
const LONG_MESSAGE = `${MESSAGE} of a cat and a dog, and then another one. `.repeat(5);

async function begin(page: Page): Promise<void> {
  await open(page);
  await page.evaluate(async (model) => {
    const hearth = await window.sdk.Hearth.create({ model, contextLength: 2_048, build: "compat", activations: "f32" });
    window.session = await hearth.session("tale", {});
  }, MODELS.endless);
}

/** Reads an answer to its end, or as far as the tab lives. */
function read(page: Page, how: "send" | "resume", params: object = {}, message = MESSAGE): Promise<string> {
  return page.evaluate(
    async ({ how, params, message }) => {
      window.said = "";
      const stream = how === "send" ? await window.session.send(message, params) : await window.session.resume();
      for await (const chunk of stream) window.said += chunk.choices[0]?.delta.content ?? "";
      return window.said;
    },
    { how, params, message },
  );
}

test("an answer that was cut off by a closed tab goes on after reopening", async ({ context }) => {
  const params = { max_tokens: 1_900, ignore_eos: true, seed: 8, temperature: 1 };
  const first = await context.newPage();
  await begin(first);
  void read(first, "send", params).catch(() => undefined);
  await first.waitForFunction(() => window.said?.length > 400);
  await first.waitForTimeout(250);
  const seen = await first.evaluate(() => window.said);
  await first.close();

  const second = await context.newPage();
  await begin(second);
  expect(await second.evaluate(() => [window.session.isPending, window.session.messages])).toEqual([true, []]);
  const again = await read(second, "resume");
  // With exact arithmetic the rest is what would have come; with 8-bit activations it may round differently where a prompt is cut into other steps.
  expect(again.startsWith(seen)).toBe(true);
  expect(again.length).toBeGreaterThan(seen.length);
  const messages = await second.evaluate(() => window.session.messages);
  expect(messages).toMatchObject([
    { role: "user", content: MESSAGE },
    { role: "assistant", content: again },
  ]);
  expect(await second.evaluate(() => window.session.isPending)).toBe(false);
});

test("what was computed is saved, restored, and forgotten", async ({ context }) => {
  const first = await context.newPage();
  await begin(first);
  await read(first, "send", { max_tokens: 40, ignore_eos: true, temperature: 0 }, LONG_MESSAGE);
  const bytes = await first.evaluate(() => window.session.save());
  expect(bytes).toBeGreaterThan(1_000);
  await first.close();

  const second = await context.newPage();
  await begin(second);
  const cached = await second.evaluate(async () => {
    const found = await window.session.restore();
    let tokens = 0;
    for await (const chunk of await window.session.send("And then?", { max_tokens: 3, stream_options: { include_usage: true } })) {
      tokens = chunk.usage?.prompt_tokens_details.cached_tokens ?? tokens;
    }
    await window.session.delete();
    const { Hearth } = window.sdk;
    return { found, tokens, again: await window.session.restore(), left: await Hearth.sessions(), messages: window.session.messages };
  });
  expect(cached).toMatchObject({ found: true, again: false, left: [], messages: [] });
  expect(cached.tokens).toBeGreaterThan(40);
});

test("answers that fail or are given up leave the conversation as it was", async ({ context }) => {
  const page = await context.newPage();
  await begin(page);
  const said = await page.evaluate(async () => {
    const { session } = window;
    const code = await session.send("Hello", { temperature: -1 }).catch((error: { code: string }) => error.code);
    const stream = await session.send("Hello", { max_tokens: 500, ignore_eos: true });
    const twice = await session.send("Hello").catch((error: { code: string }) => error.code);
    for await (const _ of stream) break;
    const left = [...session.messages];
    const stopped = await session.send("Hello", { max_tokens: 500, ignore_eos: true });
    let n = 0;
    for await (const _ of stopped) if (++n === 5) stopped.stop();
    return { code, twice, left, messages: session.messages.length };
  });
  expect(said).toEqual({ code: "bad_sampling", twice: "bad_argument", left: [], messages: 2 });
});

test("a plan reads the header only, and knows this machine's speed", async ({ page }) => {
  await open(page);
  const said = await page.evaluate(async ({ stories, chat }) => {
    const { Hearth } = window.sdk;
    const before = await Hearth.plan(stories);
    const hearth = await Hearth.create({ model: stories });
    await hearth.completions.create({ prompt: "One day", max_tokens: 100, ignore_eos: true });
    const after = await Hearth.plan(stories);
    const other = await Hearth.plan(chat, { contextLength: 100 });
    const small = await Hearth.plan(stories, { memoryLimitBytes: 1_000_000 });
    hearth.unload();
    return { before, after, other, small };
  }, MODELS);
  expect(said.before).toMatchObject({ fits: true, device: "cpu" });
  expect(said.before.downloadBytes).toBeGreaterThan(600_000);
  expect(said.before.reason).toContain("MB of memory");
  expect(said.before.tokensPerSecond).toBeUndefined();
  expect(said.after.tokensPerSecond).toBeGreaterThan(1);
  expect(said.other.info?.contextLength).toBe(100);
  expect(said.small.fits).toBe(false);
  expect(said.small.reason).toContain("Only 1 MB may be taken");
});
