/** Every reference model on both wasm builds, in the browser: logits, embeddings and greedy tokens as on every other backend. */
import { Laboratory, plan } from "../conformance.js";
import { BUILDS, expect, needsModels, test as base } from "../fixtures.js";

/** Some eighty models, nearly each loaded for both arithmetics. */
const TIMEOUT_MILLIS = 900_000;

/** The page is not the app, but one with nothing but the SDK. */
const test = base.extend<object, { laboratory: Laboratory }>({
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

for (const build of BUILDS) {
  test.describe(`${build} build`, () => {
    needsModels();

    test("every reference model agrees with other implementations", async ({ page, laboratory }) => {
      test.setTimeout(TIMEOUT_MILLIS);
      await page.goto("/");
      for (const model of plan()) {
        for (const arithmetic of model.arithmetics) await laboratory.record(page, build, model, arithmetic);
      }
      const { table, wrong } = laboratory.compare(build);
      console.log(table);
      expect(wrong).toBe("");
    });
  });
}
