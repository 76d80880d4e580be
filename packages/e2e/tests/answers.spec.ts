/** The real model answers as another implementation of it does, token for token, however it came into the page. */
import { App } from "../app.js";
import { BUILDS, expect, needsModels, test } from "../fixtures.js";
import { reference, STORIES_FILE, STORIES_ID, STORIES_NAME } from "../models.js";

for (const build of BUILDS) {
  test.describe(`${build} build`, () => {
    needsModels();

    test("a model of the server answers as the reference does", async ({ page }) => {
      const app = await App.open(page, build);
      await app.choose(STORIES_ID);
      await expectReferenceAnswer(app);
      await expect(app.status).toContainText(`${build} build`);
    });

    test("a file that was opened answers as the reference does", async ({ page }) => {
      const app = await App.open(page, build);
      await app.openFiles(STORIES_FILE);
      await expectReferenceAnswer(app);
    });
  });
}

test.describe("other ways", () => {
  needsModels();

  test("a file that was dropped answers as the reference does", async ({ page }) => {
    const app = await App.open(page);
    await app.drop(STORIES_FILE);
    await expectReferenceAnswer(app);
  });

  test("the parts of a split file, opened in any order, answer as the reference does", async ({ page, made }) => {
    const app = await App.open(page);
    await app.openFiles(...made.split().reverse());
    await expectReferenceAnswer(app, "split");
  });

  test("without isolation the page runs the build that needs none", async ({ page, pageErrors }) => {
    await page.route("**/*", async (route) => {
      const answer = await route.fetch();
      const headers = answer.headers();
      delete headers["cross-origin-opener-policy"];
      delete headers["cross-origin-embedder-policy"];
      await route.fulfill({ response: answer, headers });
    });
    const app = await App.open(page);
    expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(false);
    await expect(app.status).toContainText("compat build");
    await app.choose(STORIES_ID);
    await expectReferenceAnswer(app);
    expect(pageErrors).toEqual([]);
  });

  test("the full build runs on threads where the page is isolated", async ({ page }) => {
    const app = await App.open(page);
    await expect(app.status).toContainText("full build");
    const cores = await page.evaluate(() => navigator.hardwareConcurrency);
    await expect(app.status).toContainText(cores === 1 ? "1 thread" : `${Math.min(cores, 8)} threads`);
  });
});

/** Sends the reference's prompt, and compares ids and text of 64 greedy tokens. */
async function expectReferenceAnswer(app: App, name = STORIES_NAME): Promise<void> {
  const { prompt, greedy64_ids, greedy64_text } = reference();
  await app.ready(name);
  await expect(app.page.getByText("has no chat template")).toBeVisible();
  await app.set({ temperature: 0, maxTokens: 64 });
  await app.send(prompt);
  expect(prompt + (await app.answer())).toBe(greedy64_text);
  expect(await app.tokenIds()).toEqual(greedy64_ids);
  await expect(app.turns.last()).toContainText("64 tokens at");
}
