/**
 * Runs contenders in one browser, each in a fresh page: `node driver.js`, with a {@link Plan} on its command line.
 * Prints a {@link Line} of JSON for each.
 */
import { type BrowserContext, chromium, type Page } from "@playwright/test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rendererMemory } from "../e2e/processes.js";
import { fillHearth, runHearth } from "./hearth.js";
import type { Contender, Job, Line, Measured, Plan } from "./plan.js";
import { MODEL, serve } from "./server.js";
import { fillWllama, runWllama } from "./wllama.js";

/** Where compiled files are: packages/bench/dist/bench. */
const PACKAGES = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** The longest that one contender may take. */
const LIMIT_MILLIS = 15 * 60_000;
/** A renderer with less has no model, and how long one with more may take to go. */
const IDLE_BYTES = 300 << 20;
const IDLE_LIMIT_MILLIS = 10_000;

function print(line: Line): void {
  console.log(JSON.stringify(line));
}

async function main(plan: Plan): Promise<void> {
  const folders: Record<string, string> = { sdk: join(PACKAGES, "sdk/dist") };
  for (const [version, folder] of Object.entries(plan.wllama)) folders[`wllama-${version}`] = folder;
  const server = await serve(folders, plan.model);
  const profile = mkdtempSync(join(tmpdir(), "hearth-bench-"));
  const context = await chromium.launchPersistentContext(profile, { executablePath: plan.browser, headless: true, args: FLAGS });
  try {
    // A persistent context does not tell the browser's version; its pages do.
    const page = await context.newPage();
    const agent = await page.evaluate(() => navigator.userAgent);
    print({ type: "browser", version: /Chrome\/([\d.]+)/.exec(agent)?.[1] ?? agent });
    await page.close();
    await fill(context, server.url, plan);
    for (const contender of plan.contenders) await run(context, server.url, plan, contender);
  } finally {
    await context.close();
    await server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Fills the caches, so that nothing that is timed comes over the network. */
async function fill(context: BrowserContext, url: string, plan: Plan): Promise<void> {
  const page = await open(context, url);
  if (plan.contenders.some(({ engine }) => engine === "hearth")) await page.evaluate(fillHearth, MODEL);
  await page.close();
  const versions = new Set(plan.contenders.filter(({ engine }) => engine === "wllama").map(({ variant }) => variant));
  for (const version of versions) {
    const page = await open(context, url);
    await page.evaluate(fillWllama, [version, MODEL] as const);
    await page.close();
  }
}

async function run(context: BrowserContext, url: string, plan: Plan, contender: Contender): Promise<void> {
  await idle();
  const page = await open(context, url);
  const { prompts, decode } = plan;
  const longest = Math.max(...[prompts.first, ...prompts.prefill, ...(contender.deep ? [prompts.deep] : [])].map(({ tokens }) => tokens.length));
  // Whole multiples, as engines round up on their own otherwise.
  const room = Math.ceil((longest + decode + 16) / 256) * 256;
  const job: Job = { ...contender, prompts, decode, context: room };
  try {
    const measuring: Promise<Measured> =
      contender.engine === "hearth" ? page.evaluate(runHearth, [job, MODEL] as const) : page.evaluate(runWllama, [job, MODEL] as const);
    const measured = await within(measuring, LIMIT_MILLIS);
    print({ type: "measured", contender, measured, peakBytes: rendererMemory().peak });
  } catch (error) {
    print({ type: "failed", contender, message: String(error).split("\n")[0] ?? "" });
  }
  await page.close();
}

async function open(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** Waits until the page before has given its memory back. */
async function idle(): Promise<void> {
  const started = Date.now();
  while (rendererMemory().peak > IDLE_BYTES && Date.now() - started < IDLE_LIMIT_MILLIS) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function within<T>(work: Promise<T>, millis: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${millis / 1000} s`)), millis);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

const [text] = process.argv.slice(2);
if (text === undefined) throw new Error("the plan is missing: this is started by `cargo xtask bench`");
await main(JSON.parse(text) as Plan);
