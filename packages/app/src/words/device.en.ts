/** Texts of the page about the machine and the engine, in English. */
import type { ModelInfo } from "@hearth/sdk";
import { count, tokens } from "./counts.en.js";
import { formatOf } from "./format.js";

const format = formatOf("en");
const { integer, rate } = format;

export const DEVICE = {
  machine: {
    cores: (n: number) => count(n, "processor core", "processor cores"),
    threads: "threads",
    noThreads: "no threads: the page is not isolated",
    memory: (gigabytes: number) => `${integer(gigabytes)} GB of memory or more`,
    unknownMemory: "memory unknown",
    gpu: (name: string, half: boolean) => `graphics card${name === "" ? "" : ` (${name})`}${half ? ", half precision" : ""}`,
    noGpu: "no graphics card for pages",
    free: (bytes: number) => `${format.bytes(bytes)} free for this page`,
    tooWeak: "This machine is too weak, or has too little room, for the models of the catalogue. The model in the box runs here; a smaller quantisation of a model may as well.",
  },
  device: {
    title: "Device and performance",
    machine: "This machine",
    engine: "The engine",
    noModel: "No model is loaded: choose one to see how it runs.",
    facts: (info: ModelInfo, memoryBytes: number, build: string): readonly (readonly [string, string])[] => [
      ["Model", `${info.architecture}, ${format.short(info.parameters)} parameters, ${integer(info.layers)} layers`],
      ["Weights", format.bytes(info.tensorBytes)],
      ["Context", `${tokens(info.contextLength)} of ${integer(info.trainedContextLength)}, cache ${info.cacheType}`],
      ["Computes on", info.gpu ?? `processor (${info.isa}), ${count(info.threads, "thread", "threads")}, ${integer(info.decodeThreads)} for single tokens`],
      ["Build", build],
      ["Memory", `${format.bytes(memoryBytes)} in use; weights ${format.bytes(info.memory.weightsBytes)}, cache ${format.bytes(info.memory.stateBytes)}, work ${format.bytes(info.memory.workingBytes)}`],
    ],
    notes: "What is otherwise than asked for",
    idle: "While an answer is written, its speed is shown here.",
    live: (n: number, perSecond: number, bytesPerSecond: number, memoryBytes: number) =>
      `${tokens(n)}, ${rate(perSecond)} tokens/s, ${format.bytes(bytesPerSecond)}/s of weights, ${format.bytes(memoryBytes)} of memory`,
    benchmark: "Benchmark",
    benchmarkHint: "Reads a prompt and writes an answer without meaning. Runs stay in this browser. The file names the model, the device and what was measured, and nothing of you.",
    run: "Measure",
    running: "Measuring…",
    share: "Save as JSON",
    runs: "Runs on this machine",
    when: "When",
    model: "Model",
    where: "Where",
    reads: "Reads",
    writes: "Writes",
    change: "Against the run before",
    place: (device: string, build: string, threads: number) => (device === "cpu" ? `${build}, ${count(threads, "thread", "threads")}` : device),
    perSecond: (n: number) => `${rate(n)} tokens/s`,
    layers: "Time of each layer",
    microseconds: "µs",
    milliseconds: (n: number) => `${format.decimal(n)} ms`,
    operations: "Time by operation",
    selfTest: {
      title: "Kernels",
      hint: "Compares every kernel of the processor with a plain reference, here, in this browser. It takes a second or two, and nothing is sent.",
      run: "Check the kernels",
      running: "Checking…",
      noModel: "Choose a model first: the engine starts with it.",
      passed: (n: number, isa: string) => `All ${integer(n)} kernels agree with the reference (${isa}).`,
      failed: (failed: number, n: number, isa: string, names: readonly string[]) =>
        `${integer(failed)} of ${count(n, "kernel", "kernels")} ${failed === 1 ? "computes" : "compute"} something else than the reference (${isa}): ${names.join(", ")}.`,
      meaning:
        "Answers of models that use these may be wrong here. The browser may compile them wrongly, or the processor or the memory may be faulty: update the browser, check again, try another browser, and report what is wrong.",
      table: "What each kernel computed",
      kernel: "Kernel",
      type: "Type",
      variant: "Way",
      deviation: "Off by, at most",
      tolerance: "May be off by",
      result: "Result",
      right: "right",
      wrong: "wrong",
      variants: {
        exact: "exact",
        one_row: "one row",
        many_rows: "many rows",
        rows: "from rows",
        tiles: "from tiles",
        one_token: "one token",
        prompt: "prompt",
        window_soft_cap: "prompt, window and soft cap",
      },
    },
  },
};
