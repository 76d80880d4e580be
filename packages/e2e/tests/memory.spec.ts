/** Memory of the tab while it loads a model and answers. */
import { statSync } from "node:fs";
import { App } from "../app.js";
import { BUILDS, expect, test } from "../fixtures.js";
import { rendererMemory } from "../processes.js";

/** Of file and KV cache, and beyond them for the page, the browser's own and the engine. */
const SHARE = 1.25;
const BEYOND_BYTES = 200e6;

for (const build of BUILDS) {
  test.describe(`${build} build`, () => {
    test("the tab stays within its bound", async ({ page, large }) => {
      const app = await App.open(page, build);
      const before = rendererMemory();
      await app.openFiles(large.path);
      await app.ready(large.name);
      await app.set({ temperature: 0, maxTokens: 4 });
      await app.send("once upon a time there was a little girl ".repeat(60));
      await app.answer();

      const bound = SHARE * (statSync(large.path).size + large.kvBytes) + BEYOND_BYTES;
      const wasm = (await app.messages()).findLast((message) => message.type === "memory" && message.bytes)?.bytes ?? 0;
      const after = rendererMemory();
      const peak = after.peak - after.program;
      const mega = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
      const figures = `wasm memory ${mega(wasm)}, tab ${mega(before.peak - before.program)} before and ${mega(peak)} at its peak (and ${mega(after.program)} of the browser's program), bound ${mega(bound)}`;
      test.info().annotations.push({ type: "memory", description: figures });
      console.log(`${build}: ${figures}`);
      expect(wasm).toBeGreaterThan(statSync(large.path).size / 2);
      expect(wasm).toBeLessThan(bound);
      expect(peak).toBeLessThan(bound);
    });
  });
}
