/** Stop takes effect within a token or a piece of the prompt, and the page goes on. */
import { App } from "../app.js";
import { BUILDS, expect, test } from "../fixtures.js";

/** Of text, some 1,900 tokens: many pieces of the prompt, and still within the context. */
const LONG_PROMPT = "once upon a time there was a little girl ".repeat(190);

/**
 * What may still arrive of two thousand tokens: one that was being computed, and those of the milliseconds that a busy
 * machine takes to hand the message over.
 */
const FEW = 8;

for (const build of BUILDS) {
  test.describe(`${build} build`, () => {
    test("stop while the answer is written", async ({ page, large }) => {
      const app = await App.open(page, build);
      await app.openFiles(large.path);
      await app.ready(large.name);
      await app.set({ temperature: 0, maxTokens: 2_000 });
      await app.send("Tell me a story");
      await expect(app.turns.last()).toHaveAttribute("data-status", "writing");
      await app.stop.click();
      await expect(app.turns.last()).toContainText("stopped");
      expect(await eventsAfterStop(app, "token")).toBeLessThanOrEqual(FEW);
      await expectAnswer(app);
    });

    test("stop while the prompt is read", async ({ page, large }) => {
      const app = await App.open(page, build);
      await app.openFiles(large.path);
      await app.ready(large.name);
      await app.send(LONG_PROMPT);
      await expect(app.turns.last()).toContainText("Reading,");
      await page.keyboard.press("Escape");
      await expect(app.turns.last()).toContainText("stopped");
      const usage = await app.usage();
      expect(usage.completion_tokens).toBe(0);
      expect(usage.prompt_tokens).toBeGreaterThan(1_000);
      expect(await eventsAfterStop(app, "prefill")).toBeLessThanOrEqual(1);
      await app.startNew();
      await expectAnswer(app);
    });

    test("cancel while the model is loaded", async ({ page, large }) => {
      const app = await App.open(page, build);
      await app.openFiles(large.path);
      await expect(page.getByRole("progressbar")).toBeVisible();
      await page.getByRole("button", { name: "Cancel" }).click();
      await expect(page.getByRole("progressbar")).toBeHidden();
      await expect(app.problem).toBeHidden();
      await app.openFiles(large.path);
      await app.ready(large.name);
    });
  });
}

/** The page goes on: the same model answers. */
async function expectAnswer(app: App): Promise<void> {
  await app.set({ temperature: 0, maxTokens: 3 });
  await app.send("And now?");
  await app.answer();
  expect((await app.usage()).completion_tokens).toBe(3);
}

/** How many tokens, or pieces of the prompt, the engine still told of when it had been told to stop. */
async function eventsAfterStop(app: App, type: "token" | "prefill"): Promise<number> {
  const messages = await app.messages();
  const stop = messages.findIndex((message) => message.type === "stop");
  expect(stop).toBeGreaterThan(0);
  const steps = messages.slice(stop).flatMap(({ step }) => step ?? []);
  return steps.filter(({ token, chunks }) => (type === "token" ? token !== undefined : chunks.some((chunk) => "prompt_progress" in chunk))).length;
}
