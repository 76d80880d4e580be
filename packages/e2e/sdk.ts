/** The SDK as tests use it in a page that has nothing else: its real types, and where its models are. */
import { expect, type Page } from "@playwright/test";
import type * as Sdk from "@hearth/sdk";
import { Laboratory } from "./conformance.js";
import { needsModels, test as base } from "./fixtures.js";

export type { Sdk };

/** Addresses of models on the laboratory's server. */
export const MODELS = {
  /** Talks; tools as Hermes writes them. Random weights. */
  chat: "/models/zoo/models/qwen2/model.q8_0.gguf",
  /** Thinks before it talks. Random weights. */
  thinking: "/models/zoo/models/qwen3/model.f16.gguf",
  /** Tells stories, and has no chat template. Real weights. */
  stories: "/models/models/llm/tinystories656K-Q8_0.gguf",
  /** Makes vectors. Random weights. */
  embedding: "/models/zoo/models/bert/model.f16.gguf",
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

/** Pages of the laboratory. */
export const test = base.extend<object, { laboratory: Laboratory }>({
  laboratory: [
    async ({}, use) => {
      const laboratory = await Laboratory.open();
      await use(laboratory);
      await laboratory.close();
    },
    { scope: "worker" },
  ],
  server: [async ({ laboratory }, use) => use(laboratory.server), { scope: "worker" }],
});

/** Opens a page with the SDK in `window.sdk`. */
export async function open(page: Page): Promise<Page> {
  await page.goto("/");
  await page.evaluate(async () => {
    window.sdk = (await import(new URL("/index.js", location.href).href)) as typeof Sdk;
  });
  return page;
}

export { expect, needsModels };
