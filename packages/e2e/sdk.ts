/** The SDK as tests use it in a page that has nothing else: its real types, and where its models are. */
import { expect, type Page } from "@playwright/test";
import type * as Sdk from "@hearth/sdk";
import { Laboratory } from "./conformance.js";
import { FIREFOX, ONLY_FIREFOX } from "./firefox.js";
import { needsReferences, test as base } from "./fixtures.js";
import { OFFERED } from "./models.js";
import { type Server, SHARED } from "./server.js";

export type { Sdk };

/** Addresses of models on the laboratory's server. */
export const MODELS = {
  /** Talks; tools as Hermes writes them. */
  chat: `/models/${OFFERED.ember}`,
  /** Tells stories, and has no chat template. */
  stories: `/models/${OFFERED.stories}`,
  /** Makes vectors, pooled by the mean. */
  embedding: `/models/${OFFERED.embedding}`,
  /** Writes to the end of its context; tools as Hermes writes them, and reasoning. Random weights. */
  endless: `/models/${OFFERED.endless}`,
} as const;

declare global {
  /** What tests keep in their pages. */
  interface Window {
    /** The SDK, in pages that {@link open} made. */
    sdk: typeof Sdk;
    hearth: Sdk.Hearth;
    session: Sdk.Session;
    /** What has come of an answer so far, and its end. */
    text: string;
    said: string;
    done: Promise<string>;
  }
}

/** A page of whichever browser. */
export interface Tab {
  goto(url: string): Promise<unknown>;
  evaluate<Argument, Result>(work: (argument: Argument) => Promise<Result>, argument: Argument): Promise<Result>;
}

interface Laboratories {
  /** Serves the SDK, and models of the tests' own. */
  laboratory: Laboratory;
  /** Serves the SDK, and the models whose outputs are known of other implementations. */
  references: Laboratory;
}

/** Pages of the laboratory. */
export const test = base.extend<{ tab: Tab }, Laboratories>({
  tab: async ({ page }, use) => {
    await page.goto("/");
    await use(page);
  },
  laboratory: [
    async ({ offered }, use) => {
      const laboratory = await Laboratory.open(offered);
      await use(laboratory);
      await laboratory.close();
    },
    { scope: "worker" },
  ],
  references: [
    async ({}, use) => {
      if (SHARED === undefined) throw new Error("there is no ../shared");
      const laboratory = await Laboratory.open(SHARED);
      await use(laboratory);
      await laboratory.close();
    },
    { scope: "worker" },
  ],
  server: [async ({ laboratory }, use) => use(laboratory.server), { scope: "worker" }],
});

/** What a test gets that is declared for both. */
interface InBoth {
  tab: Tab;
  pageErrors: string[];
  server: Server;
}

/** What declares a test for Chromium, and the same one for Firefox. */
export function inBoth(inChromium: typeof test): (title: string, work: (fixtures: InBoth) => Promise<void>) => void {
  const inFirefox = inChromium.extend({
    ...ONLY_FIREFOX,
    tab: async ({ firefox, server }, use) => {
      const page = await firefox.page(server.url);
      // Its type would take handles apart, of which there are none.
      await use(page as Tab);
      await page.close();
    },
  });
  return (title, work) => {
    inChromium(title, work);
    (FIREFOX === undefined ? inFirefox.skip : inFirefox)(`${title}, in Firefox`, work);
  };
}

export const testInBoth = inBoth(test);

/** Opens a page with the SDK in `window.sdk`. */
export async function open(page: Page): Promise<Page> {
  await page.goto("/");
  await page.evaluate(async () => {
    window.sdk = (await import(new URL("/index.js", location.href).href)) as typeof Sdk;
  });
  return page;
}

export { expect, needsReferences };
