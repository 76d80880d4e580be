/** Puts beside the examples what they import: the SDK as it is built, and OpenAI's client in one file. */
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const hearth = path("../../examples/hearth");

rmSync(hearth, { recursive: true, force: true });
cpSync(path("../sdk/dist"), hearth, { recursive: true, filter: (name) => !/[/\\]dist[/\\]tests$/.test(name) });
await build({
  stdin: { contents: 'export { default } from "openai";', resolveDir: path(".") },
  bundle: true,
  format: "esm",
  platform: "browser",
  outfile: path("../../examples/vendor/openai.js"),
  logLevel: "warning",
});
