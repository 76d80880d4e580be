/** Bad input: a clear message each, nothing hangs, and the page goes on working. */
import { rmSync } from "node:fs";
import type { Page } from "@playwright/test";
import { App } from "../app.js";
import { BUILDS, expect, test } from "../fixtures.js";
import { EMBER_CONTEXT, EMBER_FILE, EMBER_NAME, OFFERED, TEMPLATE_THAT_LOOPS } from "../models.js";

for (const build of BUILDS) {
  test.describe(`${build} build`, () => {
    test("a file that is cut off", async ({ page, made }) => {
      const app = await App.open(page, build);
      for (const bytes of [100, 20_000, 2_000_000]) {
        await app.openFiles(made.truncated(bytes));
        await expectProblem(app, "not a GGUF file that can be used");
      }
      await expectGoesOn(app);
    });

    test("a file that is no GGUF file", async ({ page, made }) => {
      const app = await App.open(page, build);
      await app.openFiles(made.wrongMagic());
      await expectProblem(app, "not a GGUF file that can be used");
      await app.openFiles(made.raw("empty", Buffer.alloc(0)));
      await expectProblem(app, "not a GGUF file that can be used");
      await expectGoesOn(app);
    });

    test("an architecture that nobody knows", async ({ page, made }) => {
      const app = await App.open(page, build);
      await app.openFiles(made.ofArchitecture("transmogrifier"));
      await expectProblem(app, "not supported yet");
      await expect(app.problem).toContainText("transmogrifier");
      await expectGoesOn(app);
    });

    test("a tensor type that nobody knows", async ({ page, made }) => {
      const app = await App.open(page, build);
      await app.openFiles(made.ofTensorType(77));
      await expect(app.problem).toContainText("77");
      await expectGoesOn(app);
    });

    test("a file that lacks a tensor", async ({ page, made }) => {
      const app = await App.open(page, build);
      await app.openFiles(made.withoutTensor("blk.1.ffn_up.weight"));
      await expectProblem(app, "missing from its file");
      await expect(app.problem).toContainText("blk.1.ffn_up");
      await expectGoesOn(app);
    });

    test("a model of the server that vanishes while it is loaded", async ({ page, pageErrors }) => {
      const app = await App.open(page, build);
      await vanishAfter(page, 6, 404);
      await app.choose(OFFERED.ember);
      await expectProblem(app, "could not be read to its end");
      await page.unroute("**/models/**");
      await expectGoesOn(app);
      expectOnlyFailedRequests(pageErrors);
    });

    test("a server that stops answering while a model is loaded", async ({ page, pageErrors }) => {
      const app = await App.open(page, build);
      await vanishAfter(page, 6, "abort");
      await app.choose(OFFERED.ember);
      await expectProblem(app, "could not be read to its end");
      await page.unroute("**/models/**");
      await expectGoesOn(app);
      expectOnlyFailedRequests(pageErrors);
    });

    test("an opened file that vanishes before it is read", async ({ page, made }) => {
      const app = await App.open(page, build);
      const path = made.copy("vanishing");
      await page.evaluate(() => {
        // The file is handed over and not yet read: the time in which it is deleted.
        const post = Worker.prototype.postMessage;
        Worker.prototype.postMessage = function (message: { type: string }) {
          if (message.type !== "load") return post.call(this, message);
          setTimeout(() => post.call(this, message), 500);
        };
      });
      await app.openFiles(path);
      rmSync(path);
      await expectProblem(app, "could not be read to its end");
      await expect(app.problem).toContainText(/vanishing.gguf (can no longer be read|changed)/);
      await expectGoesOn(app);
    });

    test("a server that does not answer ranges", async ({ page }) => {
      const app = await App.open(page, build);
      await page.route("**/models/**", async (route) => {
        await route.fulfill({ status: 200, body: "the whole file" });
      });
      await app.choose(OFFERED.ember);
      await expectProblem(app, "piece by piece");
      await page.unroute("**/models/**");
      await expectGoesOn(app);
    });

    test("two loads at once: the second one wins", async ({ page, large }) => {
      const app = await App.open(page, build);
      await app.openFiles(large.path);
      await expect(page.getByRole("heading", { name: `Loading ${large.name}` })).toBeVisible();
      await app.openFiles(EMBER_FILE);
      await app.ready(EMBER_NAME);
      await expect(app.problem).toBeHidden();
      await app.set({ temperature: 0, maxTokens: 4 });
      await app.send("Once upon a time");
      await app.answer();
      await expect(app.status).not.toContainText(large.name);
    });

    test("a prompt that is longer than the context", async ({ page }) => {
      const app = await App.open(page, build);
      await app.openFiles(EMBER_FILE);
      await app.ready(EMBER_NAME);
      const long = "once upon a time there was a little girl ".repeat(150);
      await app.send(long);
      await expectProblem(app, "too long for this model");
      await expect(app.problem).toContainText(String(EMBER_CONTEXT));
      await app.set({ maxTokens: 4 });
      await page.getByRole("button", { name: "Edit" }).click();
      await expect(page.getByLabel("Change your message")).toHaveValue(long);
      await page.getByLabel("Change your message").fill("Once upon a time");
      await page.getByLabel("Change your message").press("Enter");
      await app.answer();
      await expect(app.problem).toBeHidden();
    });

    test("an engine that crashes takes its model with it, and the next load starts another", async ({ page }) => {
      const app = await App.open(page, build);
      await app.openFiles(EMBER_FILE);
      await app.ready(EMBER_NAME);
      await page.evaluate(() => {
        // No input is known that makes the engine trap, so the worker's message about it is made up.
        const post = Worker.prototype.postMessage;
        Worker.prototype.postMessage = function (message: { type: string }) {
          if (message.type !== "run") return post.call(this, message);
          Worker.prototype.postMessage = post;
          this.dispatchEvent(new MessageEvent("message", { data: { type: "crashed", message: "unreachable" } }));
        };
      });
      await app.send("Once upon a time");
      await expectProblem(app, "engine stopped unexpectedly");
      await app.startNew();
      await expectGoesOn(app);
    });

    test("a chat template that loops", async ({ page, made }) => {
      const app = await App.open(page, build);
      await app.openFiles(made.withTemplate("looping", TEMPLATE_THAT_LOOPS));
      await app.ready("looping");
      await app.send("Hello");
      await expectProblem(app, "chat template failed");
      await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
      await app.startNew();
      await app.changeModel();
      await expectGoesOn(app);
    });
  });
}

async function expectProblem(app: App, title: string): Promise<void> {
  await expect(app.problem).toContainText(title);
}

/** A sound model loads and answers, and the message is gone. */
async function expectGoesOn(app: App): Promise<void> {
  await app.openFiles(EMBER_FILE);
  await app.ready(EMBER_NAME);
  await expect(app.problem).toBeHidden();
  await app.set({ temperature: 0, maxTokens: 4 });
  await app.send("Tell me a story");
  await app.answer();
  expect((await app.usage()).completion_tokens).toBe(4);
}

/** Lets so many requests for a model's bytes through, and no more. */
async function vanishAfter(page: Page, requests: number, how: 404 | "abort"): Promise<void> {
  let seen = 0;
  await page.route("**/models/**", async (route) => {
    seen += 1;
    if (seen <= requests) await route.continue();
    else if (how === "abort") await route.abort("connectionreset");
    else await route.fulfill({ status: how });
  });
}

/** The browser itself notes in the console that a request failed. */
function expectOnlyFailedRequests(errors: string[]): void {
  expect(errors.filter((error) => !error.startsWith("Failed to load resource"))).toEqual([]);
  errors.length = 0;
}
