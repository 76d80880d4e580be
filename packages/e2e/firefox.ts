/** Firefox, with WebGPU: driven over WebDriver BiDi, because it is the system's own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, launch, type Page } from "puppeteer-core";

/** What switches WebGPU on where it is not by default, and on a software driver. */
const PREFERENCES = { "dom.webgpu.enabled": true, "dom.webgpu.workers.enabled": true, "gfx.webgpu.ignore-blocklist": true };
/** Longest time that one call into a page may take. */
const CALL_LIMIT_MILLIS = 300_000;

/** The program, where there is one. */
export const FIREFOX: string | undefined = process.env["FIREFOX"];

/** A Firefox with a profile of its own. */
export class Firefox {
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
    await page.goto(url);
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}
