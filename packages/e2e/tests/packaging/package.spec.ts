/** What npm would publish: all that a page needs, nothing else, and not larger than it may be. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { entries, files, foreignImports, isEmpty, manifest, named } from "../../../packaging/contents.js";
import { PACKAGING } from "../../../packaging/places.js";
import { gzipBytes, limits, loaded } from "../../../packaging/sizes.js";
import { expect, test } from "../../packaging.js";

/** What is neither code nor its types. */
const TEXTS = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json"];
/** Is there when there are libraries in the package. */
const NOTICES = "dist/third-party-licences.txt";

test("the package holds what its entries reach, texts about it, and nothing else", ({ installed: { folder } }) => {
  const all = files(folder);
  const open = entries(folder);
  expect(open).toContain("dist/index.js");
  expect(open).toContain("dist/index.d.ts");
  expect(all).toEqual(expect.arrayContaining(TEXTS));
  const reached = new Set<string>([...TEXTS, NOTICES]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    expect(all, `${next} is named`).toContain(next);
    if (/\.(js|d\.ts)$/.test(next)) open.push(...named(folder, next));
  }
  // The compiler writes types of inner modules too, and the builds bring theirs.
  const isType = (name: string): boolean => name.endsWith(".d.ts");
  expect(all.filter((name) => !reached.has(name) && !isType(name) && !isEmpty(folder, name))).toEqual([]);
});

test("no module names another package, and none is installed with it", async ({ installed: { folder } }) => {
  expect(manifest(folder).dependencies).toBeUndefined();
  expect(await foreignImports(folder)).toEqual([]);
});

test("what a page downloads keeps to its limits", async ({ installed: { folder } }) => {
  const limit = limits();
  const names = loaded(folder);
  expect(names, "each has a limit in packaging/sizes.json, and each limit a file").toEqual(Object.keys(limit).sort());
  for (const name of names) {
    expect.soft(await gzipBytes(folder, name), `${name}, in bytes after gzip`).toBeLessThanOrEqual(limit[name] ?? 0);
  }
});

test("the reference is generated from the types, and explains all that they name", () => {
  const folder = test.info().outputPath("reference");
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(PACKAGING, "reference.js"), folder], { encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
  const text = readFileSync(join(folder, "README.md"), "utf8");
  for (const name of ["Hearth", "HearthError", "HearthOptions", "ChatRequest", "ChatCompletionChunk"]) expect(text).toMatch(new RegExp(`^### ${name}$`, "m"));
});
