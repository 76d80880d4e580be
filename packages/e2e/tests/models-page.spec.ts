/** Models that fit the machine are offered, downloaded from a hub, paused, opened again, checked and deleted. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { Disk } from "../disk.js";
import { expect, MEASURED_BYTES_PER_SECOND, passOver, test as base } from "../fixtures.js";
import { EMBER_FILE } from "../models.js";
import { APP, serve, type Server } from "../server.js";
import { FaultServer } from "../storage/server.js";

const BYTES = readFileSync(EMBER_FILE);
const SHA256 = createHash("sha256").update(BYTES).digest("hex");
const MEGABYTES = `${(BYTES.length / 1e6).toFixed(1)} MB`;

/** A hub on another origin, and a server that has no models and lets its pages talk to the hub. */
const test = base.extend<object, { hub: FaultServer; server: Server }>({
  hub: [
    async ({}, use) => {
      const hub = await FaultServer.open(new Map());
      await use(hub);
      await hub.close();
    },
    { scope: "worker" },
  ],
  server: [
    async ({ hub }, use) => {
      const server = await serve(undefined, APP, hub.origin);
      await use(server);
      await server.close();
    },
    { scope: "worker" },
  ],
});

/** What the page keeps of speeds. */
interface Kept {
  readonly places: Readonly<Record<string, { readonly measured: number }>>;
}

interface Offered {
  readonly name: string;
  readonly quality: number;
  /** What the catalogue says; of the file itself where it says nothing. */
  readonly sizeBytes?: number;
  readonly sha256?: string;
}

/** A model of the hub's catalogue, with one quantisation more that is too large for any page. */
function entry(hub: FaultServer, { name, quality, sizeBytes = BYTES.length, sha256 }: Offered): object {
  const files = [{ url: hub.url(`${name}.gguf`), ...(sha256 !== undefined && { sha256 }) }];
  const variants = [
    { quantization: "Q8_0", sizeBytes, files },
    { quantization: "F16", sizeBytes: 9e12, files },
  ];
  return { id: name, name, parameters: 3e6, license: "MIT", quality, contextLength: 1024, variants };
}

async function openWith(page: Page, hub: FaultServer, models: readonly Offered[]): Promise<App> {
  await page.route("**/catalogue.json", (route) => route.fulfill({ json: { models: models.map((one) => entry(hub, one)) } }));
  for (const { name } of models) hub.files.set(`${name}.gguf`, { bytes: BYTES });
  return await App.open(page);
}

const THREE: readonly Offered[] = [
  { name: "small", quality: 1 },
  { name: "middle", quality: 2, sizeBytes: BYTES.length + 1 },
  { name: "large", quality: 3, sizeBytes: BYTES.length + 2 },
];

test("three models that fit are offered, with what they cost; one click brings one, while the one in the box answers", async ({ page, hub }) => {
  const app = await openWith(page, hub, THREE);
  hub.files.set("middle.gguf", { bytes: BYTES, bytesPerSecond: 1_500_000 });
  await app.ready("ember");
  const fitting = page.getByRole("region", { name: "Models that fit this machine" });
  await expect(fitting.getByRole("button")).toHaveCount(3);
  await expect(fitting).toContainText("processor core");
  const balanced = fitting.getByRole("button", { name: /Balanced/ });
  for (const fact of ["middle Q8_0", `${MEGABYTES} to download`, "of memory", "tokens/s here", "Licence: MIT"]) {
    await expect(balanced).toContainText(fact);
  }
  await balanced.click();
  const download = page.getByRole("region", { name: "Downloading middle Q8_0" });
  await expect(download.getByRole("progressbar")).toBeVisible();
  await expect(download).toContainText(/\/s/);
  await app.set({ temperature: 0, maxTokens: 4 });
  await app.send("Hello");
  expect(await app.answer()).not.toBe("");
  await expect(download).toBeHidden();
  await app.ready("middle Q8_0");
  await app.send("Hello again");
  await expect(app.turns).toHaveCount(2);
  await app.answer();
});

