/** The page about the machine and the engine: facts, live counters, benchmarks and how they compare. */
import { readFileSync } from "node:fs";
import { App } from "../app.js";
import { expect, test } from "../fixtures.js";
import { EMBER_NAME, OFFERED } from "../models.js";

test("a benchmark is one click; runs are compared, plotted, and saved as a file", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await page.getByRole("link", { name: "Device", exact: true }).click();
  await expect(page.getByRole("region", { name: "The engine" })).toContainText("qwen3");
  await expect(page.getByRole("region", { name: "This machine" })).toContainText("processor core");
  const benchmark = page.getByRole("region", { name: "Benchmark" });
  const runs = benchmark.getByRole("table", { name: "Runs on this machine" }).getByRole("row");
  for (const count of [1, 2]) {
    await benchmark.getByRole("button", { name: "Measure" }).click();
    await expect(runs).toHaveCount(1 + count, { timeout: 60_000 });
    await expect(benchmark.getByRole("button", { name: "Measure" })).toBeEnabled({ timeout: 60_000 });
  }
  await expect(runs.nth(1)).toContainText(/\d×/);
  await expect(benchmark.getByRole("img", { name: "Time of each layer" })).toBeVisible();
  await expect(benchmark.getByRole("table", { name: "Time by operation" })).toContainText("matmul");
  const [file] = await Promise.all([page.waitForEvent("download"), benchmark.getByRole("button", { name: "Save as JSON" }).click()]);
  const saved = JSON.parse(readFileSync(await file.path(), "utf8")) as readonly Readonly<Record<string, number | string>>[];
  expect(saved).toHaveLength(2);
  for (const run of saved) {
    expect(run).toMatchObject({ model: EMBER_NAME, device: "cpu", answerTokens: 64 });
    expect(run["decodeTokensPerSecond"]).toBeGreaterThan(1);
    expect(run["prefillTokensPerSecond"]).toBeGreaterThan(1);
  }
  await page.reload();
  await expect(runs).toHaveCount(3);
});

test("the kernels are checked at a click, and are right; a measurement says so", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await page.getByRole("link", { name: "Device", exact: true }).click();
  const kernels = page.getByRole("region", { name: "Kernels" });
  await kernels.getByRole("button", { name: "Check the kernels" }).click();
  await expect(kernels.getByRole("status")).toContainText(/All \d+ kernels agree with the reference \(wasm/, { timeout: 60_000 });
  await kernels.getByText("What each kernel computed").click();
  const table = kernels.getByRole("table", { name: "What each kernel computed" });
  for (const kernel of ["matmul Q4_K one row", "matmul Q8_0 many rows", "attention F16 prompt"]) {
    await expect(table.getByRole("row", { name: kernel }).first()).toContainText("right");
  }
  await expect(table.getByRole("row").filter({ hasText: "wrong" })).toHaveCount(0);
  const benchmark = page.getByRole("region", { name: "Benchmark" });
  await benchmark.getByRole("button", { name: "Measure" }).click();
  await expect(benchmark.getByRole("button", { name: "Measure" })).toBeEnabled({ timeout: 60_000 });
  const [file] = await Promise.all([page.waitForEvent("download"), benchmark.getByRole("button", { name: "Save as JSON" }).click()]);
  const saved: unknown = JSON.parse(readFileSync(await file.path(), "utf8"));
  expect(saved).toMatchObject([{ selfTest: { failed: [] } }]);
});

test("while an answer is written its speed is shown", async ({ page }) => {
  const app = await App.open(page);
  await app.choose(OFFERED.endless);
  await app.ready("endless");
  await app.set({ temperature: 0, maxTokens: 1500 });
  await app.send("Hello");
  await expect(app.answers.last()).not.toBeEmpty();
  await page.getByRole("link", { name: "Device", exact: true }).click();
  await expect(page.getByRole("region", { name: "The engine" })).toContainText(/tokens\/s, .*\/s of weights/);
});
