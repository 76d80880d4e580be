/**
 * The GPU in Firefox, which has other limits and other features than Chromium's: 16-bit floats, no subgroups, buffers of 128 MiB. It tells that
 * work is done only every tenth of a second, so answers are short.
 */
import { plan, WEBGPU_FIREFOX } from "../conformance.js";
import { ONLY_FIREFOX } from "../firefox.js";
import { needsFirefox, passOver } from "../fixtures.js";
import { ask, trials } from "../gpu.js";
import { reference, STORIES_ID } from "../models.js";
import { expect, needsModels, test as base } from "../sdk.js";

/** Attention alone, with windows, with experts, with convolutions, with recurrent states, and a trained one. */
const MODELS = ["qwen3", "gemma3", "gpt-oss", "lfm2", "qwen35", "tinystories656K-Q8_0"];
const TIMEOUT_MILLIS = 300_000;
/** Shaders with subgroups are tried out, and Firefox tells that it has none. */
const TRIED = /subgroups/;
/** Tokens of an answer that is interrupted. */
const TOKENS = 10;

const test = base.extend(ONLY_FIREFOX);

test.describe("GPU in Firefox", () => {
  needsModels();
  needsFirefox();
  test.setTimeout(TIMEOUT_MILLIS);
  test.afterEach(({ pageErrors }) => passOver(pageErrors, TRIED));

  test("a model of each kind agrees with other implementations", async ({ firefox, laboratory }) => {
    const page = await firefox.page(laboratory.server.url);
    for (const model of plan().filter((model) => MODELS.includes(model.case))) {
      await laboratory.record(page, WEBGPU_FIREFOX, model, "exact");
    }
    const { table, wrong } = laboratory.compare(WEBGPU_FIREFOX, MODELS);
    console.log(table);
    expect(wrong).toBe("");
    await page.close();
  });

  test("each way to compute goes right, and a device that is lost in the middle of an answer costs no token", async ({ firefox, laboratory }) => {
    const page = await firefox.page(laboratory.server.url);
    const { prompt_ids, greedy64_ids } = reference();
    const { tokens, recomputed, error } = await page.evaluate(ask, {
      changed: {},
      device: "gpu",
      url: `${laboratory.server.url}models/models/${STORIES_ID}`,
      load: {},
      prompt: prompt_ids,
      generate: { maxTokens: TOKENS },
      loseAfterTokens: 4,
    });
    expect(error).toBeUndefined();
    expect(recomputed).toBeGreaterThan(0);
    expect(tokens).toEqual(greedy64_ids.slice(0, TOKENS));
    const tried = await page.evaluate(trials);
    expect(tried.filter(({ outcome }) => outcome.right === undefined)).toEqual([]);
    const ways = tried.map(({ variant }) => variant);
    expect(ways).toEqual(expect.arrayContaining(["f16", "packed-dot", "plain"]));
    await page.close();
  });
});
