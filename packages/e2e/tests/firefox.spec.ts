/**
 * The GPU in Firefox, which has other limits and other features than Chromium's: 16-bit floats, no subgroups, buffers of 128 MiB. It tells that
 * work is done only every tenth of a second, so answers are short.
 */
import { plan, WEBGPU_FIREFOX } from "../conformance.js";
import { ONLY_FIREFOX } from "../firefox.js";
import { needsFirefox, passOver } from "../fixtures.js";
import { ask, trials } from "../gpu.js";
import { reference } from "../models.js";
import { expect, MODELS, needsReferences, test as base } from "../sdk.js";

/** Attention alone, with windows, with experts, with convolutions, with recurrent states, and a trained one. */
const COMPARED = ["qwen3", "gemma3", "gpt-oss", "lfm2", "qwen35", "tinystories656K-Q8_0"];
const TIMEOUT_MILLIS = 300_000;
/** Shaders with subgroups are tried out, and Firefox tells that it has none. */
const TRIED = /subgroups/;
/** Tokens of an answer that is interrupted. */
const TOKENS = 10;

const test = base.extend(ONLY_FIREFOX);

test.describe("GPU in Firefox", () => {
  needsFirefox();
  test.setTimeout(TIMEOUT_MILLIS);
  test.afterEach(({ pageErrors }) => passOver(pageErrors, TRIED));

  test.describe("beside references", () => {
    needsReferences();

    test("a model of each kind agrees with other implementations", async ({ firefox, references }) => {
      const page = await firefox.page(references.server.url);
      for (const model of plan().filter((model) => COMPARED.includes(model.case))) {
        await references.record(page, WEBGPU_FIREFOX, model, "exact");
      }
      const { table, wrong } = references.compare(WEBGPU_FIREFOX, COMPARED);
      console.log(table);
      expect(wrong).toBe("");
      await page.close();
    });
  });

  test("each way to compute goes right, and a device that is lost in the middle of an answer costs no token", async ({ firefox, laboratory }) => {
    const page = await firefox.page(laboratory.server.url);
    const { promptIds, ids } = reference();
    const { tokens, recomputed, error } = await page.evaluate(ask, {
      changed: {},
      device: "gpu",
      url: MODELS.chat,
      load: {},
      prompt: promptIds,
      generate: { maxTokens: TOKENS },
      loseAfterTokens: 4,
    });
    expect(error).toBeUndefined();
    expect(recomputed).toBeGreaterThan(0);
    expect(tokens).toEqual(ids.slice(0, TOKENS));
    const tried = await page.evaluate(trials);
    expect(tried.filter(({ outcome }) => outcome.right === undefined)).toEqual([]);
    const ways = tried.map(({ variant }) => variant);
    expect(ways).toEqual(expect.arrayContaining(["f16", "packed-dot", "plain"]));
    await page.close();
  });
});
