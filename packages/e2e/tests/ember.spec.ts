/** The model in the box: a page whose server has no models answers with it, without any network. */
import { App } from "../app.js";
import { expect, passOver, testWithoutModels as test } from "../fixtures.js";

test("without other models the page opens with ember, says what it is, and answers offline", async ({ page, context, pageErrors }) => {
  const app = await App.open(page);
  await app.ready("ember");
  const note = page.getByRole("region", { name: "About this model" });
  await expect(note).toContainText("tiny demonstration model");
  await expect(note).toContainText("open a real model");
  await expect(note.getByRole("button", { name: "Open a file…" })).toBeVisible();
  await page.waitForLoadState("networkidle");
  await context.setOffline(true);
  await app.set({ temperature: 0, maxTokens: 48 });
  await app.send("Who are you?");
  expect(await app.answer()).toContain("ember");
  await app.send("Tell me a short story.");
  await expect(app.turns).toHaveCount(2);
  expect(await app.answer()).toMatch(/(\p{L}+[ ,.]+){10}/u);
  await expect(note).toContainText("tiny demonstration model");
  await expect(app.answers.last().locator(".markdown")).toBeVisible();
  // The browser looks for the icon again when the address changes.
  passOver(pageErrors, /ERR_INTERNET_DISCONNECTED/);
});

test("an example is one click", async ({ page }) => {
  const app = await App.open(page);
  await app.ready("ember");
  await app.set({ temperature: 0, maxTokens: 24 });
  await page.getByRole("list", { name: "Examples" }).getByRole("button", { name: "Who are you?" }).click();
  expect(await app.answer()).toContain("ember");
  await app.startNew();
  await app.set({ temperature: 0, maxTokens: 24 });
  await page.getByRole("list", { name: "Examples" }).getByRole("button", { name: "What does Rufus like?" }).click();
  expect(await app.answer()).toBe("carrots");
});

test("a file of the person's own takes its place, and ember stays in the list", async ({ page, made }) => {
  const app = await App.open(page);
  await app.ready("ember");
  await app.openFiles(made.copy("mine"));
  await app.ready("mine");
  await expect(page.getByRole("region", { name: "About this model" })).toBeHidden();
  await app.changeModel();
  await app.choose("ember");
  await app.ready("ember");
});