test("a download is paused, and goes on where it was, even after the page was closed", async ({ page, hub, large }) => {
  const bytes = readFileSync(large.path);
  const app = await openWith(page, hub, [{ name: "paused", quality: 1, sizeBytes: bytes.length }]);
  hub.files.set("paused.gguf", { bytes, bytesPerSecond: 20_000_000 });
  await page.locator('[data-offer="paused:Q8_0"]').click();
  const download = page.getByRole("region", { name: "Downloading paused Q8_0" });
  await expect(download).toContainText(/[4-9]\d(\.\d)? MB of/);
  await download.getByRole("button", { name: "Pause" }).click();
  await expect(download).toContainText("Paused at");
  await page.reload();
  hub.files.set("paused.gguf", { bytes });
  const before = hub.sentBytes("paused.gguf");
  await page.locator('[data-offer="paused:Q8_0"]').click();
  await app.ready("paused Q8_0");
  expect(hub.sentBytes("paused.gguf") - before).toBeLessThan(bytes.length);
  await page.reload();
  await app.ready("paused Q8_0");
});

test("what was downloaded is listed, checked, opened again and deleted", async ({ page, hub }) => {
  const app = await openWith(page, hub, [{ name: "kept", quality: 1, sha256: SHA256 }]);
  await page.locator('[data-offer="kept:Q8_0"]').click();
  await app.ready("kept Q8_0");
  await app.changeModel();
  const stored = page.getByRole("region", { name: "Downloaded models" });
  await expect(stored).toContainText(`kept.gguf`);
  await expect(stored).toContainText(MEGABYTES);
  const act = async (name: string): Promise<void> => {
    await stored.getByRole("button", { name: "Actions for kept.gguf" }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  await act("Check");
  await expect(stored).toContainText("checked: whole");
  const sent = hub.sentBytes("kept.gguf");
  await stored.getByRole("button", { name: /^kept\.gguf/ }).click();
  await app.ready("kept");
  expect(hub.sentBytes("kept.gguf")).toBe(sent);
  await app.changeModel();
  await act("Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(stored).toContainText("None yet.");
});

test("delete everything leaves no model, no unfinished download, no note of a file and no run of the benchmark", async ({ page, hub, large }) => {
  const bytes = readFileSync(large.path);
  const disk = await Disk.of(page);
  const app = await openWith(page, hub, [
    { name: "whole", quality: 1 },
    { name: "part", quality: 2, sizeBytes: bytes.length },
  ]);
  hub.files.set("part.gguf", { bytes, bytesPerSecond: 20_000_000 });
  await disk.write("mine.gguf", BYTES);
  await disk.openFile("mine.gguf");
  await app.ready("mine");
  await app.changeModel();
  await page.locator('[data-offer="whole:Q8_0"]').first().click();
  await expect(page.getByRole("region", { name: "Downloaded models" })).toContainText("whole.gguf");
  await page.locator('[data-offer="part:Q8_0"]').first().click();
  await expect(page.getByRole("region", { name: "Downloading part Q8_0" })).toContainText(/[4-9]\d(\.\d)? MB of/);
  await page.evaluate(() => localStorage.setItem("hearth-benchmarks", "[]"));
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Delete everything" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("downloaded models");
  await dialog.getByRole("button", { name: "Delete everything" }).click();
  await expect.poll(() => page.evaluate(keptModels)).toEqual([]);
  await expect.poll(() => page.evaluate(() => localStorage.getItem("hearth-benchmarks"))).toBeNull();
  await expect(app.problem).toBeHidden();
  await page.reload();
  await expect(app.status).toContainText("ember");
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await expect(page.getByRole("region", { name: "Downloaded models" })).toContainText("None yet.");
  await expect(page.getByRole("region", { name: "Opened from this machine" })).toBeHidden();
});

/** Runs in the page: the folders of stored models, whole or not. */
async function keptModels(): Promise<readonly string[]> {
  const models = await (await navigator.storage.getDirectory()).getDirectoryHandle("hearth-models");
  const names: string[] = [];
  for await (const name of models.keys()) names.push(name);
  return names;
}

test("a model is brought by its address; what is no address cannot be sent", async ({ page, hub }) => {
  const app = await openWith(page, hub, []);
  hub.files.set("mine.gguf", { bytes: BYTES });
  await app.changeModel();
  const field = page.getByLabel("By address");
  const open = page.getByRole("button", { name: "Open", exact: true });
  await field.fill("mine.gguf");
  await expect(open).toBeDisabled();
  await expect(page.getByText("This is neither an address")).toBeVisible();
  await field.fill(hub.url("mine.gguf"));
  await open.click();
  await expect(app.status).toContainText("mine");
});

test("what a hub does not have is told, and can be tried again", async ({ page, hub, pageErrors }) => {
  const app = await openWith(page, hub, [{ name: "late", quality: 1 }]);
  hub.files.delete("late.gguf");
  await page.locator('[data-offer="late:Q8_0"]').click();
  const download = page.getByRole("region", { name: "Downloading late Q8_0" });
  await expect(download.getByRole("alert")).toBeVisible();
  hub.files.set("late.gguf", { bytes: BYTES });
  await download.getByRole("button", { name: "Go on" }).click();
  await app.ready("late Q8_0");
  passOver(pageErrors, /404/);
});

test("a damaged file is not opened", async ({ page, hub }) => {
  await openWith(page, hub, [{ name: "damaged", quality: 1, sha256: SHA256.replaceAll(/[0-9]/g, "a") }]);
  await page.locator('[data-offer="damaged:Q8_0"]').click();
  const download = page.getByRole("region", { name: "Downloading damaged Q8_0" });
  await expect(download.getByRole("alert")).toBeVisible();
});

test("a server that the host did not name is not talked to", async ({ page, hub, pageErrors }) => {
  const other = await FaultServer.open(new Map());
  other.files.set("mine.gguf", { bytes: BYTES });
  const app = await openWith(page, hub, []);
  await app.changeModel();
  await page.getByLabel("By address").fill(other.url("mine.gguf"));
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("This page may not talk to that server.");
  await expect(page.getByRole("alert")).toContainText("connect-src");
  expect(other.log).toEqual([]);
  await other.close();
  passOver(pageErrors, /Content Security Policy|ERR_BLOCKED_BY_CSP|violates the/);
});

test("how fast models would be here is measured before any has answered, for each way to compute", async ({ page, hub }) => {
  await page.addInitScript(() => localStorage.removeItem("hearth-read-speed"));
  const app = await openWith(page, hub, THREE);
  await app.ready("ember");
  const fitting = page.getByRole("region", { name: "Models that fit this machine" });
  await expect(fitting.getByRole("button").first()).toContainText(/about [\d,.]+ tokens\/s here/);
  await page.goto("/#/settings");
  await page.getByLabel("Threads").fill("1");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.goto("/#/models");
  await expect(fitting.getByRole("button").first()).toContainText(/about [\d,.]+ tokens\/s here/);
  const { state } = await page.evaluate(() => JSON.parse(localStorage.getItem("hearth-read-speed") ?? "") as { readonly state: Kept });
  expect(Object.keys(state.places)).toEqual(["cpu", "cpu 1"]);
  for (const { measured } of Object.values(state.places)) {
    expect(measured).toBeGreaterThan(1e7);
    expect(measured).toBeLessThan(MEASURED_BYTES_PER_SECOND);
  }
});

test("a machine that is too weak is told so, and has the model in the box", async ({ page, hub }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "deviceMemory", { get: () => 0.25 }));
  const app = await openWith(page, hub, [{ name: "heavy", quality: 1, sizeBytes: 5e8 }]);
  await app.ready("ember");
  const fitting = page.getByRole("region", { name: "Models that fit this machine" });
  await expect(fitting).toContainText("too weak");
  await expect(fitting.getByRole("button")).toHaveCount(0);
});

test("quantisations stand side by side; those that are too large say so", async ({ page, hub }) => {
  const app = await openWith(page, hub, THREE);
  await app.changeModel();
  const all = page.getByRole("region", { name: "All models of the catalogue" });
  await expect(all.getByRole("table")).toHaveCount(3);
  const first = all.getByRole("table").first();
  await expect(first.getByRole("row", { name: /Q8_0/ }).getByRole("button", { name: "Get small in Q8_0" })).toBeVisible();
  await expect(first.getByRole("row", { name: /F16/ })).toContainText("too large for this machine");
});
