/** The page for everybody: by keyboard, by screen readers, on narrow screens, in both languages and themes; and how much of it is loaded at first. */
import { gzipSync } from "node:zlib";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { conversationFile, type Said } from "../conversation-file.js";
import { expect, test } from "../fixtures.js";
import { EMBER_NAME, OFFERED } from "../models.js";

const SCREENS = { phone: { width: 320, height: 640 }, desktop: { width: 1280, height: 800 } } as const;
const LANGUAGES = { en: { settings: "Settings", language: "Language", theme: "Theme" }, zh: { settings: "设置", language: "语言", theme: "主题" } } as const;
/** Of JavaScript, compressed, before the engine: what a slow connection waits for. */
const FIRST_SCREEN_BYTES = 150e3;

/** With all that a conversation may have. */
const SAID: readonly Said[] = [
  { role: "user", content: "Hello", details: { attachments: [{ name: "data.csv", text: "a,b\n".repeat(100) + "wide ".repeat(100) }] } },
  {
    role: "assistant",
    content: "# A\n\n```js\nlet x = 'y';\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[link](https://example.org) and `code`",
    details: { toolCalls: [{ id: "1", name: "get_weather", arguments: JSON.stringify({ city: "Paris ".repeat(50) }) }] },
  },
];

function file(name: string, content: string) {
  return { name, mimeType: "text/plain", buffer: Buffer.from(content) };
}

async function expectSound(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  expect(told, what).toEqual([]);
  const { scroll, client } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth }));
  expect(scroll, `${what}: wider than the screen`).toBeLessThanOrEqual(client);
}

for (const [screen, viewport] of Object.entries(SCREENS)) {
  for (const language of ["en", "zh"] as const) {
    test(`every page on a ${screen} in ${language}, light and dark`, async ({ browser, server }) => {
      const context = await browser.newContext({ viewport, locale: language, baseURL: server.url });
      const page = await context.newPage();
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        for (const route of ["", "models", "device", "settings"]) {
          await page.goto(`/#/${route}`);
          await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
          await expectSound(page, `${route} ${colorScheme}`);
        }
      }
      await context.close();
    });

    test(`a conversation with files, calls and settings on a ${screen} in ${language}`, async ({ browser, server }) => {
      const context = await browser.newContext({ viewport, locale: language, baseURL: server.url });
      const page = await context.newPage();
      await page.goto("/#/settings");
      await page.locator('input[accept*="json"]').setInputFiles(conversationFile("talk", SAID));
      if (screen === "phone") await page.locator(".menu-button").click();
      await page.getByRole("link", { name: "talk", exact: true }).click();
      await expect(page.locator("code .hljs-string")).toBeVisible();
      await expectSound(page, "conversation");
      await page.locator(".attachment summary").click();
      await page.locator('.composer input[type="file"]').setInputFiles([file("notes.txt", "text"), file(`${"long-".repeat(20)}.txt`, "text"), file("no.txt", "\0")]);
      await expect(page.locator(".chip")).toHaveCount(2);
      await expectSound(page, "files");
      await page.locator(".settings summary").click();
      await page.locator(".tools-field").fill("[{}]");
      await expect(page.locator(".mistake")).toBeVisible();
      await expectSound(page, "answer settings");
      await page.emulateMedia({ colorScheme: "dark" });
      await expectSound(page, "dark");
      await context.close();
    });
  }
}

test("a conversation is held by keyboard alone", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await app.set({ maxTokens: 4 });
  await page.keyboard.press("Control+Home");
  await app.prompt.focus();
  await page.keyboard.type("Hello");
  await page.keyboard.press("Enter");
  await app.answer();
  await expect(page.getByRole("meter", { name: "Context" })).toBeVisible();
  await expectSound(page, "with a model");
  const menu = page.getByRole("button", { name: "Actions for “Hello”" });
  await menu.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Rename" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitem", { name: "Pin" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menu")).toBeHidden();
  await expect(menu).toBeFocused();
});

test("language and theme are chosen and kept", async ({ page }) => {
  await page.goto("/#/settings");
  await page.getByLabel(LANGUAGES.en.language).selectOption({ label: "中文" });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(LANGUAGES.zh.settings);
  await page.getByLabel(LANGUAGES.zh.theme).selectOption({ index: 2 });
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(LANGUAGES.zh.settings);
  await expect(page.locator("html")).toHaveAttribute("lang", "zh");
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
});

test("the first screen is small", async ({ page }) => {
  let bytes = 0;
  let isEngineAsked = false;
  page.on("request", (request) => {
    isEngineAsked ||= request.url().endsWith(".wasm");
  });
  page.on("response", async (response) => {
    if (!isEngineAsked && response.request().resourceType() === "script") bytes += gzipSync(await response.body()).length;
  });
  await page.goto("/", { waitUntil: "networkidle" });
  await expect(page.getByRole("textbox", { name: "Your message" })).toBeVisible();
  expect(isEngineAsked).toBe(true);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(FIRST_SCREEN_BYTES);
});
