/** Models that are kept in the browser: downloaded once, continued, shared by tabs, verified, taken in and given out. */
import { expect } from "@playwright/test";
import { download, type Job, openStore, type Outcome, sha256, test, TUNING } from "../storage/fixture.js";
import { randomBytes } from "../storage/random.js";
import { fetchedTwice } from "../storage/server.js";

const SIZE = 1_000_003;
const HALF = SIZE / 2;
const SLOW = 1_500_000;
const CHUNK = TUNING.chunkBytes;

test("a file is downloaded once, and is there after a reload without a request", async ({ page, faults }) => {
  const bytes = randomBytes(1, SIZE);
  faults.files.set("once", { bytes, etag: '"1"' });
  await openStore(page);
  const url = faults.url("once");
  const first = await page.evaluate(download, { file: { url } });
  expect(first).toMatchObject({ sha256: sha256(bytes), told: sha256(bytes), resumedBytes: 0 });
  const requests = faults.log.length;
  expect(faults.sentBytes("once")).toBe(SIZE);

  await openStore(page);
  expect(await page.evaluate(download, { file: { url } })).toMatchObject({ sha256: sha256(bytes), id: first.id });
  expect(faults.log.length).toBe(requests);
  const listed = await page.evaluate(() => window.store.list());
  expect(listed).toMatchObject([{ complete: true, name: "once", url, sizeBytes: SIZE, sha256: sha256(bytes) }]);
  expect(await page.evaluate(() => window.store.report)).toEqual({ kind: "opfs", fallbacks: [], unreadable: 0 });
  const usage = await page.evaluate(() => window.store.usage());
  expect(usage.filesBytes).toBe(SIZE);
  expect(usage.usedBytes).toBeGreaterThanOrEqual(SIZE);
});

test("a download that was given up goes on where it was, in another page", async ({ page, faults }) => {
  const bytes = randomBytes(2, SIZE);
  faults.files.set("given-up", { bytes, etag: '"1"', bytesPerSecond: SLOW });
  const file = { url: faults.url("given-up"), name: "model.gguf" };
  await openStore(page);
  expect(await page.evaluate(download, { file, abortAfterBytes: HALF })).toMatchObject({ code: "AbortError" });
  const [left] = await page.evaluate(() => window.store.list());
  if (left === undefined || left.complete) throw new Error("nothing is left of the download");
  expect(left).toMatchObject({ name: "model.gguf", sizeBytes: SIZE });
  expect(left.verifiedBytes).toBeGreaterThan(HALF - 5 * CHUNK);

  await openStore(page);
  const outcome = await page.evaluate(download, { file });
  expect(outcome).toMatchObject({ sha256: sha256(bytes), resumedBytes: left.verifiedBytes });
  expect(fetchedTwice(faults.servedOf("given-up"), CHUNK)).toBeUndefined();
});

for (const untold of [false, true]) {
  test(`a server without ranges${untold ? " that does not tell the size" : ""} sends one stream, and what is there is passed over`, async ({
    page,
    faults,
  }) => {
    const name = `stream-${untold}`;
    const bytes = randomBytes(3, SIZE);
    faults.files.set(name, { bytes, etag: '"1"', ranges: false, untold, bytesPerSecond: 2 * SLOW });
    const file = { url: faults.url(name) };
    await openStore(page);
    expect(await page.evaluate(download, { file, abortAfterBytes: HALF })).toMatchObject({ code: "AbortError" });
    const outcome = await page.evaluate(download, { file });
    expect(outcome.sha256).toBe(sha256(bytes));
    expect(outcome.resumedBytes).toBeGreaterThan(HALF - 2 * CHUNK);
  });
}

test("a server that hides its headers from other origins is asked for the size", async ({ page, faults }) => {
  const bytes = randomBytes(4, SIZE);
  faults.files.set("hidden", { bytes });
  await openStore(page);
  const outcome = await page.evaluate(download, { file: { url: faults.url("hidden").replace("localhost", "127.0.0.1") } });
  expect(outcome).toMatchObject({ sha256: sha256(bytes) });
});

test("an empty file is a file", async ({ page, faults }) => {
  faults.files.set("empty", { bytes: Buffer.alloc(0) });
  await openStore(page);
  expect(await page.evaluate(download, { file: { url: faults.url("empty") } })).toMatchObject({ sha256: sha256(Buffer.alloc(0)) });
});

