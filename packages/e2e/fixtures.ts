/** The test function of the browser tests: one server per worker, and no silent errors in the page. */
import { test as base, expect } from "@playwright/test";
import { type Firefox, FIREFOX, WITH_FIREFOX } from "./firefox.js";
import { type LargeModel, MadeModels } from "./models.js";
import { serve, type Server, SHARED } from "./server.js";

export { expect };

/** The builds of the engine. */
export const BUILDS = ["compat", "full"] as const;

/** Leaves a test out where other implementations' outputs are not beside the checkout. */
export function needsReferences(): void {
  base.skip(SHARED === undefined, "there is no ../shared");
}

/** Leaves a test out where there is no Firefox. */
export function needsFirefox(): void {
  base.skip(FIREFOX === undefined, "there is no Firefox");
}

/** Takes those of a page's errors off the list that tell of a trial which a browser lets fail: some note it, others do not. */
export function passOver(errors: string[], trial: RegExp): void {
  const others = errors.splice(0).filter((error) => !trial.test(error));
  errors.push(...others);
}

interface Shared {
  /** A running `hearth serve` that offers the test models. */
  server: Server;
  /** Ember, and models made of it, in a folder of their own. */
  made: MadeModels;
  /** The folder of those that servers offer. */
  offered: string;
  /** One that takes seconds to load and to read a prompt. */
  large: LargeModel;
  firefox: Firefox;
}

/** So fast that every model that fits is of use. */
export const MEASURED_BYTES_PER_SECOND = 1e12;

/** Runs in the page. */
function noteSpeed(speed: string): void {
  try {
    localStorage.setItem("hearth-read-speed", speed);
  } catch {
    // A page without an origin keeps nothing.
  }
}

export const test = base.extend<{ pageErrors: string[] }, Shared>({
  ...WITH_FIREFOX,
  made: [
    async ({}, use) => {
      const made = new MadeModels();
      await use(made);
      made.remove();
    },
    { scope: "worker" },
  ],
  offered: [async ({ made }, use) => use(made.offered()), { scope: "worker" }],
  large: [async ({ made }, use) => use(made.large()), { scope: "worker" }],
  server: [
    async ({ offered }, use) => {
      const server = await serve(offered);
      await use(server);
      await server.close();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  /** In a browser where the machine's speed was measured already: that takes a second of all its threads. */
  context: async ({ context }, use) => {
    await context.addInitScript(noteSpeed, JSON.stringify({ state: { places: { cpu: { answers: [], measured: MEASURED_BYTES_PER_SECOND } } }, version: 2 }));
    await use(context);
  },
  /** Uncaught errors and console errors of the page; a test that provokes some empties the list. */
  pageErrors: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await use(errors);
      expect(errors, "errors in the page").toEqual([]);
    },
    { auto: true },
  ],
});

/** Tests of a server that has no models: the page opens with the one in the box. */
export const testWithoutModels = test.extend<object, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await serve();
      await use(server);
      await server.close();
    },
    { scope: "worker" },
  ],
});
