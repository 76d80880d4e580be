/** The browser's renderer processes: their memory, as Linux tells it, and their end. */
import type { Page } from "@playwright/test";
import { readdirSync, readFileSync } from "node:fs";

/** How a page ends. */
export type End = "close" | "crash";

/** A crash ends the renderer's process at once; what it had not flushed is as lost as with any other way to kill it. */
export async function endPage(page: Page, end: End): Promise<void> {
  if (end === "crash") {
    const devtools = await page.context().newCDPSession(page);
    const crashed = page.waitForEvent("crash");
    void devtools.send("Page.crash").catch(() => undefined);
    await crashed;
  }
  await page.close();
}

/** Memory in RAM of the renderer process that has the most, in bytes. */
export interface RendererMemory {
  /** The most that there ever was. */
  readonly peak: number;
  /** Of that, pages of files: the browser's own program, which all its processes share. */
  readonly program: number;
}

/** Asks the renderers of this test's browser. */
export function rendererMemory(): RendererMemory {
  const found = renderers().map((pid) => ({ peak: kilobytes(pid, "VmHWM") * 1024, program: kilobytes(pid, "RssFile") * 1024 }));
  return found.reduce((most, one) => (one.peak > most.peak ? one : most), { peak: 0, program: 0 });
}

function renderers(): number[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), kilobytes(Number(name), "PPid")]),
  );
  const isOurs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) if (at === process.pid) return true;
    return false;
  };
  return [...parents.keys()].filter((pid) => isOurs(pid) && read(pid, "cmdline").includes("--type=renderer"));
}

/** A number of `/proc/PID/status`; 0 when the process is gone. */
function kilobytes(pid: number, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(read(pid, "status"))?.[1] ?? 0);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
