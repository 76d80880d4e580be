/** What becomes of files once they are there: given out, taken in, verified, deleted; and where browsers keep less. */
import { expect, type Page } from "@playwright/test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FIREFOX } from "../firefox.js";
import { download, open, openStore, script, sha256, test, TUNING } from "../storage/fixture.js";
import { randomBytes } from "../storage/random.js";
import { fetchedTwice } from "../storage/server.js";

const SIZE = 1_000_003;
const SLOW = 1_500_000;
const CHUNK = TUNING.chunkBytes;
/** The name that stores have unless another one is given. */
const DIRECTORY = "hearth-models";

test("a file is given out, deleted, taken in again, and is the same", async ({ page, faults }) => {
  const bytes = randomBytes(21, SIZE);
  faults.files.set("round", { bytes });
  await openStore(page);
  const { id } = await page.evaluate(download, { file: { url: faults.url("round"), name: "round.gguf" } });
  const taken = await page.evaluate(async (id) => {
    const file = await window.store.export(id);
    // It reads from the disk, so a copy is needed before its file is deleted.
    const copy = new File([await file.arrayBuffer()], file.name);
    await window.store.delete(id);
    const left = await window.store.list();
    const { file: imported, source } = await window.store.import(copy);
    const blob = source instanceof Blob ? source : await source.getFile();
    return { left, imported, isWhole: await window.store.verify(imported.id), sizeBytes: blob.size };
  }, id ?? "");
  expect(taken.left).toEqual([]);
  expect(taken.imported).toMatchObject({ name: "round.gguf", sha256: sha256(bytes), sizeBytes: SIZE, urls: [] });
  expect(taken).toMatchObject({ isWhole: true, sizeBytes: SIZE });
});

test("the same content from two addresses and from the disk is kept once", async ({ page, faults }) => {
  const bytes = randomBytes(22, SIZE);
  for (const name of ["a", "b", "c"]) faults.files.set(name, { bytes });
  await openStore(page);
  const first = await page.evaluate(download, { file: { url: faults.url("a") } });
  const second = await page.evaluate(download, { file: { url: faults.url("b") } });
  expect(second.id).toBe(first.id);
  const third = await page.evaluate(download, { file: { url: faults.url("c"), sha256: sha256(bytes) } });
  expect(third.id).toBe(first.id);
  expect(faults.sentBytes("c")).toBe(0);
  const imported = await page.evaluate(async (id) => (await window.store.import(await window.store.export(id))).file.id, first.id ?? "");
  expect(imported).toBe(first.id);
  expect(await page.evaluate(() => window.store.list())).toMatchObject([{ urls: ["a", "b", "c"].map((name) => faults.url(name)) }]);
});

test("damage on the disk is found, and what is damaged is downloaded again", async ({ page, faults }) => {
  const bytes = randomBytes(23, SIZE);
  faults.files.set("rot", { bytes, etag: '"1"' });
  await openStore(page);
  const { id = "" } = await page.evaluate(download, { file: { url: faults.url("rot") } });
  await page.evaluate(damage, { directory: DIRECTORY, id, at: 3 * CHUNK + 7 });
  expect(await page.evaluate((id) => window.store.verify(id), id)).toBe(false);
  expect(await page.evaluate((id) => window.store.get(id), id)).toBeUndefined();
  const before = faults.sentBytes("rot");
  expect(await page.evaluate(download, { file: { url: faults.url("rot") } })).toMatchObject({ sha256: sha256(bytes), id });
  expect(faults.sentBytes("rot") - before).toBe(CHUNK);
  expect(await page.evaluate((id) => window.store.verify(id), id)).toBe(true);
});

test("what is read or downloaded cannot be deleted, and is whole afterwards", async ({ page, faults }) => {
  const bytes = randomBytes(24, SIZE);
  faults.files.set("held", { bytes });
  await openStore(page);
  const { id = "" } = await page.evaluate(download, { file: { url: faults.url("held") } });
  expect(await page.evaluate(deleteWhileRead, id)).toBe("in_use");
  expect(await page.evaluate((id) => window.store.verify(id), id)).toBe(true);
  faults.files.set("coming", { bytes: randomBytes(25, SIZE), bytesPerSecond: SLOW });
  const coming = page.evaluate(download, { file: { url: faults.url("coming") } });
  const code = await page.evaluate(async () => {
    let found: { readonly id: string } | undefined;
    while (found === undefined) found = (await window.store.list()).find(({ complete }) => !complete);
    return await window.store.delete(found.id).then(
      () => "deleted",
      (error: { code: string }) => error.code,
    );
  });
  expect(code).toBe("in_use");
  expect((await coming).sha256).toBe(sha256(randomBytes(25, SIZE)));
});

