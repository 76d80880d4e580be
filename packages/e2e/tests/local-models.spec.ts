/** Models of the person's own disk are remembered by their handles, opened again where they are, and forgotten. */
import { readFileSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { App } from "../app.js";
import { Disk } from "../disk.js";
import { expect, testWithoutModels as test } from "../fixtures.js";
import { EMBER_FILE, EMBER_NAME } from "../models.js";

const BYTES = readFileSync(EMBER_FILE);

/** The page with a file on its disk that was opened by the button. */
async function withOpened(page: Page, options?: { readonly asks: boolean }): Promise<{ readonly app: App; readonly disk: Disk }> {
  const disk = await Disk.of(page, options);
  const app = await App.open(page);
  await app.ready(EMBER_NAME);
  await disk.write("mine.gguf", BYTES);
  await disk.openFile("mine.gguf");
  await app.ready("mine");
  return { app, disk };
}

function remembered(page: Page): Locator {
  return page.getByRole("region", { name: "Opened from this machine" });
}

test("a file that was opened is there after a reload, is opened by one click, and can be forgotten", async ({ page }) => {
  const { app } = await withOpened(page);
  await app.set({ temperature: 0, maxTokens: 24 });
  await app.send("Who are you?");
  expect(await app.answer()).toContain("ember");
  await page.reload();
  await app.ready("mine");
  await app.changeModel();
  await app.choose(EMBER_NAME);
  await app.ready(EMBER_NAME);
  await app.changeModel();
  const line = remembered(page).getByRole("button", { name: /^mine/ });
  await expect(line).toContainText(`${(BYTES.length / 1e6).toFixed(1)} MB`);
  await line.click();
  await app.ready("mine");
  await app.send("Who are you?");
  await expect(app.turns).toHaveCount(2);
  expect(await app.answer()).toContain("ember");
  await app.changeModel();
  await page.getByRole("button", { name: "Forget mine" }).click();
  await expect(remembered(page)).toBeHidden();
  await page.reload();
  await expect(app.status).toContainText(EMBER_NAME);
  await expect(remembered(page)).toBeHidden();
});

test("the same file is listed once", async ({ page }) => {
  const { app, disk } = await withOpened(page);
  await app.changeModel();
  await expect(remembered(page).getByRole("listitem")).toHaveCount(1);
  await disk.openFile("mine.gguf");
  await app.ready("mine");
  await app.changeModel();
  await expect(remembered(page).getByRole("listitem")).toHaveCount(1);
});

test("where the browser asks first, the model that answered last is offered; who refuses is told what to do", async ({ page }) => {
  const { app, disk } = await withOpened(page, { asks: true });
  await page.reload();
  const again = page.getByRole("button", { name: "Open mine" });
  await expect(again).toBeVisible();
  await disk.refuse(true);
  await again.click();
  await expect(app.problem).toContainText("allow the page to read it");
  await disk.refuse(false);
  await again.click();
  await app.ready("mine");
  await expect(app.problem).toBeHidden();
});

test("a file that is gone says so, and the model that is loaded stays", async ({ page }) => {
  const { app, disk } = await withOpened(page);
  await app.changeModel();
  await app.choose(EMBER_NAME);
  await app.ready(EMBER_NAME);
  await disk.delete("mine.gguf");
  await app.changeModel();
  await remembered(page).getByRole("button", { name: /^mine/ }).click();
  await expect(app.problem).toContainText("no longer where it was");
  await expect(app.problem).toContainText("mine.gguf");
  await app.ready(EMBER_NAME);
});

test("a folder lists its models, those of its folders, and split ones as one; a folder without any says so", async ({ page, made }) => {
  const disk = await Disk.of(page);
  const app = await App.open(page);
  await app.ready(EMBER_NAME);
  const [first, second] = made.split().map((path) => readFileSync(path));
  if (first === undefined || second === undefined) throw new Error("a split model has two files");
  await disk.write("models/one.gguf", BYTES);
  await disk.write("models/deep/parts-00001-of-00002.gguf", first);
  await disk.write("models/deep/parts-00002-of-00002.gguf", second);
  await disk.write("models/deep/deeper/hidden.gguf", BYTES);
  await disk.write("models/notes.txt", Buffer.from("no model"));
  await disk.write("empty/notes.txt", Buffer.from("no model"));
  await app.changeModel();
  for (let times = 0; times < 2; times++) {
    await disk.openFolder("models");
    await expect(remembered(page).getByRole("listitem")).toHaveCount(2);
  }
  await expect(remembered(page)).toContainText("in models");
  await disk.openFolder("empty");
  await expect(app.problem).toContainText("no models in this folder");
  await expect(remembered(page).getByRole("listitem")).toHaveCount(2);
  await remembered(page).getByRole("button", { name: /^parts/ }).click();
  await app.ready("parts");
  await app.set({ temperature: 0, maxTokens: 24 });
  await app.send("Who are you?");
  expect(await app.answer()).toContain("ember");
});
