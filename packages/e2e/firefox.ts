/** Firefox, with WebGPU: driven over WebDriver BiDi, because it is the system's own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Fixtures } from "@playwright/test";
import { type Browser, launch, type Page } from "puppeteer-core";

/** What switches WebGPU on where it is not by default, and on a software driver. */
const PREFERENCES = { "dom.webgpu.enabled": true, "dom.webgpu.workers.enabled": true, "gfx.webgpu.ignore-blocklist": true };
/** Longest time that one call into a page may take. */
const CALL_LIMIT_MILLIS = 300_000;

/** The program, where there is one. */
export const FIREFOX: string | undefined = process.env["FIREFOX"];

/** A Firefox with a profile of its own. */
export class Firefox {
  /** Uncaught errors and console errors of its pages. */
  readonly errors: string[] = [];

  private constructor(
    private readonly browser: Browser,
    private readonly home: string,
  ) {}

  static async open(): Promise<Firefox> {
    if (FIREFOX === undefined) throw new Error("FIREFOX is not set: run `cargo xtask test`, or name the program");
    const home = mkdtempSync(join(tmpdir(), "hearth-firefox-"));
    const browser = await launch({
      browser: "firefox",
      executablePath: FIREFOX,
      headless: true,
      userDataDir: join(home, "profile"),
      env: { ...process.env, HOME: home },
      extraPrefsFirefox: PREFERENCES,
      protocolTimeout: CALL_LIMIT_MILLIS,
    });
    return new Firefox(browser, home);
  }

  async page(url: string): Promise<Page> {
    const page = await this.browser.newPage();
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && this.errors.push(message.text()));
    await page.goto(url);
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A Firefox for all tests of a worker. */
export const WITH_FIREFOX: Fixtures<object, { firefox: Firefox }> = {
  firefox: [
    async ({}, use) => {
      const firefox = await Firefox.open();
      await use(firefox);
      await firefox.close();
    },
    { scope: "worker" },
  ],
};

/** For tests that need no other browser: the errors are those of Firefox's pages. */
export const ONLY_FIREFOX: Fixtures<object, object, { pageErrors: string[] }, { firefox: Firefox }> = {
  pageErrors: async ({ firefox: { errors } }, use) => {
    errors.length = 0;
    await use(errors);
    expect(errors, "errors in Firefox's pages").toEqual([]);
  },
};
