/** While an answer is written the page stays quick: nothing keeps its main thread for long, however much is in the conversation already. */
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { conversationFile, type Said } from "../conversation-file.js";
import { agree, SiteWithEndpoint } from "../endpoint.js";
import { expect, test } from "../fixtures.js";
import { OFFERED, STORIES_NAME } from "../models.js";

/** What a browser calls a long task; a person feels more. */
const MOST_MILLIS = 50;
const ANSWER_TOKENS = 300;
/** Ember ends its stories itself. */
const SHORT_STORY_TOKENS = 50;
/** Other programs take the processor at times: the best one counts. */
const ATTEMPTS = 5;

declare global {
  interface Window {
    hearthLongTasks: { readonly at: number; readonly millis: number }[];
  }
}

/** Runs in the page: notes tasks of the main thread that are long. */
function observe(): void {
  window.hearthLongTasks = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) window.hearthLongTasks.push({ at: startTime, millis: duration });
  }).observe({ type: "longtask" });
}

/** Asks until an answer was written without a long task, and tells of the best attempt. What `ask` does before it says `begun` is not counted. */
async function expectQuick(app: App, ask: (attempt: number, begun: () => Promise<void>) => Promise<void>): Promise<void> {
  const { page } = app;
  let best: readonly { readonly at: number; readonly millis: number }[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    let from = await page.evaluate(() => performance.now());
    await ask(attempt, async () => {
      from = await page.evaluate(() => performance.now());
    });
    // To look for it as tests do would be a long task itself where there is much in the page.
    await page.waitForFunction(() => [...document.querySelectorAll("article")].at(-1)?.dataset["status"] === "finished", undefined, { polling: 200 });
    // What follows the end, such as the colours of code, belongs to it.
    await page.waitForTimeout(500);
    const tasks = await page.evaluate((from) => window.hearthLongTasks.filter(({ at }) => at >= from), from);
    if (attempt === 1 || longest(tasks) < longest(best)) best = tasks;
    if (longest(best) <= MOST_MILLIS) return;
  }
  expect(best.filter(({ millis }) => millis > MOST_MILLIS), "tasks over 50 ms").toEqual([]);
}

/** Whether the last answer was long enough to tell anything. */
async function expectLong(app: App, leastTokens = ANSWER_TOKENS - 1): Promise<void> {
  await app.answer();
  expect((await app.usage()).completion_tokens).toBeGreaterThan(leastTokens);
}

function longest(tasks: readonly { readonly millis: number }[]): number {
  return Math.max(0, ...tasks.map(({ millis }) => millis));
}

test("a story grows without a long task", async ({ page }) => {
  await page.addInitScript(observe);
  const app = await App.open(page);
  await app.choose(OFFERED.stories);
  await app.ready(STORIES_NAME);
  await app.set({ temperature: 1, maxTokens: ANSWER_TOKENS });
  await expectQuick(app, async () => {
    await app.startNew();
    await app.send("Once upon a time, there was a little girl who lived in a");
  });
  await expectLong(app, SHORT_STORY_TOKENS);
});

/** About a hundred thousand tokens: four characters each. */
const LONGEST_PARTS = 800;
/** Of these, those that come while it is looked; the others come at once. */
const LAST_PARTS = 12;

const PART = [
  "## Part",
  "The hill is high and the **sea** is wide, and `so on`. ".repeat(4),
  "- one\n- two\n  - three",
  "| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n| 4 | 5 | 6 |",
  "```ts\nexport function add(a: number, b: number): number {\n  return a + b; // both\n}\n```",
  "$$x^2 + \\frac{1}{2}$$\n\n",
].join("\n\n");

/** A page with the model that writes on and on, and a conversation with an answer of so many parts. */
async function withAnswer(page: Page, parts: number, status: "complete" | "stopped"): Promise<App> {
  const app = await withConversation(page, [{ role: "user", content: "Well?" }, { role: "assistant", content: PART.repeat(parts), status }]);
  await expect(page.getByRole("heading", { name: "Part" })).toHaveCount(parts);
  return app;
}

async function withConversation(page: Page, said: readonly Said[]): Promise<App> {
  await page.addInitScript(observe);
  const app = await App.open(page);
  await app.choose(OFFERED.endless);
  await app.ready("endless");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("File of conversations").setInputFiles(conversationFile("long", said));
  await page.getByRole("link", { name: "long", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("long");
  await app.set({ temperature: 1, maxTokens: ANSWER_TOKENS });
  await page.waitForTimeout(1_000);
  return app;
}

test("an answer grows without a long task below a long one with tables, code and formulas", async ({ page }) => {
  const app = await withAnswer(page, 60, "complete");
  await expectQuick(app, async (attempt) => {
    await app.send(`Tell me more, ${attempt}.`);
    await expect(app.turns).toHaveCount(attempt + 1);
  });
  await expectLong(app);
});

test("an answer with tables, code and formulas is gone on with without a long task", async ({ page }) => {
  const app = await withAnswer(page, 4, "stopped");
  await expectQuick(app, async () => await page.getByRole("button", { name: "Go on from here" }).click());
  await expectLong(app);
});

test("an answer of a hundred thousand tokens grows without a long task", async ({ page, server }) => {
  test.slow();
  const site = await SiteWithEndpoint.open(server.url);
  const end = PART.repeat(LAST_PARTS).match(/[^]{1,4}/g) ?? [];
  site.slowAnswer = [PART.repeat(LONGEST_PARTS - LAST_PARTS), ...end];
  await page.addInitScript(observe);
  await page.route("**/config.json", (route) => route.fulfill({ json: { endpoint: { name: "slow", baseURL: `${site.url}slow/v1`, model: "big" } } }));
  const app = await App.at(page, site.url);
  await agree(page, site);
  await expectQuick(app, async (_, begun) => {
    await app.startNew();
    await app.send("Write a book.");
    await page.waitForFunction((parts) => document.querySelectorAll(".markdown h4").length === parts, LONGEST_PARTS - LAST_PARTS, { polling: 200 });
    await page.waitForTimeout(3_000);
    await begun();
    site.goOn();
  });
  await site.close();
});

test("an answer grows without a long task at the end of ten thousand messages", async ({ page }) => {
  const said = Array.from({ length: 10_000 }, (_, at): Said => ({ role: at % 2 === 0 ? "user" : "assistant", content: `Message ${at}, **so long**.` }));
  const app = await withConversation(page, said);
  await expectQuick(app, async (attempt) => {
    await app.send(`Tell me more, ${attempt}.`);
    await expect(page.getByText(`Tell me more, ${attempt}.`)).toBeVisible();
  });
  await expectLong(app);
});
