/** How full the model's context is, as the page shows it. */
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { expect, test } from "../fixtures.js";
import { EMBER_NAME, OFFERED } from "../models.js";

/** Of the model that writes on and on. */
const CONTEXT = 2048;

function meter(page: Page) {
  return page.getByRole("meter", { name: "Context" });
}

async function used(page: Page): Promise<number> {
  return Number(await meter(page).getAttribute("aria-valuenow"));
}

test("the context's use is shown from the first answer on, while an answer grows, and after a reload", async ({ page }) => {
  const app = await App.open(page);
  await expect(meter(page)).toBeHidden();
  await app.choose(OFFERED.endless);
  await app.ready("endless");
  await expect(meter(page)).toBeHidden();
  await app.set({ temperature: 0, maxTokens: 300 });
  await app.send("Tell me a story about a dog.");
  await expect(app.turns.last()).toHaveAttribute("data-status", "writing");
  const early = await used(page);
  expect(early).toBeGreaterThan(0);
  await app.answer();
  const { prompt_tokens, completion_tokens } = await app.usage();
  const all = prompt_tokens + completion_tokens;
  expect(early).toBeLessThanOrEqual(all);
  await expect(meter(page)).toHaveAttribute("aria-valuenow", String(all));
  await expect(meter(page)).toHaveAttribute("aria-valuemax", String(CONTEXT));
  await expect(page.getByText(`${all} of ${CONTEXT.toLocaleString("en")} tokens of the context`)).toBeVisible();
  await page.reload();
  await app.ready("endless");
  await expect(meter(page)).toHaveAttribute("aria-valuenow", String(all));
  await app.startNew();
  await expect(meter(page)).toBeHidden();
});

test("a full context says that the oldest messages are left out", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await app.set({ temperature: 0, maxTokens: 4 });
  const long = "once upon a time there was a little girl ".repeat(60);
  const isFull = page.getByText("no longer sees the oldest messages");
  await app.send(long);
  await app.answer();
  await expect(isFull).toBeHidden();
  const first = await used(page);
  await app.send(long);
  await expect(app.turns).toHaveCount(2);
  await app.answer();
  await expect(isFull).toBeVisible();
  expect(await used(page)).toBeLessThan(first * 1.5);
});
