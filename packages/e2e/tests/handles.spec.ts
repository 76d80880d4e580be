/** A model in the origin private file system, loaded by its handle, answers as the same file does, and is let go of afterwards. */
import { BUILDS } from "../fixtures.js";
import { reference } from "../models.js";
import { expect, MODELS, test } from "../sdk.js";

interface Sdk {
  readonly Hearth: { create(options: { build: string; threads: number }): Promise<Hearth> };
}

interface Hearth {
  load(source: Blob | FileSystemFileHandle | readonly FileSystemFileHandle[]): Promise<unknown>;
  readonly completions: { create(params: object): Promise<{ choices: readonly { token_ids?: readonly number[] }[] }> };
  unload(): void;
}

interface Job {
  readonly build: string;
  readonly url: string;
  readonly prompt: readonly number[];
  readonly maxTokens: number;
}

for (const build of BUILDS) {
  test.describe(`${build} build`, () => {
    test("a handle gives the same tokens as the file", async ({ page }) => {
      await page.goto("/");
      const { promptIds, ids } = reference();
      const job: Job = { build, url: MODELS.chat, prompt: promptIds, maxTokens: ids.length };
      const answers = await page.evaluate(loadInEveryWay, job);
      for (const [way, tokens] of Object.entries(answers)) expect(tokens, way).toEqual(ids);
    });

    test("a file that is gone is an error that says so", async ({ page }) => {
      await page.goto("/");
      expect(await page.evaluate(loadWhatIsGone, build)).toBe("read_failed");
    });
  });
}

/** Runs in the page. */
async function loadInEveryWay({ build, url, prompt, maxTokens }: Job): Promise<Record<string, readonly number[]>> {
  const { Hearth } = (await import(new URL("/index.js", location.href).href)) as Sdk;
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle("model.gguf", { create: true });
  const stream = await handle.createWritable();
  await (await fetch(url)).body?.pipeTo(stream);

  const hearth = await Hearth.create({ build, threads: 2 });
  const answer = async (source: Parameters<Hearth["load"]>[0]): Promise<readonly number[]> => {
    await hearth.load(source);
    const asked = { prompt, max_tokens: maxTokens, temperature: 0, ignore_eos: true, return_token_ids: true };
    return (await hearth.completions.create(asked)).choices[0]?.token_ids ?? [];
  };
  const answers = { file: await answer(await handle.getFile()), handle: await answer(handle), again: await answer([handle]) };
  // Fails while anybody reads the file.
  await folder.removeEntry("model.gguf");
  hearth.unload();
  return answers;
}

/** Runs in the page. */
async function loadWhatIsGone(build: string): Promise<unknown> {
  const { Hearth } = (await import(new URL("/index.js", location.href).href)) as Sdk;
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle("gone.gguf", { create: true });
  await folder.removeEntry("gone.gguf");
  const hearth = await Hearth.create({ build, threads: 2 });
  return await hearth.load(handle).then(
    () => "loaded",
    (error: { code?: string }) => error.code,
  );
}
