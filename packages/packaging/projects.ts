/** One small project for each way to build a page; each gives the folder that is served. */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Installed } from "./installed.js";
import { PACKAGES } from "./places.js";

/** Builds a project for production. */
type Builder = (installed: Installed) => string;

export const BUILDERS = { plain, vite, webpack, esbuild, next } as const satisfies Record<string, Builder>;

/** No bundler: the package's files beside the page, and an import map. */
function plain(installed: Installed): string {
  const folder = installed.project("plain");
  installed.copyTo(join(folder, "hearth"));
  return folder;
}

function vite(installed: Installed): string {
  const folder = installed.project("vite");
  program("vite", folder, "build", "--logLevel", "error");
  return join(folder, "dist");
}

function webpack(installed: Installed): string {
  const folder = installed.project("webpack");
  const script = `
    const { default: webpack } = await import("webpack");
    const { default: config } = await import("./webpack.config.js");
    webpack(config, (error, stats) => {
      if (error || stats.hasErrors()) throw error ?? new Error(stats.toString("errors-only"));
    });`;
  execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  cpSync(join(folder, "index.html"), join(folder, "dist/index.html"));
  return join(folder, "dist");
}

/** esbuild bundles no workers, so the package's files stay as they are, beside what it makes of the page's own. */
function esbuild(installed: Installed): string {
  const folder = installed.project("esbuild");
  bundle(folder);
  installed.copyTo(join(folder, "hearth"));
  return folder;
}

function bundle(folder: string): void {
  const copied = ["--alias:@hearth/sdk=./hearth/index.js", "--external:./hearth/*"];
  program("esbuild", folder, "example.js", "--bundle", "--format=esm", "--log-level=warning", "--outfile=main.js", ...copied);
}

function next(installed: Installed): string {
  const folder = installed.project("next");
  program("next", folder, "build");
  return join(folder, "out");
}

/** Runs the program of an npm package of this checkout. */
function program(name: string, folder: string, ...args: string[]): void {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", CI: "1" };
  execFileSync(join(PACKAGES, "node_modules/.bin", name), args, { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
}

/** A folder for an extension: the page of the esbuild project, with a model of a server. */
export function extension(installed: Installed, model: string): string {
  const folder = installed.project("extension");
  const example = readFileSync(join(folder, "example.js"), "utf8").replace("/model.gguf", model);
  writeFileSync(join(folder, "example.js"), example);
  bundle(folder);
  installed.copyTo(join(folder, "hearth"));
  return folder;
}
