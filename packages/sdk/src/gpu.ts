/** The GPU, for the engine in this worker. */
import type { Glue, RunningBuild } from "./build.js";
import { HearthError } from "./error.js";
import type { WasmGpu, WasmHardware } from "./generated/compat/hearth.js";
import { readGpuRecord } from "./gpu-record.js";
import type { Device } from "./interface.js";

/** With a bad driver the browser's promise never settles. */
const ANSWER_LIMIT_MILLIS = 15_000;

/** What a model is loaded for. It serves one load. */
export async function openHardware({ glue, pool }: RunningBuild, device: Device): Promise<WasmHardware> {
  if (device === "cpu") return glue.WasmHardware.cpu(pool);
  if (device === "gpu") return glue.WasmHardware.gpu(await openGpu(glue));
  let gpu: WasmGpu;
  try {
    gpu = await openGpu(glue);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return glue.WasmHardware.cpu_for_want_of_gpu(reason, pool);
  }
  return glue.WasmHardware.gpu_or_cpu(gpu, pool);
}

/** Opens the fastest GPU; without one the error is `no_gpu`. */
async function openGpu(glue: Glue): Promise<WasmGpu> {
  if (!("gpu" in navigator)) {
    throw new HearthError("no_gpu", 'This browser has no WebGPU, or has it switched off. Compute on the CPU (device "cpu").');
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    const silent = new HearthError("no_gpu", 'The graphics driver does not answer. Compute on the CPU (device "cpu").');
    timer = setTimeout(() => reject(silent), ANSWER_LIMIT_MILLIS);
  });
  beImpatient(navigator.gpu);
  askForSubgroups();
  const record = await readGpuRecord();
  return await Promise.race([glue.WasmGpu.open(record), limit]).finally(() => clearTimeout(timer));
}

const impatient = new WeakSet<GPU>();

/** Lets a driver that never answers count as one that is not there: the engine asks once more when a device was lost. */
function beImpatient(gpu: GPU): void {
  if (impatient.has(gpu)) return;
  impatient.add(gpu);
  const request = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = (options) => {
    const never = new Promise<null>((resolve) => setTimeout(() => resolve(null), ANSWER_LIMIT_MILLIS));
    return Promise.race([request(options), never]);
  };
}

let asksForSubgroups = false;

/** Lets devices have subgroups, which the engine's WebGPU library does not know how to ask a browser for. */
function askForSubgroups(): void {
  if (asksForSubgroups) return;
  asksForSubgroups = true;
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = function (descriptor = {}) {
    const subgroups = "subgroups" as GPUFeatureName;
    if (!this.features.has(subgroups)) return request.call(this, descriptor);
    const requiredFeatures = [...(descriptor.requiredFeatures ?? []), subgroups];
    return request.call(this, { ...descriptor, requiredFeatures });
  };
}
