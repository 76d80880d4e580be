/** The GPU, for the engine in this worker. */
import type { Glue } from "./build.js";
import { HearthError } from "./error.js";
import type { WasmGpu } from "./generated/compat/hearth.js";

/** With a bad driver the browser's promise never settles. */
const ANSWER_LIMIT_MILLIS = 15_000;

/** Opens the fastest GPU; without one the error is `no_gpu`. */
export async function openGpu(glue: Glue): Promise<WasmGpu> {
  if (!("gpu" in navigator)) {
    throw new HearthError("no_gpu", 'This browser has no WebGPU, or has it switched off. Compute on the CPU (device "cpu").');
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    const silent = new HearthError("no_gpu", 'The graphics driver does not answer. Compute on the CPU (device "cpu").');
    timer = setTimeout(() => reject(silent), ANSWER_LIMIT_MILLIS);
  });
  return await Promise.race([glue.WasmGpu.open(), limit]).finally(() => clearTimeout(timer));
}