test("what does not fit is an error with both numbers, before and in the middle of a download", async ({ page, context, faults }) => {
  const bytes = randomBytes(26, 4 * SIZE);
  const claimedBytes = 4e12;
  faults.files.set("small", { bytes: randomBytes(27, SIZE) });
  faults.files.set("huge", { bytes, claimedBytes });
  faults.files.set("big", { bytes, bytesPerSecond: 8 * SLOW });
  await openStore(page);
  await page.evaluate(download, { file: { url: faults.url("small") } });
  const refused = await page.evaluate(download, { file: { url: faults.url("huge") } });
  expect(refused.code).toBe("quota_exceeded");
  expect(refused.message).toMatch(new RegExp(`needs ${claimedBytes} more bytes.*has room for \\d+ more.*small \\(${SIZE} bytes\\)`));
  expect(await page.evaluate((url) => window.store.get(url), faults.url("huge"))).toBeUndefined();

  const devtools = await context.newCDPSession(page);
  const limit = (quotaSize?: number): Promise<unknown> =>
    devtools.send("Storage.overrideQuotaForOrigin", { origin: faults.origin, ...(quotaSize === undefined ? {} : { quotaSize }) });
  const running = page.evaluate(download, { file: { url: faults.url("big") } });
  while (faults.sentBytes("big") < SIZE) await new Promise((resolve) => setTimeout(resolve, 5));
  await limit(2 * SIZE);
  expect(await running).toMatchObject({ code: "quota_exceeded" });
  await limit();
  const outcome = await page.evaluate(download, { file: { url: faults.url("big") } });
  expect(outcome.sha256).toBe(sha256(bytes));
  expect(outcome.resumedBytes).toBeGreaterThan(0);
});

test("what others left in the folder harms nothing", async ({ page, faults }) => {
  const bytes = randomBytes(28, SIZE);
  faults.files.set("kept", { bytes, bytesPerSecond: SLOW });
  const file = { url: faults.url("kept") };
  await openStore(page);
  await page.evaluate(download, { file, abortAfterBytes: SIZE / 2 });
  const [left] = await page.evaluate(() => window.store.list());
  await page.evaluate(clutter, { directory: DIRECTORY, id: left?.id ?? "" });
  await openStore(page);
  expect(await page.evaluate(() => window.store.list())).toEqual([left]);
  // The one of a newer version, and the one that is noise.
  expect((await page.evaluate(() => window.store.report)).unreadable).toBe(2);
  expect(await page.evaluate(download, { file })).toMatchObject({ sha256: sha256(bytes) });
});

