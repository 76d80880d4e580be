// Runs a WASI program, as cargo's runner of the wasm tests: node wasi-runner.mjs PROGRAM.wasm ARGS…
//
// The program sees the checkout and the test data ($HEARTH_SHARED) at their own paths, and its package as `.`.
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { WASI } from "node:wasi";

const [program, ...args] = process.argv.slice(2);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const shared = process.env.HEARTH_SHARED;
const preopens = { ".": process.cwd(), [root]: root };
const env = { RUST_BACKTRACE: "0" };
if (shared !== undefined) {
  preopens[shared] = shared;
  env.HEARTH_SHARED = shared;
}

const wasi = new WASI({ version: "preview1", args: [program, ...args], env, preopens, returnOnExit: true });
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
try {
  process.exitCode = wasi.start(instance);
} catch (error) {
  // A panic has printed its message already, and then aborted by a trap.
  console.error(`${program}: ${error.message}`);
  process.exitCode = 101;
}
