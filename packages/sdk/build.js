/**
 * Makes `dist` out of `src`: the compiler's modules as they are, the wasm builds beside them, and in each module the libraries that it
 * imports. So no module names a package, and a page runs them without a bundler; a bundler finds workers and wasm by their addresses.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const DIST = join(FOLDER, "dist");
const TYPESCRIPT = join(FOLDER, "../node_modules/typescript/bin/tsc");

/** What the compiler wrote once and would not write again is no part of the package. */
function clear() {
  for (const name of existsSync(DIST) ? readdirSync(DIST) : []) {
    if (name !== "tests") rmSync(join(DIST, name), { recursive: true });
  }
}

function compile() {
  for (const project of ["tsconfig.json", "tsconfig.worker.json"]) {
    execFileSync(process.execPath, [TYPESCRIPT, "-p", project], { cwd: FOLDER, stdio: "inherit" });
  }
}

/** The builds and their glue; the compiler copies no files that it does not compile. */
function copyBuilds() {
  const isWanted = (path) => !/(^|\/)(\.stamp|\.gitignore|package\.json)$/.test(path);
  cpSync(join(FOLDER, "src/generated"), join(DIST, "generated"), { recursive: true, filter: isWanted });
}

function modules() {
  const names = readdirSync(DIST, { recursive: true });
  return names.filter((name) => name.endsWith(".js") && !/^(generated|tests)[/\\]/.test(name)).map((name) => join(DIST, name));
}

/** A package holds its licence, which this repository has at its top. */
function copyLicences() {
  for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) cpSync(join(FOLDER, "../..", name), join(FOLDER, name));
}

/** Puts the libraries that a module imports into it. The package's own modules stay apart: workers and builds are found beside them. */
async function takeIn(module) {
  const isOwn = (id, importer) => importer === module && id.startsWith(".");
  const bundle = await rolldown({ input: module, external: isOwn });
  const { output } = await bundle.generate({ format: "esm" });
  const libraries = output[0].moduleIds.filter((id) => id !== module);
  if (libraries.length > 0) await bundle.write({ format: "esm", file: module, comments: { legal: true, annotation: true, jsdoc: false } });
  await bundle.close();
  return libraries;
}

/** Licences ask to be passed on with the code. */
function writeNotices(libraries) {
  const folders = new Set(libraries.map((id) => /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(id)?.[0] ?? id));
  const notices = [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    if (licence === undefined) throw new Error(`${name} has no licence to pass on`);
    return `${name} ${version}\n\n${readFileSync(join(folder, licence), "utf8")}`;
  });
  if (notices.length > 0) writeFileSync(join(DIST, "third-party-licences.txt"), notices.join("\n\n"));
}

clear();
compile();
copyBuilds();
copyLicences();
const libraries = [];
for (const module of modules()) libraries.push(...(await takeIn(module)));
writeNotices(libraries);
