/** The threads of the `full` build: nested workers over one memory. */
import type { PoolEvent, PoolRequest } from "./protocol.js";

/** A worker that has not answered by then is not waited for: the pool goes on without it. */
const READY_LIMIT_MILLIS = 10_000;

/** A worker that is ready to compute. */
export interface PoolWorker {
  run(ticket: number): void;
}

/** Starts workers, and gives those that became ready. */
export async function startPoolWorkers(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  count: number,
): Promise<PoolWorker[]> {
  const starts = Array.from({ length: count }, () => startPoolWorker({ type: "init", module, memory }));
  return (await Promise.all(starts)).filter((worker) => worker !== undefined);
}

function startPoolWorker(init: PoolRequest): Promise<PoolWorker | undefined> {
  const worker = new Worker(new URL("./pool-worker.js", import.meta.url), { type: "module", name: "hearth-pool" });
  return new Promise((resolve) => {
    const giveUp = (): void => {
      worker.terminate();
      resolve(undefined);
    };
    const limit = setTimeout(giveUp, READY_LIMIT_MILLIS);
    worker.onerror = giveUp;
    worker.onmessage = ({ data }: MessageEvent<PoolEvent>) => {
      clearTimeout(limit);
      if (data.type === "failed") return giveUp();
      worker.onerror = null;
      resolve({ run: (ticket) => worker.postMessage({ type: "run", ticket } satisfies PoolRequest) });
    };
    worker.postMessage(init);
  });
}
