/** The page opens, isolated and without errors. */
import { expect, test } from "../fixtures.js";

test("the page opens and says what it is", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle(/Hearth/);
  await expect(page.locator("body")).not.toBeEmpty();
});

test("the page may use shared memory", async ({ page }) => {
  const answer = await page.goto("/");
  expect(answer?.headers()["cross-origin-opener-policy"]).toBe("same-origin");
  expect(answer?.headers()["cross-origin-embedder-policy"]).toMatch(/require-corp|credentialless/);
  expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
});

test("nothing is fetched from elsewhere", async ({ page, server }) => {
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) foreign.push(request.url());
  });
  await page.goto("/", { waitUntil: "networkidle" });
  expect(foreign).toEqual([]);
});
