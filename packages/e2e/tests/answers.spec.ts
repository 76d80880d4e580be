/** Ember answers as another implementation of it does, token for token, however it came into the page. */
import { App } from "../app.js";
import { BUILDS, expect, test } from "../fixtures.js";
import { chatReference, EMBER_FILE, EMBER_NAME, OFFERED, reference, STORIES_NAME } from "../models.js";

for (const build of BUILDS) {
  test.describe(`${build} build`, () => {
    test("a model of the server answers as the reference does", async ({ page }) => {
      const app = await App.open(page, build);
      await app.choose(OFFERED.ember);
      await expectChatReference(app);
      await expect(app.status).toContainText(`${build} build`);
    });

    test("a model without a chat template goes on with a text as the reference does", async ({ page }) => {
      const app = await App.open(page, build);
      await app.choose(OFFERED.stories);
      await expectStoryReference(app);
    });

    test("a file that was opened answers as the reference does", async ({ page }) => {
      const app = await App.open(page, build);
      await app.openFiles(EMBER_FILE);
      await expectChatReference(app);
    });
  });
}

test.describe("other ways", () => {
  test("a file that was dropped answers as the reference does", async ({ page }) => {
    const app = await App.open(page);
    await app.drop(EMBER_FILE);
    await expectChatReference(app);
  });

  test("the parts of a split file, opened in any order, answer as the reference does", async ({ page, made }) => {
    const app = await App.open(page);
    await app.openFiles(...made.split().reverse());
    await expectChatReference(app, "split");
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
    await app.choose(OFFERED.ember);
    await expectChatReference(app);
    expect(pageErrors).toEqual([]);
  });

  test("the full build runs on threads where the page is isolated", async ({ page }) => {
    const app = await App.open(page);
    await expect(app.status).toContainText("full build");
    const cores = await page.evaluate(() => navigator.hardwareConcurrency);
    await expect(app.status).toContainText(cores === 1 ? "1 thread" : `${Math.min(cores, 8)} threads`);
  });
});

/** Sends the reference's message, and compares ids and text of the answer. */
async function expectChatReference(app: App, name = EMBER_NAME): Promise<void> {
  const { message, ids, answer } = chatReference();
  await app.ready(name);
  await app.set({ temperature: 0, maxTokens: ids.length });
  await app.send(message);
  // Of the text, what Markdown has no meaning for.
  expect(letters(await app.answer())).toEqual(letters(answer));
  expect(await app.tokenIds()).toEqual(ids);
}

function letters(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

/** Sends the beginning of the reference's story, and compares ids and text of what follows. */
async function expectStoryReference(app: App): Promise<void> {
  const { prompt, ids, answer } = reference();
  await app.ready(STORIES_NAME);
  await expect(app.page.getByText("has no chat template")).toBeVisible();
  await app.set({ temperature: 0, maxTokens: ids.length });
  await app.send(prompt);
  expect(letters(await app.answer())).toEqual(letters(answer));
  expect(await app.tokenIds()).toEqual(ids);
  await expect(app.turns.last()).toContainText(`${ids.length} tokens at`);
}
