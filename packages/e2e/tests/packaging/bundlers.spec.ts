/** The README's example answers in a page that was built by each bundler, and by none, with threads and without. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Installed } from "../../../packaging/installed.js";
import { BUILDERS } from "../../../packaging/projects.js";
import { ISOLATION } from "../../../packaging/static-server.js";
import { expect, expectAnswer, note, serving, test } from "../../packaging.js";

const names = Object.keys(BUILDERS) as (keyof typeof BUILDERS)[];

for (const name of names) {
  test.describe(name, () => {
    let folder: string;

    test.beforeAll(({ installed }) => {
      folder = BUILDERS[name](installed);
    });

    test("an isolated page streams an answer by threads, and loads the full build alone", async ({ page, installed, chatModel }) => {
      await serving(folder, chatModel, ISOLATION, async ({ url, asked }) => {
        await note(page);
        await page.goto(url);
        const cores = await page.evaluate(() => navigator.hardwareConcurrency);
        expect(await expectAnswer(page)).toBe(Math.min(cores, 8));
        expectBuild("full", installed, asked);
      });
    });

    test("any other page streams an answer, and loads the compat build alone", async ({ page, installed, chatModel }) => {
      await serving(folder, chatModel, {}, async ({ url, asked }) => {
        await note(page);
        await page.goto(url);
        expect(await expectAnswer(page)).toBe(1);
        expectBuild("compat", installed, asked);
      });
    });

    /** Bundlers give names of their own; what is in the files is ours. */
    function expectBuild(build: "compat" | "full", installed: Installed, asked: readonly string[]): void {
      const fetched = asked.filter((path) => path.endsWith(".wasm"));
      expect(fetched).toHaveLength(1);
      expect(readFileSync(join(folder, fetched[0] ?? "")).equals(readFileSync(installed.wasm(build)))).toBe(true);
      expect(asked.filter((path) => path.includes("/generated/") && !path.includes(`/generated/${build}/`))).toEqual([]);
    }
  });
}
