/** Pages that show the README's example: what they are built of, and how one sees that it worked. */
import { expect, type Page } from "@playwright/test";
import { type OutgoingHttpHeaders } from "node:http";
import { Installed } from "../packaging/installed.js";
import { StaticServer } from "../packaging/static-server.js";
import { test as base } from "./fixtures.js";
import { type MadeModels, STORY_TEMPLATE } from "./models.js";

export { expect };

interface Packaging {
  /** The package, as npm would publish it. */
  installed: Installed;
  /** A model that answers everything with a story. */
  chatModel: string;
}

export const test = base.extend<object, Packaging>({
  installed: [async ({}, use) => use(Installed.make()), { scope: "worker", timeout: 60_000 }],
  // Each test has a server of its own.
  baseURL: async ({}, use) => use(undefined),
  chatModel: [async ({ made }: { made: MadeModels }, use) => use(made.withTemplate("chat", STORY_TEMPLATE)), { scope: "worker" }],
});

/** Serves a built page, with the model at the address that the example names. */
export async function serving<T>(folder: string, model: string, headers: OutgoingHttpHeaders, use: (server: StaticServer) => Promise<T>): Promise<T> {
  const server = await StaticServer.start({ "/": folder, "/model.gguf": model }, headers);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

/** What a page showed, and what its engine said at its start. */
interface Noted {
  readonly pieces: string[];
  threads?: number;
}

declare global {
  interface Window {
    hearthNoted: Noted;
  }
}

/** Notes each piece of text that a page gets, and how many threads compute, before its scripts run. */
export async function note(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const noted: Noted = { pieces: [] };
    window.hearthNoted = noted;
    const texts = ({ addedNodes }: MutationRecord): string[] => [...addedNodes].flatMap((node) => (node instanceof Text ? [node.data] : []));
    const observer = new MutationObserver((records) => noted.pieces.push(...records.flatMap(texts).filter((text) => text.trim() !== "")));
    observer.observe(document, { childList: true, subtree: true });
    window.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        this.addEventListener("message", ({ data }: MessageEvent<{ type: string; threads: number }>) => {
          if (data.type === "started") noted.threads = data.threads;
        });
      }
    };
  });
}

/** The model writes words of stories; which ones, each answer draws anew. */
export const WORDS = /\p{L}{2,} \p{L}{2,}/u;

/** Waits for an answer, in pieces, and gives the threads that wrote it. */
export async function expectAnswer(page: Page): Promise<number | undefined> {
  const noted = (): Promise<Noted> => page.evaluate(() => window.hearthNoted);
  await expect.poll(async () => (await noted()).pieces.length, { timeout: 60_000 }).toBeGreaterThan(10);
  const { pieces, threads } = await noted();
  expect(pieces.join("")).toMatch(WORDS);
  return threads;
}
