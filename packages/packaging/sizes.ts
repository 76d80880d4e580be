/** What a page downloads, against what it may be: `sizes.json` holds the limits, in bytes after gzip. */
import { build } from "esbuild";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { PACKAGING } from "./places.js";

/** Limits by file of the package. */
export function limits(): Readonly<Record<string, number>> {
  return JSON.parse(readFileSync(join(PACKAGING, "sizes.json"), "utf8")) as Record<string, number>;
}

/** What a page begins to load at once or later: the package's entries, its workers, the builds and their glue. */
export function loaded(folder: string): string[] {
  const names = readdirSync(join(folder, "dist"), { recursive: true, encoding: "utf8" }).map((name) => `dist/${name}`);
  const workers = names.filter((name) => name.endsWith(".js")).flatMap((name) => workersOf(folder, name));
  const others = names.filter((name) => /^dist\/(index|compat\/[^/]+|generated\/[^/]+\/hearth)\.js$|\.wasm$/.test(name));
  return [...new Set([...workers, ...others])].sort();
}

function workersOf(folder: string, module: string): string[] {
  const found = readFileSync(join(folder, module), "utf8").matchAll(/new Worker\(new URL\("([^"]+)"/g);
  return [...found].map(([, name]) => join(dirname(module), name ?? ""));
}

/** Bytes that the file takes on its way to the page, with all modules that it imports at once, minified as bundlers do. */
export async function gzipBytes(folder: string, name: string): Promise<number> {
  const path = join(folder, name);
  if (!name.endsWith(".js")) return gzipSync(readFileSync(path)).length;
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    // The builds are fetched by who needs one of them, and have limits of their own.
    external: name.includes("/generated/") ? [] : ["./generated/*", "../generated/*"],
  });
  return outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
}