test.describe("a file that changes on the server", () => {
  for (const tag of [{ etag: '"1"' }, { lastModified: "Sat, 21 Nov 2026 10:00:00 GMT" }, {}]) {
    test(`begins anew, told by ${Object.keys(tag)[0] ?? "its bytes"}`, async ({ page, faults }) => {
      const name = `changes-${Object.keys(tag)[0]}`;
      const served = { bytes: randomBytes(5, SIZE), bytesPerSecond: SLOW, ...tag };
      faults.files.set(name, served);
      await openStore(page);
      const file = { url: faults.url(name) };
      expect(await page.evaluate(download, { file, abortAfterBytes: HALF })).toMatchObject({ code: "AbortError" });
      const bytes = randomBytes(6, SIZE);
      const other = "etag" in tag ? { etag: '"2"' } : "lastModified" in tag ? { lastModified: "Sun, 22 Nov 2026 10:00:00 GMT" } : {};
      faults.files.set(name, { bytes, ...other });
      expect(await page.evaluate(download, { file })).toMatchObject({ sha256: sha256(bytes), restarts: 1 });
    });
  }

  test("is an error where its SHA-256 is given", async ({ page, faults }) => {
    const bytes = randomBytes(7, SIZE);
    faults.files.set("pinned", { bytes, etag: '"1"', bytesPerSecond: SLOW });
    const file = { url: faults.url("pinned"), sha256: sha256(bytes) };
    await openStore(page);
    expect(await page.evaluate(download, { file, abortAfterBytes: HALF })).toMatchObject({ code: "AbortError" });
    faults.files.set("pinned", { bytes: randomBytes(8, SIZE), etag: '"2"' });
    expect(await page.evaluate(download, { file })).toMatchObject({ code: "hash_mismatch" });
    faults.files.set("pinned", { bytes: randomBytes(8, SIZE + 1), etag: '"3"' });
    expect(await page.evaluate(download, { file })).toMatchObject({ code: "content_changed" });
    faults.files.set("pinned", { bytes, etag: '"1"' });
    expect(await page.evaluate(download, { file })).toMatchObject({ sha256: sha256(bytes) });
  });

  test("is an error where it was stored, or where the catalogue says otherwise", async ({ page, faults }) => {
    const bytes = randomBytes(9, SIZE);
    faults.files.set("stored", { bytes, etag: '"1"' });
    const url = faults.url("stored");
    await openStore(page);
    expect(await page.evaluate(download, { file: { url, sizeBytes: SIZE + 1 } })).toMatchObject({ code: "content_changed" });
    const { id } = await page.evaluate(download, { file: { url } });
    const other = randomBytes(10, SIZE);
    expect(await page.evaluate(download, { file: { url, sha256: sha256(other) } })).toMatchObject({ code: "content_changed" });
    expect(await page.evaluate((id) => window.store.get(id ?? "").then((found) => found?.file.sha256), id)).toBe(sha256(bytes));
  });
});

test.describe("what a server refuses", () => {
  const refusals = [
    { status: 404, code: "source_not_found" },
    { status: 403, code: "access_denied" },
    { status: 400, code: "source_unreachable" },
    { status: 503, retryAfter: "3600", code: "source_busy" },
    { status: 502, code: "source_unreachable" },
  ];
  test("has a code, and leaves nothing in the list", async ({ page, faults }) => {
    await openStore(page);
    for (const { code, ...refusal } of refusals) {
      const name = `refused-${refusal.status}`;
      faults.files.set(name, { bytes: randomBytes(11, SIZE), fault: () => ({ type: "status", ...refusal }) });
      expect(await page.evaluate(download, { file: { url: faults.url(name) } })).toMatchObject({ code });
    }
    expect(await page.evaluate(download, { file: { url: "http://localhost:1/model" } })).toMatchObject({ code: "source_unreachable" });
    expect(await page.evaluate(() => window.store.list())).toEqual([]);
  });

  test("a pause that the server asks for is kept", async ({ page, faults }) => {
    const bytes = randomBytes(12, SIZE);
    let refused = 0;
    let askedEarly = 0;
    const opensAt = { millis: 0 };
    faults.files.set("busy", {
      bytes,
      fault: () => {
        if (refused > 0) askedEarly += Date.now() < opensAt.millis ? 1 : 0;
        if (refused++ > 0) return undefined;
        opensAt.millis = Date.now() + 1000;
        return { type: "status", status: 429, retryAfter: "1" };
      },
    });
    await openStore(page);
    const outcome = await page.evaluate(download, { file: { url: faults.url("busy") } });
    expect(outcome).toMatchObject({ sha256: sha256(bytes) });
    expect(outcome.phases).toContain("retrying");
    expect(askedEarly).toBe(0);
  });
});

