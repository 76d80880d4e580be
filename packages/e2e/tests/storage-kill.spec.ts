/**
 * A browser that is killed in the middle of downloads, again and again: the journal promises nothing that is not on the disk, what it
 * promises is not asked for again, and the bytes are right in the end.
 */
import { expect, type BrowserContext } from "@playwright/test";
import { type End, endPage } from "../processes.js";
import { download, openStore, sha256, test, TUNING } from "../storage/fixture.js";
import { pick, random, randomBytes } from "../storage/random.js";
import { type FaultServer, pause, type Served } from "../storage/server.js";

const SEED = Number(process.env["HEARTH_SEED"] ?? 20261122);
const KILLS = 100;
const SIZE = 6_000_007;
const CHUNK = 32 << 10;
/** A file takes some dozen kills. */
const BYTES_PER_SECOND = 150_000;
const LONGEST_MILLIS = 250;
const CONNECTIONS = 4;
const ENDS = ["crash", "crash", "close"] as const satisfies readonly End[];
const TIMEOUT_MILLIS = 480_000;

test(`${KILLS} kills in the middle of downloads`, async ({ context, faults }) => {
  test.setTimeout(TIMEOUT_MILLIS);
  const next = random(SEED);
  const tally = { kills: 0, files: 0, sentBytes: 0, bytes: 0 };
  while (tally.kills < KILLS) {
    const name = `killed-${tally.files++}`;
    const bytes = randomBytes(tally.files, SIZE);
    faults.files.set(name, { bytes, etag: '"1"', bytesPerSecond: BYTES_PER_SECOND });
    const kills = await downloadThroughKills(context, faults, name, bytes, next, KILLS - tally.kills);
    tally.kills += kills;
    tally.sentBytes += faults.sentBytes(name);
    tally.bytes += SIZE;
    // What is lost with each kill: the beginnings of chunks, and what is on its way.
    expect(faults.sentBytes(name)).toBeLessThan(SIZE + (kills + 1) * CONNECTIONS * 3 * CHUNK);
  }
  console.log(
    `storage kills (seed ${SEED}): ${tally.kills} kills in ${tally.files} downloads, 0 wrong bytes, 0 verified chunks fetched again, ` +
      `${(tally.sentBytes / tally.bytes).toFixed(2)} bytes sent for each byte of the files`,
  );
});

/** Gives how often it was killed. */
async function downloadThroughKills(
  context: BrowserContext,
  faults: FaultServer,
  name: string,
  bytes: Buffer,
  next: () => number,
  mostKills: number,
): Promise<number> {
  const file = { url: faults.url(name), sha256: sha256(bytes) };
  const digests = Array.from({ length: Math.ceil(SIZE / CHUNK) }, (_, index) => sha256(bytes.subarray(index * CHUNK, (index + 1) * CHUNK)));
  let before: readonly number[] = [];
  for (let kills = 0; ; kills++) {
    const page = await context.newPage();
    await openStore(page, { tuning: { ...TUNING, chunkBytes: CHUNK } });
    const promised = await page.evaluate(promises, { url: file.url, chunkBytes: CHUNK });
    for (const { index, journal, disk } of promised)
      expect({ index, journal, disk }).toEqual({ index, journal: digests[index], disk: digests[index] });
    const there = promised.map(({ index }) => index);
    expect(there, "a chunk that was there is no longer").toEqual(expect.arrayContaining([...before]));
    before = there;

    const asked = faults.log.length;
    const isLast = kills >= mostKills;
    if (isLast) faults.files.set(name, { bytes, etag: '"1"' });
    const running = page.evaluate(download, { file, connections: CONNECTIONS }).catch(() => undefined);
    const outcome = await (isLast ? running : Promise.race([running, pause(next() * LONGEST_MILLIS)]));
    if (outcome === undefined) await endPage(page, pick(next, ENDS));
    expect(again(faults.log.slice(asked), there), "a verified chunk was asked for again").toBeUndefined();
    if (outcome === undefined) continue;
    expect(outcome).toMatchObject({ sha256: sha256(bytes) });
    await page.close();
    return kills;
  }
}

/** The first of the chunks that is asked for. */
function again(log: readonly Served[], there: readonly number[]): number | undefined {
  return there.find((index) => log.some(({ from, to }) => from < Math.min(SIZE, (index + 1) * CHUNK) && to > index * CHUNK));
}

interface Promised {
  readonly index: number;
  /** The chunk's SHA-256, as the journal has it and as it is on the disk. */
  readonly journal: string;
  readonly disk: string;
}

/** Runs in the page: what the journal of a download says, read without the store's code. */
async function promises({ url, chunkBytes }: { url: string; chunkBytes: number }): Promise<Promised[]> {
  const id = (await window.store.list()).find((file) => file.url === url)?.id;
  if (id === undefined) return [];
  const folder = await (await (await navigator.storage.getDirectory()).getDirectoryHandle("hearth-models")).getDirectoryHandle(id);
  const text = await (await (await folder.getFileHandle("journal")).getFile()).text();
  // The last line may be torn.
  const lines = text.split("\n").slice(0, -1);
  const chunks = lines.flatMap((line) => {
    const record = JSON.parse(line.slice(9)) as { type: string; index: number; sha256: string };
    return record.type === "chunk" ? [record] : [];
  });
  if (chunks.length === 0) return [];
  const data = await (await folder.getFileHandle("data")).getFile();
  return await Promise.all(
    chunks.map(async ({ index, sha256 }) => {
      const bytes = await data.slice(index * chunkBytes, (index + 1) * chunkBytes).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return { index, journal: sha256, disk: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") };
    }),
  );
}