test.describe("without the origin private file system", () => {
  test("files are in IndexedDB, and downloads are continued", async ({ page, faults }) => {
    const options = { without: ["opfs"] } as const;
    await keeps(page, () => openStore(page, options), "indexeddb", { faults, name: "indexeddb" });
    expect((await page.evaluate(() => window.store.report)).fallbacks).toEqual(["The origin private file system was left out on request."]);
  });

  test("a page on the disk keeps files as well", async ({ page, faults }) => {
    const folder = mkdtempSync(join(tmpdir(), "hearth-storage-"));
    try {
      const text = JSON.stringify(await script("worker")).replaceAll("</", "<\\/");
      const page1 = (await script("page")).replaceAll("</", "<\\/");
      writeFileSync(
        join(folder, "index.html"),
        `<!doctype html><meta charset="utf-8"><script>window.workerText = ${text};</script><script>${page1}</script>`,
      );
      const reopen = async (): Promise<void> => {
        await page.goto(pathToFileURL(join(folder, "index.html")).href);
        await page.evaluate(open, { tuning: TUNING });
      };
      await keeps(page, reopen, "indexeddb", { faults, name: "disk" });
      const { fallbacks } = await page.evaluate(() => window.store.report);
      expect(fallbacks.join()).toContain("The origin private file system does not work here");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("nor IndexedDB, they are in memory, and the report says so", async ({ page, faults }) => {
    const bytes = randomBytes(29, SIZE);
    faults.files.set("memory", { bytes });
    await openStore(page, { without: ["opfs", "indexeddb"] });
    expect(await page.evaluate(() => window.store.report)).toMatchObject({
      kind: "memory",
      fallbacks: [expect.anything(), expect.anything()],
    });
    expect(await page.evaluate(download, { file: { url: faults.url("memory") } })).toMatchObject({ sha256: sha256(bytes) });
    await openStore(page, { without: ["opfs", "indexeddb"] });
    expect(await page.evaluate(() => window.store.list())).toEqual([]);
  });
});

test.describe("Firefox", () => {
  test.skip(FIREFOX === undefined, "there is no Firefox");

  for (const [kind, without] of [["opfs", []], ["indexeddb", ["opfs"]]] as const) {
    test(`keeps and continues them too, in ${kind}`, async ({ faults, firefox }) => {
      const page = await firefox.page(faults.origin);
      const reopen = async (): Promise<void> => {
        await page.goto(faults.origin);
        await page.evaluate(open, { tuning: TUNING, without });
      };
      await keeps(page, reopen, kind, { faults, name: `firefox-${kind}` });
      await page.close();
    });
  }
});

interface Evaluates {
  evaluate<A, R>(work: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
}

/** Downloads a half, reloads, downloads the rest, reloads, and deletes. */
async function keeps(
  page: Pick<Page, never>,
  reopen: () => Promise<void>,
  kind: string,
  { faults, name }: { faults: Parameters<Parameters<typeof test>[2]>[0]["faults"]; name: string },
): Promise<void> {
  const here = page as Evaluates;
  const bytes = randomBytes(30, SIZE);
  faults.files.set(name, { bytes, etag: '"1"', bytesPerSecond: SLOW });
  const file = { url: faults.url(name) };
  await reopen();
  expect(await here.evaluate(() => window.store.kind, undefined)).toBe(kind);
  expect(await here.evaluate(download, { file, abortAfterBytes: SIZE / 2 })).toMatchObject({ code: "AbortError" });
  await reopen();
  const outcome = await here.evaluate(download, { file });
  expect(outcome.sha256).toBe(sha256(bytes));
  expect(outcome.resumedBytes).toBeGreaterThan(SIZE / 2 - 5 * CHUNK);
  expect(fetchedTwice(faults.servedOf(name), CHUNK)).toBeUndefined();
  await reopen();
  const id = outcome.id ?? "";
  expect(await here.evaluate((id) => window.store.verify(id), id)).toBe(true);
  await here.evaluate((id) => window.store.delete(id), id);
  expect(await here.evaluate(() => window.store.list(), undefined)).toEqual([]);
}

/** Runs in the page: flips a bit of a stored file. */
async function damage({ directory, id, at }: { directory: string; id: string; at: number }): Promise<void> {
  const folder = await (await (await navigator.storage.getDirectory()).getDirectoryHandle(directory)).getDirectoryHandle(id);
  const handle = await folder.getFileHandle("data");
  const byte = new Uint8Array(await (await handle.getFile()).slice(at, at + 1).arrayBuffer());
  const stream = await handle.createWritable({ keepExistingData: true });
  await stream.write({ type: "write", position: at, data: new Uint8Array([(byte[0] ?? 0) ^ 1]) });
  await stream.close();
}

/** Runs in the page: deletes while a worker reads the file in place, as the engine does. */
async function deleteWhileRead(id: string): Promise<string> {
  const found = await window.store.get(id);
  const text = `onmessage = async ({ data }) => { self.held = await data.createSyncAccessHandle({ mode: "read-only" }); postMessage("held"); };`;
  const reader = new Worker(URL.createObjectURL(new Blob([text])));
  await new Promise((resolve) => {
    reader.onmessage = resolve;
    reader.postMessage(found?.source);
  });
  const code = await window.store.delete(id).then(
    () => "deleted",
    (error: { code: string }) => error.code,
  );
  reader.terminate();
  return code;
}

/** Runs in the page: a torn journal, a folder of a newer version, one with noise, one without anything, and a stray file. */
async function clutter({ directory, id }: { directory: string; id: string }): Promise<void> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(directory);
  const write = async (folder: FileSystemDirectoryHandle, name: string, text: string, from: "start" | "end" = "start"): Promise<void> => {
    const handle = await folder.getFileHandle(name, { create: true });
    const stream = await handle.createWritable({ keepExistingData: true });
    await stream.write({ type: "write", position: from === "end" ? (await handle.getFile()).size : 0, data: text });
    await stream.close();
  };
  await write(await root.getDirectoryHandle(id), "journal", '0000abcd {"type":"chunk","index":7,"sha', "end");
  const json = '{"type":"file","version":2,"name":"new"}';
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(json)));
  const checksum = Array.from(digest.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  await write(await root.getDirectoryHandle("00000000000000aa", { create: true }), "journal", `${checksum} ${json}\n`);
  await write(await root.getDirectoryHandle("00000000000000bb", { create: true }), "journal", "\u0000noise\n\n\u0000");
  await root.getDirectoryHandle("00000000000000cc", { create: true });
  await root.getDirectoryHandle("somebody-else's", { create: true });
  await write(root, "00000000000000dd", "a file where a folder is expected");
}
