/** Text files go with messages: by button, drop and paste; the model reads them, and they are kept. */
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { expect, test } from "../fixtures.js";
import { EMBER_NAME, OFFERED } from "../models.js";

async function withEmber(page: Page): Promise<App> {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await app.set({ temperature: 0, maxTokens: 4 });
  return app;
}

function attach(page: Page) {
  return page.getByLabel("Text files for the message");
}

function chips(page: Page) {
  return page.getByRole("list", { name: "Attached files" }).getByRole("listitem");
}

/** A file as a test hands it over. */
function file(name: string, content: string | Buffer) {
  return { name, mimeType: "application/octet-stream", buffer: Buffer.from(content) };
}

test("files by button, drop and paste are told to the model before the text, and shown folded", async ({ page }) => {
  const app = await withEmber(page);
  await expect(page.getByRole("button", { name: "Attach" })).toBeVisible();
  await attach(page).setInputFiles([file("notes.md", "Rufus is a dog.\n"), file("wrong.txt", "never sent")]);
  await app.dropFile("data.csv", Buffer.from("a,b\n1,2\n"));
  await app.pasteFile("程序.ts", Buffer.from("const fence = '```';"));
  await expect(chips(page)).toHaveCount(4);
  await expect(chips(page).first()).toContainText("16 B");
  await page.getByRole("button", { name: "Remove wrong.txt" }).click();
  await expect(chips(page)).toHaveCount(3);
  await app.send("Who is Rufus?");
  await app.answer();
  await expect(chips(page)).toHaveCount(0);
  const told = "notes.md:\n```\nRufus is a dog.\n```\n\ndata.csv:\n```\na,b\n1,2\n```\n\n程序.ts:\n````\nconst fence = '```';\n````\n\nWho is Rufus?";
  expect((await app.request()).messages).toEqual([{ role: "user", content: told }]);
  const folded = page.locator("details.attachment", { hasText: "notes.md" });
  await expect(folded).toContainText("16 B");
  await expect(page.getByText("Rufus is a dog.")).toBeHidden();
  await folded.locator("summary").click();
  await expect(page.getByText("Rufus is a dog.")).toBeVisible();
});

test("they need no text, stay with an edit, and are exported and brought back", async ({ page }) => {
  const app = await withEmber(page);
  await attach(page).setInputFiles(file("notes.md", "Rufus is a dog."));
  await page.getByRole("button", { name: "Send" }).click();
  await app.answer();
  const alone = "notes.md:\n```\nRufus is a dog.\n```";
  expect((await app.request()).messages).toEqual([{ role: "user", content: alone }]);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("notes.md");
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Change your message").fill("Who is Rufus?");
  await page.getByLabel("Change your message").press("Enter");
  await expect(page.getByText("Who is Rufus?")).toBeVisible();
  await app.answer();
  expect((await app.request()).messages).toEqual([{ role: "user", content: `${alone}\n\nWho is Rufus?` }]);
  await page.getByRole("link", { name: "Settings" }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export all conversations" }).click()]);
  const path = await download.path();
  expect(readFileSync(path, "utf8")).toContain("Rufus is a dog.");
  await page.getByRole("button", { name: "Delete everything" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete everything" }).click();
  await expect(page.getByText("0 conversations with 0 messages")).toBeVisible();
  await page.getByLabel("File of conversations").setInputFiles(path);
  await page.getByRole("link", { name: "notes.md", exact: true }).click();
  await page.locator("details.attachment summary").click();
  await expect(page.getByRole("region", { name: "Content of notes.md" })).toHaveText("Rufus is a dog.");
});

test("what is no text, or too much, is refused with the reason", async ({ page }) => {
  const app = await App.open(page);
  const refused = page.getByRole("alert");
  await attach(page).setInputFiles([file("nul.txt", "a\0b"), file("latin.txt", Buffer.from([0x63, 0x61, 0x66, 0xe9])), file("good.txt", "good")]);
  await expect(refused).toContainText("nul.txt is no text");
  await expect(refused).toContainText("latin.txt is no text");
  await expect(chips(page)).toHaveText(/good\.txt/);
  const large = Buffer.alloc(1_000_001, "a");
  await attach(page).setInputFiles(file("large.log", large));
  await expect(refused).toContainText("large.log is too large: a file may have 1.0 MB");
  const million = large.subarray(1);
  await attach(page).setInputFiles(["1", "2", "3", "4"].map((name) => file(name, million)));
  await expect(refused).toContainText("4 is too much: the files of a message may have 4.0 MB together");
  await expect(chips(page)).toHaveCount(4);
  await expect(app.prompt).toHaveValue("");
});