test.describe("damage on the way", () => {
  test("is found by the SHA-256, and the damaged chunk alone is replaced", async ({ page, faults }) => {
    const bytes = randomBytes(13, SIZE);
    let left = 1;
    faults.files.set("damaged", { bytes, fault: () => (left-- > 0 ? { type: "corrupt", at: 100 } : undefined) });
    await openStore(page);
    const outcome = await page.evaluate(download, { file: { url: faults.url("damaged"), sha256: sha256(bytes) } });
    expect(outcome).toMatchObject({ sha256: sha256(bytes) });
    expect(outcome.phases).toContain("repairing");
    // Once, once more to compare, and the damaged chunk twice.
    expect(faults.sentBytes("damaged")).toBe(2 * SIZE + 2 * CHUNK);
  });

  test("that is always there is hash_mismatch, and nothing is given out", async ({ page, faults }) => {
    const bytes = randomBytes(14, SIZE);
    const wrong = Buffer.from(bytes);
    wrong.writeUInt8(wrong.readUInt8(5) ^ 1, 5);
    faults.files.set("wrong", { bytes: wrong });
    await openStore(page);
    expect(await page.evaluate(download, { file: { url: faults.url("wrong"), sha256: sha256(bytes) } })).toMatchObject({
      code: "hash_mismatch",
    });
    expect(await page.evaluate((url) => window.store.get(url), faults.url("wrong"))).toBeUndefined();
  });

  test("is noticed where the server tells the SHA-256", async ({ page, faults }) => {
    const bytes = randomBytes(15, SIZE);
    faults.files.set("told", { bytes: randomBytes(16, SIZE), headers: { "X-Linked-ETag": `"${sha256(bytes)}"` } });
    await openStore(page);
    expect(await page.evaluate(download, { file: { url: faults.url("told") } })).toMatchObject({ code: "hash_mismatch" });
  });
});

test.describe("two tabs", () => {
  test("download a file once, and the one that waits sees how far it is", async ({ page, context, faults }) => {
    const bytes = randomBytes(17, SIZE);
    faults.files.set("shared", { bytes, bytesPerSecond: SLOW });
    const job: Job = { file: { url: faults.url("shared") } };
    const other = await context.newPage();
    await openStore(page);
    await openStore(other);
    const [first, second] = await Promise.all([page.evaluate(download, job), other.evaluate(download, job)]);
    expect(first.sha256).toBe(sha256(bytes));
    expect(second.sha256).toBe(sha256(bytes));
    expect(first.wasElsewhere || second.wasElsewhere).toBe(true);
    expect(faults.sentBytes("shared")).toBe(SIZE);
  });

  test("when the first is closed, the second goes on where it was; one that gives up breaks nothing", async ({ page, context, faults }) => {
    const bytes = randomBytes(18, SIZE);
    faults.files.set("closed", { bytes, bytesPerSecond: SLOW / 12 });
    const file = { url: faults.url("closed") };
    const [first, third] = [await context.newPage(), await context.newPage()];
    for (const one of [page, first, third]) await openStore(one);
    const broken = first.evaluate(download, { file }).catch((): Outcome | undefined => undefined);
    const came = (bytes: number) => expect.poll(() => faults.sentBytes("closed"), { intervals: [20] }).toBeGreaterThan(bytes);
    // The first one has begun before the others ask.
    await came(0);
    const waiting = page.evaluate(download, { file });
    const givenUp = third.evaluate(download, { file, abortAfterBytes: 1 });
    expect(await givenUp).toMatchObject({ code: "AbortError", wasElsewhere: true });
    await came(6 * CHUNK);
    await first.close();
    expect(await broken).toBeUndefined();
    const outcome = await waiting;
    expect(outcome.sha256).toBe(sha256(bytes));
    expect(outcome.resumedBytes).toBeGreaterThan(0);
    expect(fetchedTwice(faults.servedOf("closed"), CHUNK)).toBeUndefined();
  });
});
