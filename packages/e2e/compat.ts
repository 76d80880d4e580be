/** Tests of the adapters: a page that has the SDK, and the packages that people use with it as they are published. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { Laboratory } from "./conformance.js";
import { inBoth, MODELS as ADDRESSES, test as base } from "./sdk.js";

export { expect, type Tab } from "./sdk.js";

/** Addresses of models. What the one says that talks depends on nothing: adapters are told what it is to be. */
export const MODELS = { chat: ADDRESSES.endless, embedding: ADDRESSES.embedding, stories: ADDRESSES.stories } as const;

/** One thread is enough for models this small, and quick to start. */
export const START = { build: "compat", device: "cpu" } as const;

/** Packages that pages import from `/vendor/NAME.js`. */
const VENDORS = ["ai", "openai"] as const;

export const test = base.extend({
  laboratory: [
    async ({ offered }, use) => {
      const folder = mkdtempSync(join(tmpdir(), "hearth-vendor-"));
      await Promise.all(VENDORS.map((name) => bundle(name, join(folder, `${name}.js`))));
      const laboratory = await Laboratory.open(offered, { vendor: folder });
      await use(laboratory);
      await laboratory.close();
      rmSync(folder, { recursive: true });
    },
    { scope: "worker" },
  ],
});
export const testInBoth = inBoth(test);

async function bundle(name: string, file: string): Promise<void> {
  const cwd = dirname(fileURLToPath(import.meta.url));
  const built = await rolldown({ input: name, cwd, platform: "browser", logLevel: "silent" });
  await built.write({ file, format: "esm", codeSplitting: false });
  await built.close();
}
