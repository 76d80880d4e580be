/** Tools that a person offers the model in a conversation's settings, and calls of them, which are shown and not run. */
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { conversationFile } from "../conversation-file.js";
import { expect, test } from "../fixtures.js";
import { EMBER_NAME, OFFERED } from "../models.js";

const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tells the weather of a city.",
    parameters: { type: "object", properties: { city: { enum: ["Paris", "Rome"] } }, required: ["city"], additionalProperties: false },
  },
};

test("a call is shown, kept, and given back to the model", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await app.set({ temperature: 0, maxTokens: 100 });
  await app.withSettings(async () => {
    await page.locator(".tools-field").fill(JSON.stringify([WEATHER]));
    await page.getByLabel("The model must call a tool").check();
  });
  await app.send("What is the weather like in Paris?");
  await app.answer();
  expect(await app.request()).toMatchObject({ tools: [WEATHER], tool_choice: "required" });
  const call = page.getByRole("region", { name: "Call of get_weather", exact: true });
  const shown = (await call.getByRole("region", { name: "Arguments for get_weather" }).textContent()) ?? "";
  expect(shown).toMatch(/^\{\n {2}"city": "(Paris|Rome)"\n\}$/);
  await expect(page.getByText("This page does not run tools.")).toBeVisible();
  await page.reload();
  await expect(call).toContainText(shown);
  await app.ready(EMBER_NAME);
  await app.withSettings(async () => {
    await expect(page.getByLabel("The model must call a tool")).toBeChecked();
    await page.getByLabel("The model must call a tool").uncheck();
  });
  await app.send("Thank you.");
  await expect(app.turns).toHaveCount(2);
  await app.answer();
  await expect(app.problem).toBeHidden();
  const { messages, tools, tool_choice } = await app.request();
  expect(tools).toEqual([WEATHER]);
  expect(tool_choice).toBeUndefined();
  const [called] = messages[1]?.["tool_calls"] as { readonly function: { readonly name: string; readonly arguments: string } }[];
  expect(called?.function.name).toBe("get_weather");
  expect(JSON.parse(called?.function.arguments ?? "")).toEqual(JSON.parse(shown));
});

test("a list of tools with a mistake says which, and offers nothing", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await app.set({ temperature: 0, maxTokens: 4 });
  const field = page.locator(".tools-field");
  await page.getByText("Answer settings", { exact: true }).click();
  for (const [text, mistake] of [
    ["[", "This is no JSON"],
    ["{}", "This is no list"],
    ["[{}]", "Tool 1 has to be"],
    [JSON.stringify([WEATHER, { type: "function", function: {} }]), "tool 2 has no name"],
    [JSON.stringify([WEATHER, WEATHER]), "Two tools are called get_weather"],
  ] as const) {
    await field.fill(text);
    await expect(page.locator(".mistake")).toContainText(mistake);
  }
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await page.getByText("Answer settings", { exact: true }).click();
  await app.send("Hello");
  await app.answer();
  expect((await app.request()).tools).toBeUndefined();
});

test("a call is a model's text and never HTML", async ({ page }) => {
  const hostile = "<img src=x onerror='window.hit = 1'>";
  const toolCalls = [{ id: "1", name: hostile, arguments: JSON.stringify({ a: hostile }) }, { id: "2", name: "broken", arguments: '{"a": "<b' }];
  await page.goto("/#/settings");
  await page.getByLabel("File of conversations").setInputFiles(
    conversationFile("calls", [
      { role: "user", content: "Well?" },
      { role: "assistant", content: "", details: { toolCalls } },
    ]),
  );
  await page.getByRole("link", { name: "calls", exact: true }).click();
  await expect(page.locator(".tool-call")).toHaveCount(2);
  await expect(page.locator(".tool-call").first()).toContainText(hostile);
  await expect(page.locator(".tool-call pre").last()).toHaveText('{"a": "<b');
  await expect(page.locator(".messages img")).toHaveCount(0);
  expect(await page.evaluate(() => "hit" in window)).toBe(false);
});
