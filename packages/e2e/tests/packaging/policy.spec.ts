/** Where a page is strict: its policy allows no `eval`, it is an extension's, or it has more than one copy of the package. */
import { type BrowserContext, chromium } from "@playwright/test";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILDERS, extension } from "../../../packaging/projects.js";
import { ISOLATION, StaticServer } from "../../../packaging/static-server.js";
import { expect, expectAnswer, note, serving, test, WORDS } from "../../packaging.js";

/** As little as a page with a model needs. Every answer has it, because workers obey the policy of their own script. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";

for (const headers of [ISOLATION, {}]) {
  const kind = headers === ISOLATION ? "an isolated" : "any other";
  test(`a strict policy is not violated in ${kind} page`, async ({ page, installed, chatModel, pageErrors }) => {
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
      // That the policy is there, and heard of: a text is not run as a script.
      await page.evaluate(() => void setTimeout("window.hearthEvaluated = true"));
      await expect.poll(() => violations.join(" ")).toContain("script-src eval");
      expect(await page.evaluate(() => "hearthEvaluated" in window)).toBe(false);
      pageErrors.length = 0;
    });
  });
}

test("a page of an extension streams an answer", async ({ installed, chatModel }) => {
  const server = await StaticServer.start({ "/model.gguf": chatModel });
  const folder = extension(installed, `${server.url}model.gguf`);
  const profile = mkdtempSync(join(tmpdir(), "hearth-extension-"));
  const context = await openExtension(profile, folder);
  try {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(String(error)));
    await note(page);
    await page.goto(`chrome-extension://${extensionId(folder)}/index.html`);
    const cores = await page.evaluate(() => navigator.hardwareConcurrency);
    expect(await expectAnswer(page)).toBe(Math.min(cores, 8));
    expect(errors).toEqual([]);
  } finally {
    await context.close();
    await server.close();
    rmSync(profile, { recursive: true, force: true });
  }
});

/** A browser with an extension. */
async function openExtension(profile: string, folder: string): Promise<BrowserContext> {
  const { executablePath, args = [] } = test.info().project.use.launchOptions ?? {};
  return await chromium.launchPersistentContext(profile, {
    ...(executablePath !== undefined && { executablePath }),
    args: [...args, `--load-extension=${folder}`, `--disable-extensions-except=${folder}`],
    ignoreDefaultArgs: ["--disable-extensions"],
    headless: true,
  });
}

/** Chromium names an extension without a key after its folder: sixteen bytes of the path's hash, in letters from `a` to `p`. */
function extensionId(folder: string): string {
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 32);
  return [...hash].map((digit) => String.fromCharCode("a".charCodeAt(0) + Number.parseInt(digit, 16))).join("");
}

test("two copies of the package work side by side, and leave nothing in the page", async ({ page, installed, chatModel }) => {
  const folder = BUILDERS.plain(installed);
  const copy = join(folder, "copy");
  installed.copyTo(copy);
  await serving(folder, chatModel, ISOLATION, async ({ url }) => {
    await page.route(url, (route) => route.fulfill({ contentType: "text/html", headers: ISOLATION, body: '<link rel="icon" href="data:,">' }));
    await page.goto(url);
    const { answers, added } = await page.evaluate(askBoth, ["/hearth/index.js", "/copy/index.js"]);
    expect(answers[0]).toMatch(WORDS);
    // The same model and seed, by two engines that know nothing of each other.
    expect(answers[1]).toBe(answers[0]);
    expect(added).toEqual([]);
  });
});

/** Runs in the page: asks two copies of the package at once, and gives which globals there are afterwards that were not before. */
async function askBoth(addresses: readonly string[]): Promise<{ answers: string[]; added: string[] }> {
  type Sdk = typeof import("@hearth/sdk");
  const before = new Set(Reflect.ownKeys(globalThis));
  const answers = addresses.map(async (address) => {
    const { Hearth } = (await import(address)) as Sdk;
    const hearth = await Hearth.create({ model: "/model.gguf", threads: 1 });
    const answer = await hearth.completions.create({ prompt: "Once upon a time", max_tokens: 32, seed: 7 });
    hearth.unload();
    return answer.choices[0]?.text ?? "";
  });
  const texts = await Promise.all(answers);
  return { answers: texts, added: Reflect.ownKeys(globalThis).filter((key) => !before.has(key)).map(String) };
}
