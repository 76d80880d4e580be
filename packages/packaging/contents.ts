/** What is in the package, and what its modules name. */
import { build } from "esbuild";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** What of the package's description is looked at. */
export interface Manifest {
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies?: object;
}

export function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** All files, by their paths in the folder. */
export function files(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => statSync(join(folder, name)).isFile()).sort();
}

/** Files that projects may import, by what the package exports. */
export function entries(folder: string): string[] {
  const exported = Object.values(manifest(folder).exports).flatMap((one) => Object.values(one));
  return files(folder).filter((name) => exported.some((entry) => fits(entry, `./${name}`)));
}

/** `*` stands for a name. */
function fits(entry: string, file: string): boolean {
  const [start = "", end] = entry.split("*");
  if (end === undefined) return file === entry;
  return file.startsWith(start) && file.endsWith(end) && !file.slice(start.length, -end.length).includes("/");
}

const IMPORTS = [/^(?:import|export)\b[^;]*?\bfrom\s*"(\.[^"]+)"/gm, /^import "(\.[^"]+)"/gm, /\bimport\("(\.[^"]+)"\)/g];
/** Workers and builds. */
const ADDRESSES = /new URL\(["']([^"']+)["'],\s*import\.meta\.url\)/g;

/** Files that a module names, or, for a file of types, that its types come from. */
export function named(folder: string, module: string): string[] {
  const text = readFileSync(join(folder, module), "utf8");
  const found = [...IMPORTS, ADDRESSES].flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => join(dirname(module), name ?? "")));
  return module.endsWith(".d.ts") ? found.map((name) => name.replace(/\.js$/, ".d.ts")) : found;
}

/** Whether the compiler left a module empty, because there was nothing in it but types. */
export function isEmpty(folder: string, module: string): boolean {
  return /^(\s|\/\*.*?\*\/|export \{\};)*$/s.test(readFileSync(join(folder, module), "utf8"));
}

/** Imports of other packages, as `module: package`. */
export async function foreignImports(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entryPoints = files(folder).filter((name) => name.endsWith(".js"));
  await build({
    absWorkingDir: folder,
    entryPoints,
    bundle: true,
    write: false,
    format: "esm",
    outdir: "unwritten",
    plugins: [
      {
        name: "imports of packages",
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
            if (kind === "entry-point") return undefined;
            found.push(`${relative(folder, importer)}: ${path}`);
            return { path, external: true };
          }),
      },
    ],
  });
  return found;
}
