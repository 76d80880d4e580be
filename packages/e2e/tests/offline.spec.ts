/** The service worker: without a network the page works on; any static host serves threads; a new version waits to be let in. */
import { test as base, expect, type Page } from "@playwright/test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "../app.js";
import { APP } from "../server.js";
import { type StaticSite, staticSite } from "../static-site.js";

const test = base.extend<{ site: StaticSite }>({
  site: async ({}, use) => {
    const site = await staticSite(APP);
    await use(site);
    await site.close();
  },
  baseURL: async ({ site }, use) => use(site.url),
});
test.use({ serviceWorkers: "allow" });

/** Opens the page below the path of its site, and waits until all of it is kept. */
async function openKept(page: Page, site: StaticSite): Promise<App> {
  const app = await App.at(page, site.url);
  await expect(app.status).toContainText("works offline");
  return app;
}

test("a static host without headers serves threads, from the second load on, which nobody has to ask for", async ({ page, site }) => {
  const app = await openKept(page, site);
  await expect.poll(() => page.evaluate(() => crossOriginIsolated)).toBe(true);
  await app.ready("ember");
  await expect(app.status).toContainText("full build");
});

test("with the network cut the page opens, answers, and has kept what was said", async ({ page, context, site }) => {
  const first = await openKept(page, site);
  await first.ready("ember");
  await first.set({ temperature: 0, maxTokens: 16 });
  await first.send("Who are you?");
  const answer = await first.answer();
  await site.close();
  await context.setOffline(true);
  await page.reload();
  await expect(first.answers.last()).toHaveText(answer);
  await first.ready("ember");
  await first.send("Hello");
  await expect(first.turns).toHaveCount(2);
  expect(await first.answer()).not.toBe("");
});

test("a new version waits until the person lets it in", async ({ page, site }) => {
  const newer = mkdtempSync(join(tmpdir(), "hearth-newer-"));
  try {
    cpSync(APP, newer, { recursive: true });
    const change = (name: string, from: string, to: string): void => {
      const path = join(newer, name);
      const text = readFileSync(path, "utf8");
      expect(text).toContain(from);
      writeFileSync(path, text.replace(from, to));
    };
    change("index.html", "<title>Hearth</title>", "<title>Hearth, newer</title>");
    const revision = /"?url"?:\s*[`"']index\.html[`"'],\s*"?revision"?:\s*[`"']([0-9a-f]+)/.exec(readFileSync(join(newer, "service-worker.js"), "utf8"))?.[1] ?? "";
    change("service-worker.js", revision, "0123456789abcdef");
    await openKept(page, site);
    await expect.poll(() => page.evaluate(() => crossOriginIsolated)).toBe(true);
    site.show(newer);
    await page.reload();
    const reload = page.getByRole("button", { name: "Reload now" });
    await expect(reload).toBeVisible();
    await expect(page).toHaveTitle("Hearth");
    await reload.click();
    await expect(page).toHaveTitle("Hearth, newer");
    await expect(reload).toBeHidden();
  } finally {
    rmSync(newer, { recursive: true });
  }
});

test("the page can be installed", async ({ page, site }) => {
  await openKept(page, site);
  const manifest = new URL((await page.locator('link[rel="manifest"]').getAttribute("href")) ?? "", site.url);
  const { name, start_url, display, icons } = (await (await page.request.get(manifest.href)).json()) as {
    readonly name: string;
    readonly start_url: string;
    readonly display: string;
    readonly icons: readonly { readonly src: string }[];
  };
  expect({ name, display }).toEqual({ name: "Hearth", display: "standalone" });
  for (const address of [start_url, ...icons.map(({ src }) => src)]) {
    expect((await page.request.get(new URL(address, manifest).href)).status(), address).toBe(200);
  }
});
