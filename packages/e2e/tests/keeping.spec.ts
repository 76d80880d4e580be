/** The settings say whether the browser may delete the page's data, and ask it not to. */
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures.js";

/** Opens the settings in a browser that answers like this when it is asked to keep data. */
async function openWith(page: Page, answer: "yes" | "no" | "never"): Promise<void> {
  await page.addInitScript((answer) => {
    Object.assign(StorageManager.prototype, {
      persisted: async () => false,
      persist: async () => (answer === "never" ? await new Promise(() => undefined) : answer === "yes"),
    });
  }, answer);
  await page.goto("/#/settings");
  await expect(page.getByText("The browser may delete this data")).toBeVisible();
}

test("a browser that agrees keeps the data", async ({ page }) => {
  await openWith(page, "yes");
  await page.getByRole("button", { name: "Keep this data" }).click();
  await expect(page.getByText("The browser keeps this data until you delete it")).toBeVisible();
  await expect(page.getByRole("button", { name: "Keep this data" })).toBeHidden();
});

test("a browser that does not agree, or does not answer, is told of", async ({ page, context }) => {
  await openWith(page, "no");
  await page.getByRole("button", { name: "Keep this data" }).click();
  await expect(page.getByText("The browser did not agree")).toBeVisible();
  const other = await context.newPage();
  await openWith(other, "never");
  await other.getByRole("button", { name: "Keep this data" }).click();
  await expect(other.getByText("The browser has not answered yet")).toBeVisible();
});

test("a browser that cannot be asked has no button", async ({ page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(StorageManager.prototype, "persist"));
  await page.goto("/#/settings");
  await expect(page.getByRole("button", { name: "Delete everything" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Keep this data" })).toBeHidden();
});
