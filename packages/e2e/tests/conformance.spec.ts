/**
 * Every reference model on both wasm builds, in the browser, and one of each kind on its GPU: logits, embeddings and greedy tokens as on
 * every other backend.
 */
import { plan, WEBGPU } from "../conformance.js";
import { BUILDS } from "../fixtures.js";
import { expect, needsReferences, test } from "../sdk.js";

/** Some eighty models, nearly each loaded for both arithmetics. */
const TIMEOUT_MILLIS = 900_000;

/**
 * Attention alone, with windows, with experts, with convolutions, with recurrent states, and a trained one. Chromium's software GPU takes
 * seconds to compile a model's shaders.
 */
const ON_GPU = ["qwen3", "gemma3", "gpt-oss", "lfm2", "qwen35", "tinystories656K-Q8_0"];

for (const build of BUILDS) {
  test.describe(`${build} build`, () => {
    needsReferences();

    test("every reference model agrees with other implementations", async ({ page, references }) => {
      test.setTimeout(TIMEOUT_MILLIS);
      await page.goto(references.server.url);
      for (const model of plan()) {
        for (const arithmetic of model.arithmetics) await references.record(page, build, model, arithmetic);
      }
      const { table, wrong } = references.compare(build);
      console.log(table);
      expect(wrong).toBe("");
    });
  });
}

test.describe("GPU", () => {
  needsReferences();

  test("a model of each kind agrees with other implementations", async ({ page, references }) => {
    test.setTimeout(TIMEOUT_MILLIS);
    await page.goto(references.server.url);
    for (const model of plan().filter((model) => ON_GPU.includes(model.case))) await references.record(page, WEBGPU, model, "exact");
    const { table, wrong } = references.compare(WEBGPU, ON_GPU);
    console.log(table);
    expect(wrong).toBe("");
  });
});
