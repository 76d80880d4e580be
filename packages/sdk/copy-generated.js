/** Puts the wasm builds and their glue beside what the compiler wrote; it copies no files that it does not compile. */
import { cpSync } from "node:fs";

const folder = (name) => new URL(name, import.meta.url);
cpSync(folder("src/generated"), folder("dist/generated"), {
  recursive: true,
  filter: (path) => !/(^|\/)(\.stamp|\.gitignore|package\.json)$/.test(path),
});
