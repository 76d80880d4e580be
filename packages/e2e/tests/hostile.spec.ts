/** What a model's file brings is text: its name, its template and what the template refuses. Conversations that are deleted leave nothing. */
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { expect, test } from "../fixtures.js";
import { EMBER_NAME, OFFERED } from "../models.js";

/** Fetches and scripts, if anything takes it for HTML. */
const HOSTILE = "<img src=https://evil.example/i.png onerror=window.hit=1><script>window.hit=2</script>";
const SECRET = "xylophone-4711";

/** Nothing of it ran, and nothing was asked of another machine. */
async function expectHarmless(page: Page, asked: readonly string[]): Promise<void> {
  expect(await page.evaluate(() => "hit" in window)).toBe(false);
  expect(asked.filter((url) => url.includes("evil"))).toEqual([]);
  await expect(page.locator('img[src*="evil"], script:not([src])')).toHaveCount(0);
}

/** Addresses that the page asks for from now on. */
function listen(page: Page): readonly string[] {
  const asked: string[] = [];
  page.context().on("request", (request) => asked.push(request.url()));
  return asked;
}

test("a model's name and what its template writes are text", async ({ page, made }) => {
  const asked = listen(page);
  const app = await App.open(page);
  // A name of a file holds no slash; the template may hold anything.
  const path = made.withTemplate("<img src=x onerror=window.hit=3>", `{{ '${HOSTILE}' }}{% for m in messages %}{{ m.content }}{% endfor %}`);
  await app.openFiles(path);
  await app.ready("<img src=x onerror=window.hit=3>");
  await app.set({ maxTokens: 4 });
  await app.send(HOSTILE);
  await app.answer();
  await expect(page.getByText(HOSTILE).first()).toBeVisible();
  await expectHarmless(page, asked);
});

test("what a template refuses is told as text", async ({ page, made }) => {
  const asked = listen(page);
  const app = await App.open(page);
  await app.openFiles(made.withTemplate("refuses", `{{ raise_exception('${HOSTILE}') }}`));
  await app.ready("refuses");
  await app.send("Hello");
  await expect(app.problem).toContainText("<script>");
  await expectHarmless(page, asked);
});

test("a script that gets into the page does not run", async ({ page, pageErrors }) => {
  await App.open(page);
  const refused = await page.evaluate(async () => {
    const told = new Promise<string>((tell) => document.addEventListener("securitypolicyviolation", (event) => tell(event.violatedDirective), { once: true }));
    const script = document.createElement("script");
    script.textContent = "window.hit = 4";
    document.body.append(script);
    script.remove();
    return await told;
  });
  expect(refused).toMatch(/^script-src/);
  expect(await page.evaluate(() => "hit" in window)).toBe(false);
  // The browser writes what it refused on the console.
  expect(pageErrors.splice(0).every((error) => error.includes("Content Security Policy"))).toBe(true);
});

test("a deleted conversation leaves no trace in what the browser keeps", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await app.set({ maxTokens: 4 });
  await app.send(`Remember ${SECRET}`);
  await app.answer();
  await expect.poll(async () => await kept(page, SECRET)).toBe(true);
  await page.getByRole("button", { name: /^Actions for “Remember/ }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByRole("link", { name: /Remember/ })).toHaveCount(0);
  await page.reload();
  await expect.poll(async () => await kept(page, SECRET)).toBe(false);
});

/** Whether any file or entry of this origin holds the text. */
async function kept(page: Page, text: string): Promise<boolean> {
  return await page.evaluate(async (text) => {
    const bytes = new TextEncoder().encode(text);
    const holds = (buffer: Uint8Array): boolean => {
      for (let at = buffer.indexOf(bytes[0] ?? 0); at >= 0; at = buffer.indexOf(bytes[0] ?? 0, at + 1)) {
        if (bytes.every((byte, i) => buffer[at + i] === byte)) return true;
      }
      return false;
    };
    const folderHolds = async (folder: FileSystemDirectoryHandle): Promise<boolean> => {
      for await (const handle of folder.values()) {
        if (handle.kind === "directory" ? await folderHolds(handle) : holds(new Uint8Array(await (await handle.getFile()).arrayBuffer()))) return true;
      }
      return false;
    };
    const inStorage = JSON.stringify({ ...localStorage, ...sessionStorage }).includes(text);
    return inStorage || (await folderHolds(await navigator.storage.getDirectory()));
  }, text);
}
