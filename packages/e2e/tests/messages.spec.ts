/** What a person does with messages, and how their parts are shown. */
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { show } from "../conversation-file.js";
import { expect, test } from "../fixtures.js";
import { BEGINS_REASONING, EMBER_NAME, OFFERED } from "../models.js";

async function copied(page: Page): Promise<string> {
  return await page.evaluate(() => navigator.clipboard.readText());
}

test("a message, an answer and its code are copied as they were written", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const answer = "It is **so**:\n\n```js\nlet x = 'y';\n```";
  const said = [{ role: "user", content: "How *is* it?" }, { role: "assistant", content: answer }] as const;
  await show(page, "talk", said);
  const actions = page.getByRole("group", { name: "Actions for this message" });
  await actions.first().getByRole("button", { name: "Copy" }).click();
  await expect(actions.first().getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await copied(page)).toBe("How *is* it?");
  await actions.last().getByRole("button", { name: "Copy" }).click();
  await expect.poll(() => copied(page)).toBe(answer);
  await page.locator(".code-frame").getByRole("button", { name: "Copy" }).click();
  await expect.poll(() => copied(page)).toBe("let x = 'y';\n");
});

test("what the browser does not let a page copy says so", async ({ page }) => {
  await page.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await show(page, "talk", [{ role: "user", content: "Well?" }]);
  await page.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByText("The browser did not allow it")).toBeVisible();
});

test("an answer that was stopped goes on where it was", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.endless);
  await app.ready("endless");
  await app.set({ temperature: 0, maxTokens: 1_500 });
  await app.send("Go on and on.");
  await expect.poll(async () => (await app.tokenIds()).length).toBeGreaterThan(20);
  await page.keyboard.press("Escape");
  const first = await app.answer();
  await expect(app.turns).toContainText("stopped");
  await page.getByRole("button", { name: "Go on from here" }).click();
  await expect.poll(async () => (await app.answers.textContent())?.length ?? 0).toBeGreaterThan(first.length);
  await app.stop.click();
  const whole = await app.answer();
  expect(whole.startsWith(first.slice(0, first.length / 2))).toBe(true);
  await expect(app.turns).toHaveCount(1);
});

test("what a model thinks is folded, and kept", async ({ page, made }) => {
  const app = await App.open(page);
  await app.openFiles(made.endless("thinking", BEGINS_REASONING));
  await app.ready("thinking");
  await app.set({ temperature: 0, maxTokens: 24 });
  await app.send("Hello! Who are you?");
  await app.answer();
  await expect(app.answers).toHaveText("");
  const thoughts = page.getByTestId("reasoning");
  for (const when of ["as it came", "after a reload"]) {
    await expect(thoughts, when).toBeHidden();
    await page.getByText("Thoughts", { exact: true }).click();
    await expect(thoughts, when).toHaveText(/\S{3}/);
    await page.reload();
  }
});

test("the style of answers belongs to the conversation", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  const style = page.getByLabel("Style");
  const temperature = page.getByLabel("Temperature");
  await app.withSettings(async () => {
    await expect(style.locator("option:checked")).toHaveText("Balanced");
    await style.selectOption({ label: "Exact" });
    await expect(temperature).toHaveValue("0");
    await page.getByLabel("Most tokens of an answer").fill("4");
    await page.getByLabel("Seed").fill("7");
  });
  await app.send("Hello");
  await app.answer();
  expect(await app.request()).toMatchObject({ temperature: 0, top_p: 1, max_tokens: 4, seed: 7 });
  await app.startNew();
  await app.withSettings(async () => {
    await expect(style.locator("option:checked")).toHaveText("Balanced");
    await temperature.fill("1.3");
    await expect(style.locator("option:checked")).toHaveText("Your own");
  });
  await page.getByRole("link", { name: "Hello", exact: true }).click();
  await expect(app.turns).toHaveCount(1);
  await app.withSettings(async () => {
    await expect(style.locator("option:checked")).toHaveText("Exact");
    await expect(page.getByLabel("Seed")).toHaveValue("7");
  });
});
