/** One thread of the `full` build. It computes until its pool is gone, and never comes back to its event loop. */
import init, { poison_pool, run_pool_worker } from "./generated/full/hearth.js";
import type { PoolEvent, PoolRequest } from "./protocol.js";

declare const self: DedicatedWorkerGlobalScope;

/** Kernels keep little on the stack; a multiple of 64 KiB. */
const STACK_BYTES = 1 << 20;

self.onmessage = async ({ data }: MessageEvent<PoolRequest>) => {
  switch (data.type) {
    case "init":
      return post(await initialise(data.module, data.memory));
    case "run":
      return run(data.ticket);
  }
};

async function initialise(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<PoolEvent> {
  try {
    await init({ module_or_path: module, memory, thread_stack_size: STACK_BYTES });
    return { type: "ready" };
  } catch (thrown) {
    return { type: "failed", message: String(thrown) };
  }
}

function run(ticket: number): void {
  try {
    run_pool_worker(ticket);
  } catch (thrown) {
    // A trap that is no panic (the stack's end) has told nobody yet.
    poison_pool();
    throw thrown;
  }
}

function post(event: PoolEvent): void {
  self.postMessage(event);
}
