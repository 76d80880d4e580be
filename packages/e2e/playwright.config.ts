/** Browser tests: the built app, served by the built `hearth`, in the system's Chromium. */
import { defineConfig } from "@playwright/test";

/** The only WebGPU that a machine without a graphics card has is behind the second flag. */
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  testDir: "tests",
  // Two cores: tests that compute beside each other time out for no reason of their own.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env["CI"] !== undefined,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  outputDir: "dist/results",
  reporter: process.env["PLAYWRIGHT_JSON_OUTPUT_NAME"] === undefined ? "list" : [["list"], ["json"]],
  use: {
    headless: true,
    // It would answer in the place of what tests put there; those of the offline page let it in.
    serviceWorkers: "block",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: CHROMIUM_FLAGS,
    },
  },
});
