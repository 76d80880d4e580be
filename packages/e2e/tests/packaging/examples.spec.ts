/** Every example shows what it promises, served by `hearth serve` with its strict policy. */
import { execFileSync } from "node:child_process";
import { copyFileSync, linkSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Page } from "@playwright/test";
import { EMBER_FILE } from "../../models.js";
import { expect, test as base } from "../../packaging.js";
import { ROOT, serve, type Server } from "../../server.js";

const EXAMPLES = join(ROOT, "examples");

const test = base.extend<object, { examples: Server }>({
  examples: [
    async ({ made, chatModel, large }, use) => {
      const folder = mkdtempSync(join(tmpdir(), "hearth-examples-"));
      linkSync(chatModel, join(folder, "chat.gguf"));
      copyFileSync(EMBER_FILE, join(folder, "ember.gguf"));
      linkSync(made.embedding("embedding"), join(folder, "embedding.gguf"));
      linkSync(large.path, join(folder, "large.gguf"));
      execFileSync(process.execPath, [join(ROOT, "packages/packaging/examples.js")]);
      const server = await serve(folder, EXAMPLES);
      await use(server);
      await server.close();
      rmSync(folder, { recursive: true });
    },
    { scope: "worker" },
  ],
  baseURL: async ({ examples }, use) => use(examples.url),
});

/** What the page about forms asks for. */
const PERSON = /^\s*\{\s*"name"\s*:\s*"[^]*"\s*,\s*"age"\s*:\s*\d+\s*\}\s*$/;

/** A model that is told of schemas and tools; the pages' own choice is the smaller one, which tells stories. */
const EMBER = "?model=/models/ember.gguf";

/** A model whose answer takes a while. */
const SLOW = "?model=/models/large.gguf";

/** What each shows at the end; some are to be used first. */
const SHOWS: Readonly<Record<string, { readonly query?: string; readonly text: RegExp; readonly use?: (page: Page) => Promise<void> }>> = {
  chat: { text: /^You: Hello\n[^]*\w[^]*\nYou: And then\?\n[^]*\w[^]*\n$/, use: talk },
  completion: { text: /^(Once upon a time[^]+)\n\nAs a whole:\n\1\n\n\d+ tokens were read, [1-9]\d* written/ },
  structured: { query: EMBER, text: PERSON },
  tools: { query: EMBER, text: /^(Answer|Called)[^]*\w/ },
  embeddings: { text: /A cat[^]*\n {2}1\.000[^]*\n {2}\S+ {2}1\.000[^]*Where is the cat\?\n( {2}-?0\.\d+ {2}.*\n){3}/ },
  stop: { query: SLOW, text: /Ended in peace, after [1-3]?\d{1,2} tokens/, use: (page) => page.getByRole("button", { name: "Stop" }).click() },
  several: { text: /first: [^]*second: |second: [^]*first: [^]*Left: first\n$/ },
  fallback: { text: /I am the larger one\.\n\nhttp:\S+ answered/ },
  openai: { text: /Models: chat/ },
  report: { text: /^The full build, on \d+ threads?\nchat: qwen3[^]*MB of memory\n[^]*\{\n[^]*[1-9]/ },
};

test("each example is tried, and none that is not there", () => {
  const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((one) => one.isDirectory() && !["hearth", "vendor"].includes(one.name));
  expect(Object.keys(SHOWS).sort()).toEqual(folders.map((one) => one.name).sort());
});

for (const [name, { query = "", text, use }] of Object.entries(SHOWS)) {
  test(`the page about ${name} shows it`, async ({ page }) => {
    await page.route("**/v1/chat/completions", (route) => route.fulfill({ json: ENDPOINT_ANSWER }));
    await page.goto(`/${name}/${query}`);
    await use?.(page);
    await expect.poll(() => page.locator("output").textContent()).toMatch(text);
  });
}

test("an answer that is aborted says so", async ({ page }) => {
  await page.goto(`/stop/${SLOW}`);
  await page.getByRole("button", { name: "Abort" }).click();
  await expect(page.locator("output")).toHaveText(/Aborted\.\n$/);
});

/** Two turns of a conversation. */
async function talk(page: Page): Promise<void> {
  for (const message of ["Hello", "And then?"]) {
    await expect(page.getByRole("button", { name: "Send" })).toBeEnabled();
    await page.getByRole("textbox").fill(message);
    await page.getByRole("textbox").press("Enter");
  }
  await expect(page.getByRole("button", { name: "Send" })).toBeEnabled();
}

/** As OpenAI's API answers. */
const ENDPOINT_ANSWER = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "large",
  choices: [{ index: 0, message: { role: "assistant", content: "I am the larger one.", refusal: null }, finish_reason: "stop", logprobs: null }],
  usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
};
