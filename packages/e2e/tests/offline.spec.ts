/** The service worker: without a network the page works on; any static host serves threads; a new version waits to be let in. */
import { test as base, expect, type Page } from "@playwright/test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "../app.js";
import { MadeModels } from "../models.js";
import { APP } from "../server.js";
import { type StaticSite, staticSite } from "../static-site.js";

const test = base.extend<{ site: StaticSite; newer: string; made: MadeModels }>({
  site: async ({}, use) => {
    const site = await staticSite(APP);
    await use(site);
    await site.close();
  },
  newer: async ({}, use) => {
    const folder = newerPage();
    await use(folder);
    rmSync(folder, { recursive: true });
  },
  made: async ({}, use) => {
    const made = new MadeModels();
    await use(made);
    made.remove();
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

/** A copy of the page that says it is newer. */
function newerPage(): string {
  const folder = mkdtempSync(join(tmpdir(), "hearth-newer-"));
  cpSync(APP, folder, { recursive: true });
  const change = (name: string, from: string, to: string): void => {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
  };
  change("index.html", "<title>Hearth</title>", "<title>Hearth, newer</title>");
  const worker = readFileSync(join(folder, "service-worker.js"), "utf8");
  const revision = /"?url"?:\s*[`"']index\.html[`"'],\s*"?revision"?:\s*[`"']([0-9a-f]+)/.exec(worker)?.[1] ?? "";
  change("service-worker.js", revision, "0123456789abcdef");
  return folder;
}

test("a new version waits until the person lets it in, and breaks an answer off without losing it", async ({ page, site, made, newer }) => {
  const app = await openKept(page, site);
  await expect.poll(() => page.evaluate(() => crossOriginIsolated)).toBe(true);
  site.show(newer);
  await page.reload();
  const reload = page.getByRole("button", { name: "Reload now" });
  await expect(reload).toBeVisible();
  await expect(page).toHaveTitle("Hearth");
  await app.writeLong(made.large());
  // Longer than what may be lost.
  await page.waitForTimeout(2_500);
  await reload.click();
  await expect(page).toHaveTitle("Hearth, newer");
  await expect(reload).toBeHidden();
  await expect(page.getByText("broken off")).toBeVisible();
  expect((await app.answers.textContent())?.length).toBeGreaterThan(20);
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
