/**
 * How fast Firefox's GPU decodes, where a wait takes a tenth of a second: `FIREFOX=PROGRAM node dist/bench/firefox.js MODEL [TOKENS [REPEATS]]`, after
 * `cargo xtask wasm` and `npm run build -w sdk -w bench`. Prints a line of JSON for each repeat: tokens per second from the first token
 * to the last, of one answer.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Firefox } from "../e2e/firefox.js";
import { MODEL, serve } from "./server.js";

/** Where compiled files are: packages/bench/dist/bench. */
const PACKAGES = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const PROMPT = [1, 2, 3];

/** What is used of the SDK. */
interface Sdk {
  readonly Hearth: { create(options: object): Promise<Hearth> };
}

interface Hearth {
  load(file: Blob, options: object): Promise<{ readonly gpu?: string }>;
  readonly completions: { create(params: object): Promise<AsyncIterable<{ choices: readonly { token_ids?: readonly number[] }[] }>> };
  unload(): void;
}

/** What a page is asked. */
interface Job {
  readonly model: string;
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  readonly repeats: number;
}

/** Runs in the page. */
async function measure({ model, prompt, maxTokens, repeats }: Job): Promise<{ gpu: string | undefined; speeds: number[] }> {
  const { Hearth } = (await import(new URL("/sdk/index.js", location.href).href)) as Sdk;
  const hearth = await Hearth.create({ build: "compat", threads: 1, device: "gpu" });
  const { gpu } = await hearth.load(await (await fetch(`/${model}`)).blob(), { contextLength: 512 });
  const speeds: number[] = [];
  // The first one warms up.
  for (let repeat = 0; repeat <= repeats; repeat += 1) {
    const times: number[] = [];
    const asked = { prompt, max_tokens: maxTokens, temperature: 0, ignore_eos: true, return_token_ids: true, stream: true };
    for await (const { choices } of await hearth.completions.create(asked)) {
      if ((choices[0]?.token_ids ?? []).length > 0) times.push(performance.now());
    }
    const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
    if (repeat > 0) speeds.push((times.length - 1) / seconds);
  }
  hearth.unload();
  return { gpu, speeds };
}

async function main(model: string, maxTokens: number, repeats: number): Promise<void> {
  const server = await serve({ sdk: join(PACKAGES, "sdk/dist") }, model);
  const firefox = await Firefox.open();
  try {
    const page = await firefox.page(server.url);
    const { gpu, speeds } = await page.evaluate(measure, { model: MODEL, prompt: PROMPT, maxTokens, repeats });
    for (const tokensPerSecond of speeds) console.log(JSON.stringify({ gpu, maxTokens, tokensPerSecond }));
  } finally {
    await firefox.close();
    await server.close();
  }
}

const [model, tokens = "128", repeats = "5"] = process.argv.slice(2);
if (model === undefined) throw new Error("the model is missing: FIREFOX=PROGRAM node dist/bench/firefox.js MODEL [TOKENS [REPEATS]]");
await main(model, Number(tokens), Number(repeats));
