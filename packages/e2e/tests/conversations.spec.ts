/** Conversations are kept, found again, taken along and brought back. */
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { expect, test } from "../fixtures.js";
import { EMBER_NAME, OFFERED } from "../models.js";
import { endPage } from "../processes.js";

/** A page with the model, and short answers that are always the same. */
async function withEmber(page: Page, maxTokens = 8): Promise<App> {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await app.set({ temperature: 0, maxTokens });
  return app;
}

function list(page: Page) {
  return page.getByRole("region", { name: "Recent" }).getByRole("link");
}

async function act(page: Page, title: string, action: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for “${title}”` }).click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}

test("a conversation is there again after a reload, with its model, and goes on", async ({ page }) => {
  const app = await withEmber(page);
  await app.send("Who are you?");
  const first = await app.answer();
  await expect(page).toHaveURL(/#\/c\//);
  await page.reload();
  await expect(app.turns).toHaveCount(1);
  expect(await app.answer()).toBe(first);
  await app.ready(EMBER_NAME);
  await app.send("Tell me about a dog.");
  await expect(app.turns).toHaveCount(2);
  await app.answer();
});

for (const end of ["close", "crash"] as const) {
  test(`a ${end} while an answer is written keeps what was there, and it is gone on with`, async ({ page, context, large }) => {
    await (await App.open(page)).writeLong(large);
    // Longer than what may be lost.
    await page.waitForTimeout(2_500);
    const url = page.url();
    await endPage(page, end);
    const other = await context.newPage();
    await other.goto(url);
    const again = other.getByTestId("answer");
    await expect(other.getByText("broken off")).toBeVisible();
    const kept = (await again.textContent()) ?? "";
    expect(kept.length).toBeGreaterThan(20);
    await other.locator('input[accept=".gguf"]').setInputFiles(large.path);
    await expect(other.getByRole("contentinfo")).toContainText(large.name);
    await other.getByRole("button", { name: "Go on from here" }).click();
    await expect.poll(async () => (await again.textContent())?.length ?? 0).toBeGreaterThan(kept.length + 20);
    await other.getByRole("button", { name: "Stop" }).click();
    await expect(other.getByRole("article")).toHaveAttribute("data-status", "finished");
    await expect(other.getByRole("article")).toHaveCount(1);
  });
}

test("an edit and another answer are branches, and both stay", async ({ page }) => {
  const app = await withEmber(page);
  await app.send("Who are you?");
  const first = await app.answer();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Change your message").fill("Tell me about a dog.");
  await page.getByRole("button", { name: "Send" }).first().click();
  await expect(page.getByText("Tell me about a dog.", { exact: true }).first()).toBeVisible();
  const second = await app.answer();
  expect(second).not.toBe(first);
  await page.getByRole("button", { name: "Answer again" }).click();
  await expect(app.turns.last()).toContainText("2 of 2");
  await app.answer();
  await page.getByRole("button", { name: "Previous version" }).first().click();
  await expect(page.getByText("Who are you?", { exact: true }).last()).toBeVisible();
  await expect(app.answers).toHaveText(first);
  await page.reload();
  await expect(app.answers).toHaveText(first);
});

test("conversations are listed, searched, renamed, pinned, exported and deleted", async ({ page }) => {
  const app = await withEmber(page);
  for (const text of ["My dog is called Rufus.", "我想去北京看雪。"]) {
    await app.startNew();
    await app.send(text);
    await app.answer();
  }
  await expect(list(page)).toHaveText(["我想去北京看雪。", "My dog is called Rufus."]);
  const search = page.getByRole("searchbox", { name: "Search conversations" });
  await search.fill("ruf");
  await expect(page.locator(".hit .title").first()).toHaveText("My dog is called Rufus.");
  await search.fill("北京");
  await page.locator(".hit a", { hasText: "北京" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("我想去北京看雪。");
  await search.fill("nowhere to be found");
  await expect(page.getByText("Nothing was found.")).toBeVisible();
  await search.fill("");
  await act(page, "My dog is called Rufus.", "Rename");
  await page.getByLabel("New name").fill("Rufus");
  await page.getByRole("button", { name: "Save" }).click();
  await act(page, "Rufus", "Pin");
  await expect(page.getByRole("region", { name: "Pinned" }).getByRole("link")).toHaveText(["Rufus"]);
  const [download] = await Promise.all([page.waitForEvent("download"), act(page, "Rufus", "Export")]);
  expect(download.suggestedFilename()).toBe("Rufus.json");
  const file = readFileSync(await download.path(), "utf8");
  expect(file).toContain("My dog is called Rufus.");
  expect(file).not.toContain("北京");
  await act(page, "我想去北京看雪。", "Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("region", { name: "Recent" })).toBeHidden();
  await page.reload();
  await expect(page.getByRole("region", { name: "Pinned" }).getByRole("link")).toHaveText(["Rufus"]);
});

test("all of them go into one file, and come back from it", async ({ page }) => {
  const app = await withEmber(page);
  await app.send("My dog is called Rufus.");
  const answer = await app.answer();
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByText("1 conversation with 2 messages")).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export all conversations" }).click()]);
  const path = await download.path();
  expect(readFileSync(path, "utf8")).toContain("Rufus");
  await page.getByRole("button", { name: "Delete everything" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete everything" }).click();
  await expect(page.getByText("0 conversations with 0 messages")).toBeVisible();
  await page.getByLabel("File of conversations").setInputFiles(path);
  await expect(page.getByText("1 conversation added")).toBeVisible();
  await list(page).first().click();
  await expect(app.answers).toHaveText(answer);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("File of conversations").setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("{}") });
  await expect(app.problem).toContainText("holds no conversations");
});

test("two tabs have the same conversations", async ({ page, context }) => {
  const app = await withEmber(page);
  const other = await context.newPage();
  await other.goto("/");
  await app.send("My dog is called Rufus.");
  await app.answer();
  await expect(list(other)).toHaveText(["My dog is called Rufus."]);
  await list(other).first().click();
  await expect(other.getByTestId("answer")).toHaveText(await app.answer());
  await act(other, "My dog is called Rufus.", "Rename");
  await other.getByLabel("New name").fill("Rufus");
  await other.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Rufus");
});

test("an answer that another tab writes is no broken one", async ({ page, context, large }) => {
  const app = await App.open(page);
  await app.writeLong(large);
  const other = await context.newPage();
  await other.goto(page.url());
  const turn = other.getByRole("article");
  await expect(turn).toContainText("being written in another tab");
  await expect(turn.getByRole("button", { name: "Go on from here" })).toBeHidden();
  const early = (await other.getByTestId("answer").textContent()) ?? "";
  await expect.poll(async () => (await other.getByTestId("answer").textContent())?.length ?? 0).toBeGreaterThan(early.length);
  await app.stop.click();
  await expect(turn).toContainText("stopped");
  await expect(turn).not.toContainText("another tab");
});

test("a system prompt is kept when the person pauses, leaves the field or the conversation", async ({ page }) => {
  const app = await withEmber(page);
  await app.send("My dog is called Rufus.");
  await app.answer();
  const summary = page.getByText("Answer settings", { exact: true });
  const field = page.getByLabel("System prompt");
  await summary.click();
  await field.fill("Be brief.");
  await page.waitForTimeout(1_000);
  await page.reload();
  await expect(app.turns).toHaveCount(1);
  await summary.click();
  await expect(field).toHaveValue("Be brief.");
  await field.fill("Be kind.");
  // No click: the field has the focus until it is gone.
  await page.evaluate(() => (location.hash = "#/"));
  await expect(app.turns).toHaveCount(0);
  await expect(field).toHaveValue("");
  await list(page).first().click();
  await expect(app.turns).toHaveCount(1);
  await summary.click();
  await expect(field).toHaveValue("Be kind.");
  await field.fill("Be both.");
  await app.ready(EMBER_NAME);
  await app.send("Who?");
  await expect(app.turns).toHaveCount(2);
  await app.answer();
  expect((await app.request()).messages[0]).toEqual({ role: "system", content: "Be both." });
});
