/**
 * Hundreds of downloads from a server that cuts, stalls, truncates, corrupts, ignores ranges, changes tags and refuses, by chance
 * that can be repeated: never a wrong byte, and what came whole is not asked for again.
 */
import { expect, type Page } from "@playwright/test";
import { download, type Job, openStore, type Outcome, sha256, test, TUNING } from "../storage/fixture.js";
import { EVERY, type Fault, HARMLESS, makeFault } from "../storage/faults.js";
import { pick, random, randomBytes } from "../storage/random.js";
import { type FaultServer, fetchedTwice } from "../storage/server.js";

/** Another one finds other faults. */
const SEED = Number(process.env["HEARTH_SEED"] ?? 20261122);
const DOWNLOADS = 150;
/** Downloads that run side by side. */
const TOGETHER = 8;
/** An error is allowed; then it is tried again, and goes on. */
const TRIES = 10;
const CODES = ["source_unreachable", "source_busy", "content_changed", "hash_mismatch", "ranges_unsupported"];
const TIMEOUT_MILLIS = 180_000;
/** Waits are what takes the time. */
const FAST = { ...TUNING, chunkBytes: 32 << 10, stallMillis: 1000, backoffMillis: 2, backoffCapMillis: 20 };

interface Tally {
  downloads: number;
  faults: number;
  requests: number;
  errors: number;
  wrong: number;
  twice: number;
}

for (const { kind, types } of [
  { kind: "harmless", types: HARMLESS },
  { kind: "every", types: EVERY },
] as const) {
  test(`${DOWNLOADS} downloads through ${kind} faults give right bytes`, async ({ page, faults }) => {
    test.setTimeout(TIMEOUT_MILLIS);
    await openStore(page, { tuning: FAST });
    const next = random(SEED);
    const tally: Tally = { downloads: 0, faults: 0, requests: 0, errors: 0, wrong: 0, twice: 0 };
    while (tally.downloads < DOWNLOADS) {
      const batch = Array.from({ length: TOGETHER }, () => one(page, faults, { kind, types, next, number: tally.downloads++ }, tally));
      await Promise.all(batch);
    }
    console.log(
      `storage faults (${kind}, seed ${SEED}): ${tally.downloads} downloads, ${tally.requests} requests, ${tally.faults} faults, ` +
        `${tally.errors} typed errors, ${tally.wrong} wrong bytes, ${tally.twice} chunks fetched twice`,
    );
    expect(tally).toMatchObject({ wrong: 0, twice: 0 });
    // Otherwise nothing was tested.
    expect(tally.faults).toBeGreaterThan(DOWNLOADS);
  });
}

interface Schedule {
  readonly kind: string;
  readonly types: readonly Fault["type"][];
  readonly next: () => number;
  readonly number: number;
}

/** One file from its first request to its deletion. */
async function one(page: Page, faults: FaultServer, { kind, types, next, number }: Schedule, tally: Tally): Promise<void> {
  const name = `${kind}-${number}`;
  const bytes = randomBytes(number, 1 + Math.floor(next() * 800_000));
  const likelihood = next() * 0.9;
  const pinned = kind === "every" || next() < 0.5 ? { sha256: sha256(bytes) } : {};
  // Some servers tell no size, and some have no ranges at all.
  const bare = kind === "every" && next() < 0.2 ? { ranges: false, untold: next() < 0.5 } : {};
  const fault = ({ from, to }: { from: number; to: number }): Fault | undefined => {
    if (next() >= likelihood) return undefined;
    tally.faults += 1;
    return makeFault(pick(next, types), next, to - from);
  };
  faults.files.set(name, { bytes, etag: '"1"', fault, ...bare });
  const job: Job = { file: { url: faults.url(name), ...pinned }, connections: 1 + Math.floor(next() * 4) };
  let outcome: Outcome | undefined;
  for (let tries = 0, seen = 0; tries < TRIES && outcome?.sha256 === undefined; tries++) {
    outcome = await page.evaluate(download, job);
    if (outcome.code !== undefined) {
      expect(CODES, outcome.message).toContain(outcome.code);
      tally.errors += 1;
    }
    const served = faults.servedOf(name).slice(seen);
    seen += served.length;
    tally.requests += served.length;
    const twice = kind === "harmless" ? fetchedTwice(served, FAST.chunkBytes) : undefined;
    if (twice === undefined) continue;
    tally.twice += 1;
    console.log(`${name}: ${twice}`);
  }
  if (outcome?.sha256 !== sha256(bytes)) {
    tally.wrong += 1;
    console.log(`${name}: ${JSON.stringify(outcome)}`);
  }
  if (outcome?.id !== undefined) await page.evaluate((id) => window.store.delete(id), outcome.id);
  faults.files.delete(name);
}
