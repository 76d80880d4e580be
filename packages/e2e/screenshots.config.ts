/** Pictures of the pages, by the tests' own browser and server. */
import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.js";

export default defineConfig({ ...tests, testDir: "screenshots", reporter: "list" });
