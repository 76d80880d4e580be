/** The page as one HTML file that is opened from the disk: no server, no network, and all that a person needs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { App } from "../app.js";
import { conversationFile } from "../conversation-file.js";
import { ONLY_FIREFOX } from "../firefox.js";
import { expect, needsFirefox, passOver, test as base } from "../fixtures.js";
import { EMBER_FILE, EMBER_NAME } from "../models.js";
import { ROOT } from "../server.js";

const PAGE = pathToFileURL(join(ROOT, "dist/hearth.html")).href;
const MODEL = "https://models.example/downloaded.gguf";

const test = base.extend<{ asked: string[] }>({
  // The tests of this file start no server.
  baseURL: undefined,
  /** What was asked of anybody: the document and what is made in it count as nobody. */
  asked: [
    async ({ context }, use) => {
      const asked: string[] = [];
      context.on("request", (request) => {
        const url = request.url();
        if (!/^(blob|data):/.test(url) && url.split("#")[0] !== PAGE) asked.push(url);
      });
      await context.setOffline(true);
      await use(asked);
    },
    { auto: true },
  ],
});

test("ember answers, and the conversation is there again after a reload", async ({ page, asked }) => {
  const app = await App.at(page, PAGE);
  await app.ready(EMBER_NAME);
  await expect(page.getByRole("region", { name: "About this model" })).toContainText("tiny demonstration model");
  await app.set({ temperature: 0, maxTokens: 24 });
  await app.send("Who are you?");
  const answer = await app.answer();
  expect(answer).toContain("ember");
  await expect(page).toHaveURL(/#\/c\//);
  await page.reload();
  await expect(app.turns).toHaveCount(1);
  expect(await app.answer()).toBe(answer);
  await app.ready(EMBER_NAME);
  await app.send("Tell me a short story.");
  await expect(app.turns).toHaveCount(2);
  await app.answer();
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByText("kept in this browser's own storage (IndexedDB)")).toBeVisible();
  expect(asked).toEqual([]);
});

test("a file of the person's own answers, and ember stays in the list", async ({ page, made, asked }) => {
  const app = await App.at(page, PAGE);
  await app.ready(EMBER_NAME);
  await app.openFiles(made.withoutTemplate("mine"));
  await app.ready("mine");
  await app.set({ temperature: 0, maxTokens: 24 });
  await app.send("Once upon a time");
  expect((await app.answer()).length).toBeGreaterThan(20);
  await app.changeModel();
  await expect(page.getByText("This page is one file and needs no server.")).toBeVisible();
  await expect(page.getByText("None yet.")).toBeVisible();
  await app.choose("ember");
  await app.ready(EMBER_NAME);
  expect(asked).toEqual([]);
});

test("the formulas, tables and code that models write are drawn as on a page of a server", async ({ page, asked }) => {
  const app = await App.at(page, PAGE);
  await app.ready(EMBER_NAME);
  const content = "# Big\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nconst x = 1;\n```\n\n$$x^2 + \\frac{1}{2}$$";
  await page.goto(`${PAGE}#/settings`);
  const said = [{ role: "user", content: "Well?" }, { role: "assistant", content }] as const;
  await page.getByLabel("File of conversations").setInputFiles(conversationFile("all", said));
  await page.getByRole("link", { name: "all", exact: true }).click();
  const answer = page.getByTestId("answer");
  await expect(answer.getByRole("cell")).toHaveText(["1", "2"]);
  await expect(answer.locator("code .hljs-keyword")).toHaveText("const");
  await expect(answer.locator("math mfrac")).toHaveCount(1);
  expect(asked).toEqual([]);
});

test("a downloaded model is there again after a reload", async ({ page, context, asked }) => {
  await context.setOffline(false);
  await context.route(MODEL, (route) => route.fulfill({ body: readFileSync(EMBER_FILE), headers: { "Access-Control-Allow-Origin": "*" } }));
  const app = await App.at(page, `${PAGE}#/models`);
  await page.getByLabel("By address").fill(MODEL);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.getByRole("link", { name: "Back to downloaded" }).click();
  await app.ready("downloaded");
  await context.unroute(MODEL);
  await context.setOffline(true);
  const before = asked.length;
  await page.reload();
  await app.ready("downloaded");
  await app.send("Who are you?");
  await app.answer();
  expect(asked.slice(before)).toEqual([]);
});

test("no script runs that is not the file's own", async ({ page, pageErrors }) => {
  const app = await App.at(page, PAGE);
  await app.ready(EMBER_NAME);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.hit = 1";
    document.body.append(script);
  });
  expect(await page.evaluate(() => "hit" in window)).toBe(false);
  await expect.poll(() => pageErrors.length).toBe(1);
  passOver(pageErrors, /Content Security Policy/);
});

const withFirefox = base.extend(ONLY_FIREFOX);

withFirefox.describe("in Firefox", () => {
  needsFirefox();

  withFirefox("ember answers, and the conversation is there again after a reload", async ({ firefox }) => {
    const page = await firefox.page(PAGE);
    const answer = async (): Promise<string> => {
      const found = await page.waitForSelector('[data-status="finished"] [data-testid="answer"]');
      return (await found?.evaluate((element) => element.textContent)) ?? "";
    };
    await page.waitForFunction((name) => document.querySelector("footer")?.textContent.includes(name), {}, EMBER_NAME);
    await page.type("#prompt", "Who are you?");
    await page.keyboard.press("Enter");
    const first = await answer();
    expect(first).not.toBe("");
    await page.reload();
    expect(await answer()).toBe(first);
    await page.close();
  });
});
