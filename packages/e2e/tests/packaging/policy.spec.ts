/** Where a page is strict: its policy allows no `eval`, it is an extension's, or it has more than one copy of the package. */
import { chromium } from "@playwright/test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILDERS, extension } from "../../../packaging/projects.js";
import { ISOLATION } from "../../../packaging/static-server.js";
import { expect, expectAnswer, needsModels, note, serving, test } from "../../packaging.js";

/** As little as a page with a model needs. Every answer has it, because workers obey the policy of their own script. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'";

needsModels();

for (const headers of [ISOLATION, {}]) {
  const kind = headers === ISOLATION ? "isolated" : "plain";
  test(`a strict policy is not violated in an ${kind} page`, async ({ page, installed, chatModel }) => {
    const folder = BUILDERS.esbuild(installed);
    const all = { ...headers, "Content-Security-Policy": POLICY };
    await serving(folder, chatModel, all, async ({ url }) => {
      const violations: string[] = [];
      await page.exposeFunction("hearthViolated", (text: string) => violations.push(text));
      page.on("console", (message) => /Content Security Policy|Trusted/i.test(message.text()) && violations.push(message.text()));
      await page.addInitScript(() => {
        const { hearthViolated } = window as unknown as { hearthViolated(text: string): void };
        document.addEventListener("securitypolicyviolation", (event) => hearthViolated(`${event.violatedDirective} ${event.blockedURI}`));
      });
      await note(page);
      await page.goto(url);
      await expectAnswer(page);
      expect(violations).toEqual([]);
      // That the policy is there: what it forbids fails.
      await expect(page.evaluate(() => new Function("return 1")())).rejects.toThrow();
      await expect.poll(() => violations.length).toBeGreaterThan(0);
    });
  });
}

test("a page of an extension streams an answer", async ({ installed, chatModel }) => {
  const folder = extension(installed, chatModel);
  const profile = mkdtempSync(join(tmpdir(), "hearth-extension-"));
  const { executablePath, args = [] } = test.info().project.use.launchOptions ?? {};
  const context = await chromium.launchPersistentContext(profile, {
    ...(executablePath !== undefined && { executablePath }),
    // Headless, but by the browser's own flag: Playwright's would keep extensions out.
    args: [...args, "--headless=new", `--load-extension=${folder}`, `--disable-extensions-except=${folder}`],
    ignoreDefaultArgs: ["--disable-extensions"],
    headless: true,
  });
  try {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await note(page);
    await page.goto(await address(page));
    console.log(await expectAnswer(page));
    expect(errors).toEqual([]);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }

  async function address(page: import("@playwright/test").Page): Promise<string> {
    await page.goto("chrome://extensions");
    const id = await page.evaluate(() => document.querySelector("extensions-manager")?.shadowRoot?.querySelector("extensions-item-list")?.shadowRoot?.querySelector("extensions-item")?.id);
    return `chrome-extension://${id}/index.html`;
  }
});
