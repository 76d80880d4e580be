/** What is set for this browser: how the page looks, and how the engine computes. */
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { expect, test } from "../fixtures.js";
import { EMBER_CONTEXT, EMBER_NAME, OFFERED } from "../models.js";

/** What moves by itself or takes its time, of all that stands in the page. */
async function moving(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const moves = ({ animationName, transitionDuration }: CSSStyleDeclaration): boolean =>
      animationName !== "none" || transitionDuration.split(", ").some((duration) => parseFloat(duration) > 0);
    const parts = [undefined, "::before", "::after"];
    return [...document.querySelectorAll("*")].filter((node) => parts.some((part) => moves(getComputedStyle(node, part)))).map((node) => node.className);
  });
}

test("text is as large as the person wants it", async ({ page }) => {
  await page.goto("/#/settings");
  const size = () => page.getByRole("heading", { level: 1 }).evaluate((heading) => parseFloat(getComputedStyle(heading).fontSize));
  const before = await size();
  await page.getByLabel("Text size").selectOption({ label: "150%" });
  await expect.poll(size).toBeCloseTo(before * 1.5, 1);
  await page.reload();
  await expect.poll(size).toBeCloseTo(before * 1.5, 1);
});

test("nothing moves where the person wants no motion", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const app = await App.open(page);
  await app.choose(OFFERED.endless);
  await app.ready("endless");
  await app.send("Go on and on.");
  await expect(app.turns).toHaveAttribute("data-status", "writing");
  expect(await moving(page)).not.toEqual([]);
  await page.emulateMedia({ reducedMotion: "reduce" });
  expect(await moving(page)).toEqual([]);
  await app.stop.click();
  await app.answer();
});

test("threads, context and cache are as they were set, when they are applied", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await expect(app.status).toContainText(`context ${EMBER_CONTEXT.toLocaleString("en")}`);
  const memory = async (): Promise<string | undefined> => /[\d.]+ [kMG]B of memory/.exec((await app.status.textContent()) ?? "")?.[0];
  const before = await memory();
  await page.getByRole("link", { name: "Settings" }).click();
  const apply = page.getByRole("button", { name: "Apply" });
  await expect(apply).toBeDisabled();
  await page.getByLabel("Threads").fill("1");
  await page.getByLabel("Context length").fill("300");
  await page.getByLabel("Precision of the cache").selectOption({ label: "8 bits" });
  await expect(app.status).toContainText(`context ${EMBER_CONTEXT.toLocaleString("en")}`);
  await apply.click();
  await expect(app.status).toContainText("context 300");
  await expect(app.status.getByText("1 thread", { exact: true })).toBeVisible();
  expect(await memory()).not.toBe(before);
  await expect(apply).toBeDisabled();
  await page.goto("/");
  await page.reload();
  await app.ready(EMBER_NAME);
  await expect(app.status).toContainText("context 300");
  await app.set({ temperature: 0, maxTokens: 12 });
  await app.send("Who are you?");
  expect(await app.answer()).toContain("ember");
});
