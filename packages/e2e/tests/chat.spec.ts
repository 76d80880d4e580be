/** Conversations by the file's own template, and what a second turn reuses of the first. */
import { App } from "../app.js";
import { BUILDS, expect, test } from "../fixtures.js";
import { EMBER_FILE, EMBER_NAME, OFFERED, STORIES_NAME } from "../models.js";

for (const build of BUILDS) {
  test.describe(`${build} build`, () => {
    test("a second turn reuses what was computed for the first", async ({ page }) => {
      const app = await App.open(page, build);
      await app.openFiles(EMBER_FILE);
      await app.ready(EMBER_NAME);
      await expect(page.getByLabel("Your message")).toBeVisible();
      await app.set({ temperature: 0, maxTokens: 12 });
      await app.send("Tell me about a dog.");
      await app.answer();
      const first = await app.usage();
      expect(first.prompt_tokens_details.cached_tokens).toBe(0);
      await app.send("And a cat?");
      await expect(app.turns).toHaveCount(2);
      await app.answer();
      const second = await app.usage();
      expect(second.prompt_tokens_details.cached_tokens).toBeGreaterThanOrEqual(first.prompt_tokens - 1);
      expect(second.prompt_tokens).toBeGreaterThan(first.prompt_tokens + first.completion_tokens);
      await expect(app.turns.last()).toContainText(`(${second.prompt_tokens_details.cached_tokens} reused)`);
    });
  });
}

test.describe("the page", () => {
  test("a text goes on where it ended", async ({ page }) => {
    const app = await App.open(page);
    await app.choose(OFFERED.stories);
    await app.ready(STORIES_NAME);
    await app.set({ temperature: 0, maxTokens: 8 });
    await app.send("Once upon a time");
    const first = await app.answer();
    await page.getByRole("button", { name: "Go on from here" }).click();
    const whole = await app.answer();
    expect(whole.length).toBeGreaterThan(first.length);
    expect(whole).toContain(first);
    expect((await app.usage()).prompt_tokens_details.cached_tokens).toBeGreaterThan(0);
    await expect(app.turns).toHaveCount(1);
  });

  test("shift and enter begin a line, enter alone sends", async ({ page }) => {
    const app = await App.open(page);
    await app.openFiles(EMBER_FILE);
    await app.ready(EMBER_NAME);
    await app.set({ maxTokens: 1 });
    await app.prompt.fill("One");
    await app.prompt.press("Shift+Enter");
    await expect(app.prompt).toHaveValue("One\n");
    await expect(app.turns).toHaveCount(0);
    await app.prompt.press("Enter");
    await app.answer();
    await expect(app.prompt).toHaveValue("");
  });

  test("a new conversation begins afresh, and another model goes on with the old one", async ({ page, made }) => {
    const app = await App.open(page);
    await app.openFiles(EMBER_FILE);
    await app.ready(EMBER_NAME);
    await app.set({ temperature: 0, maxTokens: 2 });
    await app.send("Once");
    await app.answer();
    await app.startNew();
    await app.changeModel();
    await page.getByRole("link", { name: `Back to ${EMBER_NAME}` }).click();
    await app.send("Hello");
    await app.answer();
    await app.changeModel();
    await app.openFiles(made.copy("other"));
    await app.ready("other");
    await expect(app.turns).toHaveCount(1);
    await app.send("Hello");
    await app.answer();
    await expect(app.turns).toHaveCount(2);
    await expect(app.turns.last()).toContainText("other");
  });
});
