/** Brings one build of the engine to life in this worker, and its threads. */
import { HearthError } from "./error.js";
import type * as Compat from "./generated/compat/hearth.js";
import type { Build } from "./interface.js";
import { startPoolWorkers } from "./threads.js";

/** What is used of both builds. Their modules are different types, because each has classes of its own. */
export interface Glue {
  default(options: { module_or_path: WebAssembly.Module }): Promise<{ readonly memory: WebAssembly.Memory }>;
  panic_message(): string | undefined;
  readonly WasmPool: new (threads: number) => Compat.WasmPool;
  readonly WasmGpu: { open: typeof Compat.WasmGpu.open };
  readonly WasmHardware: Pick<typeof Compat.WasmHardware, "cpu" | "gpu" | "gpu_or_cpu" | "cpu_for_want_of_gpu">;
  readonly WasmLoader: { open: typeof Compat.WasmLoader.open };
  readonly WasmRun: { start: typeof Compat.WasmRun.start };
}

/** A build that runs. */
export interface RunningBuild {
  readonly glue: Glue;
  readonly memory: WebAssembly.Memory;
  readonly pool: Compat.WasmPool;
  readonly threads: number;
}

/** Starts a build, the compat one where its `wasm` is given; it may end up with fewer threads than asked for. */
export async function startBuild(build: Build, threads: number, wasm: WebAssembly.Module | undefined): Promise<RunningBuild> {
  const { glue, module } = wasm === undefined ? await fetchBuild(build) : { glue: await import("./generated/compat/hearth.js"), module: wasm };
  const { memory } = await glue.default({ module_or_path: module });
  const workers = build === "full" ? await startPoolWorkers(module, memory, threads - 1) : [];
  const pool = new glue.WasmPool(workers.length + 1);
  pool.take_tickets().forEach((ticket, index) => workers[index]?.run(ticket));
  return { glue, memory, pool, threads: workers.length + 1 };
}

/** The bundler sees both addresses, and the browser fetches one. */
async function fetchBuild(build: Build): Promise<{ glue: Glue; module: WebAssembly.Module }> {
  if (build === "full") {
    const module = await compile(new URL("./generated/full/hearth_bg.wasm", import.meta.url));
    return { glue: await import("./generated/full/hearth.js"), module };
  }
  const module = await compile(new URL("./generated/compat/hearth_bg.wasm", import.meta.url));
  return { glue: await import("./generated/compat/hearth.js"), module };
}

async function compile(url: URL): Promise<WebAssembly.Module> {
  const answer = await fetch(url);
  if (!answer.ok) throw new HearthError("start_failed", `The engine is not at ${url.href} (status ${answer.status}). Reload the page.`);
  // Compiling while it comes in needs the right MIME type, which not every host sends.
  const streams = answer.headers.get("Content-Type") === "application/wasm";
  return streams ? await WebAssembly.compileStreaming(answer) : await WebAssembly.compile(await answer.arrayBuffer());
}
