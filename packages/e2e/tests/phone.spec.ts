/** The page held in a hand: a small touch screen, nobody who explains, and no model but the one in the box. */
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { expect, testWithoutModels as test } from "../fixtures.js";

test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

/** In pixels, how far the page could still be scrolled. */
async function belowTheEnd(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
    return scrollHeight - scrollTop - clientHeight;
  });
}

test("from the first tap to a conversation that is saved, found, taken along and deleted", async ({ page }) => {
  const app = await App.open(page);
  await app.ready("ember");
  const [first, ...others] = await page.getByRole("list", { name: "Examples" }).getByRole("button").all();
  expect(others.length).toBeGreaterThan(0);
  await first?.tap();
  await app.answer();
  await app.prompt.fill("My dog is called Rufus.");
  await page.getByRole("button", { name: "Send" }).tap();
  await expect(app.turns).toHaveCount(2);
  await app.answer();
  await expect.poll(() => belowTheEnd(page)).toBeLessThan(2);
  await page.reload();
  await expect(app.turns).toHaveCount(2);
  await app.ready("ember");
  await expect(page.getByRole("meter", { name: "Context" })).toBeVisible();
  await expect.poll(() => belowTheEnd(page)).toBeLessThan(2);

  const menu = page.getByRole("button", { name: "Open the menu" });
  const list = page.getByRole("navigation", { name: "Pages and conversations" });
  await menu.tap();
  await list.getByRole("link", { name: "New conversation" }).tap();
  await expect(app.turns).toHaveCount(0);
  await menu.tap();
  await list.getByRole("searchbox").fill("ruf");
  await page.locator(".hit a").first().tap();
  await expect(app.turns).toHaveCount(2);
  await expect(app.answers.last()).toBeVisible();

  await menu.tap();
  await list.getByRole("searchbox").fill("");
  await list.getByRole("button", { name: /^Actions for/ }).tap();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "Export" }).tap()]);
  expect(file.suggestedFilename()).toMatch(/[^.]\.json$/);
  await list.getByRole("button", { name: /^Actions for/ }).tap();
  await page.getByRole("menuitem", { name: "Delete" }).tap();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).tap();
  await expect(app.turns).toHaveCount(0);
  await menu.tap();
  await expect(list.getByText("What you talk about is kept here")).toBeVisible();
  await list.getByRole("link", { name: "Settings" }).tap();
  await page.getByLabel("File of conversations").setInputFiles(await file.path());
  await expect(page.getByText("1 conversation added")).toBeVisible();
});

test("every page is reached, and models that fit are offered", async ({ page }) => {
  const app = await App.open(page);
  await app.ready("ember");
  const pages = { Models: "Models", Device: "Device and performance", Settings: "Settings" };
  for (const [name, heading] of Object.entries(pages)) {
    await page.getByRole("button", { name: "Open the menu" }).tap();
    await page.getByRole("link", { name, exact: true }).tap();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
  }
  await page.goto("/#/models");
  const offers = page.getByRole("region", { name: "Models that fit this machine" }).getByRole("button");
  await expect(offers).not.toHaveCount(0);
  await offers.last().scrollIntoViewIfNeeded();
  await expect(offers.last()).toBeInViewport({ ratio: 0.9 });
});
