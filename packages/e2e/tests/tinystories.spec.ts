/** A real model of others, from the person's disk: it tells what other implementations tell, and the story is kept, found and gone on with. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "../app.js";
import { expect, needsReferences, passOver, test } from "../fixtures.js";
import { SHARED } from "../server.js";

const NAME = "tinystories656K-Q8_0";
const SCREENS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const;

/** The likeliest tokens of two implementations, which round in ways of their own. */
interface Recorded {
  readonly prompt: string;
  readonly greedy64_ids: readonly number[];
  readonly numpy_dequant_reference: { readonly greedy64_ids: readonly number[] };
}

/** Where both agree no rounding matters. */
function agreed({ greedy64_ids: one, numpy_dequant_reference: { greedy64_ids: other } }: Recorded): readonly number[] {
  const end = one.findIndex((id, at) => id !== other[at]);
  return end < 0 ? one : one.slice(0, end);
}

for (const [screen, viewport] of Object.entries(SCREENS)) {
  test.describe(screen, () => {
    test.use({ viewport });

    test("a story is told as others tell it, kept without a network, found and gone on with", async ({ page, context, pageErrors }) => {
      needsReferences();
      const path = join(SHARED ?? "", "models/llm", `${NAME}.gguf`);
      const recorded = JSON.parse(readFileSync(`${path}.ref.json`, "utf8")) as Recorded;
      const app = await App.open(page);
      await app.openFiles(path);
      await app.ready(NAME);
      await page.waitForLoadState("networkidle");
      await context.setOffline(true);
      await app.set({ temperature: 0, maxTokens: 64 });
      await app.send(recorded.prompt);
      const story = await app.answer();
      const ids = agreed(recorded);
      expect(ids.length).toBeGreaterThan(10);
      expect((await app.tokenIds()).slice(0, ids.length)).toEqual(ids);
      await page.getByRole("button", { name: "Go on from here" }).click();
      await expect.poll(() => app.answers.textContent()).not.toBe(story);
      expect((await app.answer()).startsWith(story)).toBe(true);
      await context.setOffline(false);
      await page.reload();
      await expect(app.answers).toContainText(story.trim());
      if (screen === "phone") await page.getByRole("button", { name: "Open the menu" }).click();
      await page.getByRole("searchbox", { name: "Search conversations" }).fill(story.match(/\w{4,}/)?.[0] ?? "");
      await expect(page.locator(".hit").first()).toBeVisible();
      // The browser looks for the icon again when the address changes.
      passOver(pageErrors, /ERR_INTERNET_DISCONNECTED/);
    });
  });
}
