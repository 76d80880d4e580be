/** The storage tests' function: one server with faults and one page with nothing but the store. */
import { test as base, type Page } from "@playwright/test";
import { createHash } from "node:crypto";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { StoreOptions } from "../../sdk/dist/storage/interface.js";
import type { ModelStore } from "../../sdk/dist/storage/store.js";
import { type Firefox, WITH_FIREFOX } from "../firefox.js";
import { FaultServer } from "./server.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

declare global {
  interface Window {
    openStore: (options: StoreOptions) => Promise<ModelStore>;
    store: ModelStore;
  }
}

/** Small chunks and short waits: what takes minutes on a network takes seconds here. */
export const TUNING = {
  chunkBytes: 64 << 10,
  stallMillis: 400,
  backoffMillis: 5,
  backoffCapMillis: 50,
  retryAfterCapMillis: 3000,
  tries: 8,
};

export const test = base.extend<object, { faults: FaultServer; firefox: Firefox }>({
  ...WITH_FIREFOX,
  faults: [
    async ({}, use) => {
      const server = await FaultServer.open(await pages());
      await use(server);
      await server.close();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ faults }, use) => use(faults.origin),
});

/** Bundled as an application's bundler would do it. */
async function pages(): Promise<Map<string, { type: string; body: string | Uint8Array }>> {
  const pages = new Map<string, { type: string; body: string | Uint8Array }>();
  for (const chunk of await bundle({ worker: { format: "es" } }, join(HERE, "index.html"))) {
    const body = chunk.type === "chunk" ? chunk.code : chunk.source;
    pages.set(`/${chunk.fileName}`, { type: TYPES[extname(chunk.fileName)] ?? "application/octet-stream", body });
  }
  return pages;
}

type Settings = NonNullable<Parameters<typeof build>[0]>;

async function bundle(settings: Settings, input: string, format: "es" | "iife" = "es") {
  const output = { format, codeSplitting: format === "es" };
  const result = await build({
    root: HERE,
    configFile: false,
    logLevel: "error",
    ...settings,
    build: { write: false, minify: false, modulePreload: false, target: "es2022", rolldownOptions: { input, output } },
  });
  if (!Array.isArray(result) && !("output" in result)) throw new Error("nothing was built");
  return (Array.isArray(result) ? result : [result]).flatMap(({ output }) => output);
}

/** One script without modules, as pages on the disk need it: the page's, or the worker's. */
export async function script(name: "page" | "worker"): Promise<string> {
  const input = name === "page" ? join(HERE, "page.ts") : join(HERE, "../../sdk/dist/storage/worker.js");
  const code = (await bundle({}, input, "iife")).flatMap((chunk) => (chunk.type === "chunk" ? [chunk.code] : []));
  return code.join("\n");
}

/** Opens the page and a store in it. */
export async function openStore(page: Page, options: Omit<StoreOptions, "startWorker"> = {}): Promise<void> {
  await page.goto("/");
  await page.evaluate(open, { tuning: TUNING, ...options });
}

/** Runs in the page. */
export async function open(options: Omit<StoreOptions, "startWorker">): Promise<void> {
  window.store = await window.openStore(options);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What a page's download came to. */
export interface Outcome {
  /** Of the bytes as they are read for loading, by the browser. */
  readonly sha256?: string;
  readonly code?: string;
  readonly message?: string;
  readonly id?: string;
  readonly told?: string;
  readonly resumedBytes: number;
  readonly restarts: number;
  readonly wasElsewhere: boolean;
  readonly phases: readonly string[];
}

/** What is downloaded. */
export interface Job {
  readonly file: {
    readonly url: string;
    readonly sha256?: string;
    readonly sizeBytes?: number;
    readonly name?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly connections?: number;
  /** Gives up after so many bytes. */
  readonly abortAfterBytes?: number;
}

/** Runs in the page. */
export async function download({ file, connections = 4, abortAfterBytes = Number.POSITIVE_INFINITY }: Job): Promise<Outcome> {
  const given = new AbortController();
  const seen = { resumedBytes: 0, restarts: 0, wasElsewhere: false, phases: [] as string[] };
  try {
    const { file: stored, source } = await window.store.download(file, {
      connections,
      signal: given.signal,
      onProgress: ({ phase, doneBytes, resumedBytes, restarts, elsewhere }) => {
        if (!seen.phases.includes(phase)) seen.phases.push(phase);
        seen.resumedBytes = Math.max(seen.resumedBytes, resumedBytes);
        seen.restarts = restarts;
        seen.wasElsewhere ||= elsewhere;
        if (doneBytes >= abortAfterBytes && phase === "downloading") given.abort();
      },
    });
    const blob = source instanceof Blob ? source : await source.getFile();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return { ...seen, sha256, id: stored.id, told: stored.sha256 };
  } catch (error) {
    const { code, name, message } = error as { code?: unknown; name: string; message: string };
    return { ...seen, code: typeof code === "string" ? code : name, message };
  }
}
