/** Pictures of every page, for people to look at: phone and desktop, both languages, light and dark. */
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { conversationFile, type Said } from "../conversation-file.js";
import { expect, testWithoutModels as test } from "../fixtures.js";
import { ROOT } from "../server.js";

const FOLDER = join(ROOT, "dist/screenshots");
const SCREENS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const;
const LANGUAGES = ["en", "zh"] as const;
const THEMES = ["light", "dark"] as const;
const PAGES = { first: "", models: "models", device: "device", settings: "settings" } as const;

const ANSWER = `Two ways to add them, with what each costs:

| way | time | memory |
|---|---|---|
| loop | $O(n)$ | $O(1)$ |
| \`reduce\` | $O(n)$ | $O(1)$ |

\`\`\`js
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
\`\`\`

The sum of the first $n$ numbers is

$$\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$$

1. It is exact for whole numbers.
2. [The proof](https://example.org/gauss) is one line long.`;

const SAID: readonly Said[] = [
  {
    role: "user",
    content: "How do I add up the numbers of this file?",
    details: { attachments: [{ name: "numbers.csv", text: "3\n5\n8\n13\n" }] },
  },
  { role: "assistant", content: ANSWER, reasoning: "The file has one number on each line. A loop or `reduce` will do." },
  { role: "user", content: "مرحبا، كيف حالك؟ And what is the time in Oslo?" },
  {
    role: "assistant",
    content: "",
    details: { toolCalls: [{ id: "1", name: "get_time", arguments: JSON.stringify({ city: "Oslo" }) }] },
  },
];

/** Takes what the person sees, or the whole page where that is longer and nothing sticks to its ends. */
async function picture(page: Page, name: string, fullPage: boolean): Promise<void> {
  // Fonts and what loads late have a moment; nothing moves afterwards.
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage, animations: "disabled" });
}

for (const [screen, viewport] of Object.entries(SCREENS)) {
  for (const language of LANGUAGES) {
    for (const colorScheme of THEMES) {
      test(`${screen} in ${language}, ${colorScheme}`, async ({ browser, server }) => {
        const context = await browser.newContext({ viewport, locale: language, colorScheme, baseURL: server.url });
        const page = await context.newPage();
        const called = (name: string): string => [name, screen, language, colorScheme].join("-");
        for (const [name, route] of Object.entries(PAGES)) {
          await page.goto(`/#/${route}`);
          await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
          await expect(page.getByRole("contentinfo")).toContainText("ember");
          if (name === "first") await expect(page.locator(".recommendation").first()).toBeVisible();
          await picture(page, called(name), route !== "");
        }
        await page.locator('input[accept*="json"]').setInputFiles(conversationFile("Adding up", SAID));
        if (screen === "phone") {
          await page.locator(".menu-button").click();
          await picture(page, called("conversations"), false);
        }
        await page.getByRole("link", { name: "Adding up", exact: true }).click();
        await expect(page.locator("code .hljs-keyword").first()).toBeVisible();
        await picture(page, called("conversation"), false);
        await page.locator("main").evaluate((main) => (main.ownerDocument.scrollingElement ?? main).scrollTo(0, 0));
        await picture(page, called("conversation-begin"), false);
        await context.close();
      });
    }
  }
}
