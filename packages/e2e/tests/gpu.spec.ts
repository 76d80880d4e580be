/** A GPU that is lost costs time only; one that is small, or missing, gives a smaller plan, which the person is told. */
import { ask, type GpuAnswer, type GpuJob, trials } from "../gpu.js";
import { reference } from "../models.js";
import { expect, MODELS, test as base } from "../sdk.js";

/** No context is made shorter than this to make a model fit. */
const LEAST_CONTEXT = 512;
/** Of a context of this length no buffer of that size holds a layer's keys; the weights do fit. */
const LONG_CONTEXT = 16_384;
const SMALL_BINDING_BYTES = 1 << 20;
/**
 * Tokens of an answer: so few that the reference, which rounds activations to 8 bits, has those of exact arithmetic. Chromium's software GPU
 * takes seconds to compile a model's shaders, and again after each loss.
 */
const TOKENS = 16;

const test = base.extend<{ asked: (job: Partial<GpuJob>) => Promise<GpuAnswer> }>({
  asked: async ({ page }, use) => {
    await page.goto("/");
    const prompt = reference().promptIds;
    await use((job) => page.evaluate(ask, { changed: {}, device: "gpu", url: MODELS.chat, load: {}, prompt, generate: { maxTokens: TOKENS }, ...job }));
  },
});

test.describe("GPU", () => {
  test.setTimeout(300_000);

  /** What another implementation answers. */
  const expected = (): readonly number[] => reference().ids.slice(0, TOKENS);

  test("each way to compute is tried out, and goes right", async ({ asked, page }) => {
    const { tokens, notes, error } = await asked({});
    expect(error).toBeUndefined();
    expect(notes).toEqual([]);
    expect(tokens).toEqual(expected());
    const tried = await page.evaluate(trials);
    expect(tried.filter(({ outcome }) => outcome.right === undefined)).toEqual([]);
    const ways = tried.map(({ variant }) => variant);
    expect(ways).toEqual(expect.arrayContaining(["4 in step", "4 in step, packed-dot", "plain"]));
    // What is known is not tried again.
    const { profile } = await asked({ profiled: true });
    expect(await page.evaluate(trials)).toEqual(tried);
    const products = profile?.operations.find(({ operation }) => operation === "matmul")?.cost;
    expect(products?.calls).toBeGreaterThan(TOKENS);
    expect(products?.dispatches).toBeGreaterThan(TOKENS);
    expect(profile?.layers.length).toBeGreaterThan(0);
    expect(profile?.bufferBytes).toBeGreaterThan(0);
  });

  test("a device that is lost in the middle of an answer costs no token", async ({ asked }) => {
    const { tokens, recomputed, error } = await asked({ loseAfterTokens: 6 });
    expect(error).toBeUndefined();
    expect(recomputed).toBeGreaterThan(0);
    expect(tokens).toEqual(expected());
  });

  test("a device that is lost in the middle of a sampled answer costs no token", async ({ asked }) => {
    const generate = { maxTokens: TOKENS, temperature: 1.2, seed: 5 };
    const whole = await asked({ generate });
    const broken = await asked({ generate, loseAfterTokens: 6 });
    expect(whole.recomputed).toBe(0);
    expect(broken.recomputed).toBeGreaterThan(0);
    expect(broken.tokens).toHaveLength(TOKENS);
    expect(broken.tokens).toEqual(whole.tokens);
  });

  test("a device that is lost while the model is loaded makes way for another", async ({ asked }) => {
    const { tokens, error } = await asked({ changed: { loseFirst: 1 } });
    expect(error).toBeUndefined();
    expect(tokens).toEqual(expected());
  });

  test("devices that are lost again and again are an error in the end", async ({ asked }) => {
    const { error } = await asked({ changed: { loseFirst: 1000 } });
    expect(error).toContain("the GPU was lost");
  });

  test("small buffers give a shorter context, and a note", async ({ asked }) => {
    const { tokens, notes, contextLength, gpu, error } = await asked({
      changed: { maxBindingBytes: SMALL_BINDING_BYTES },
      load: { contextLength: LONG_CONTEXT },
    });
    expect(error).toBeUndefined();
    expect(gpu).toBeDefined();
    expect(contextLength).toBeLessThan(LONG_CONTEXT);
    expect(notes).toEqual([expect.objectContaining({ code: "shorter_context" })]);
    expect(tokens).toEqual(expected());
  });

  test("little memory gives a smaller cache, and a note", async ({ asked }) => {
    const { totalBytes } = await asked({ load: { contextLength: LEAST_CONTEXT } });
    const { tokens, notes, error } = await asked({ load: { contextLength: LEAST_CONTEXT, memoryLimitBytes: totalBytes - 1 } });
    expect(error).toBeUndefined();
    expect(notes).toEqual([expect.objectContaining({ code: "smaller_cache" })]);
    expect(tokens).toEqual(expected());
  });

  test("where no buffer is large enough, or there is no GPU, the processor computes, and a note says so", async ({ asked }) => {
    for (const changed of [{ maxBindingBytes: 1 << 12 }, { missing: true }]) {
      const { tokens, notes, gpu, error } = await asked({ changed, device: "auto" });
      expect(error).toBeUndefined();
      expect(gpu).toBeUndefined();
      expect(notes).toEqual([expect.objectContaining({ code: "on_cpu" })]);
      expect(tokens).toEqual(expected());
    }
  });

  test("without a GPU, asking for one alone is an error", async ({ asked }) => {
    const { error } = await asked({ changed: { missing: true } });
    expect(error).toContain("no WebGPU");
  });
});
