/**
 * The engine's worker: one build, one model. Requests are served one after the other; between two steps of one
 * the worker looks at its messages, so a `stop` takes effect within a token or a piece of the prompt.
 */
import { type RunningBuild, startBuild } from "./build.js";
import { HearthError, type HearthErrorCode, toWireError } from "./error.js";
import type { LoadOptions, WasmEngine, WasmHardware, WasmLoader, WasmRun } from "./generated/compat/hearth.js";
import { openHardware } from "./gpu.js";
import { writeGpuRecord } from "./gpu-record.js";
import type { Event, Interruption, Prompt, Request, RequestId, Step } from "./protocol.js";
import { readState, writeState } from "./session-state.js";
import { openSource, type OpenSource } from "./source.js";

declare const self: DedicatedWorkerGlobalScope;

/** More often would be more messages than a page can draw. */
const PROGRESS_EVERY_MILLIS = 50;

let running: RunningBuild | undefined;
let hardware: WasmHardware | undefined;
let engine: WasmEngine | undefined;
let queue: Promise<void> = Promise.resolve();
/** What was said about requests that wait or are under way. */
const interrupted = new Map<RequestId, Interruption["type"]>();

self.onmessage = ({ data }: MessageEvent<Request>) => {
  if (data.type === "cancel" || data.type === "stop") {
    interrupted.set(data.id, data.type);
  } else {
    queue = queue.then(() => serve(data));
  }
};

async function serve(request: Exclude<Request, Interruption>): Promise<void> {
  try {
    await answer(request);
  } catch (thrown) {
    if (isTrap(thrown)) crashed(thrown);
    else post({ type: "failed", id: request.id, error: toWireError(thrown, fallbackCode(request.type)) });
  }
  interrupted.delete(request.id);
}

// A trap in an asynchronous function of the engine ends up here: its promise never settles.
self.addEventListener("error", (event) => crashed(event.error ?? event.message));
self.addEventListener("unhandledrejection", ({ reason }) => crashed(reason));

/** A trap, or the end of the stack, which browsers tell in different ways. */
function isTrap(thrown: unknown): boolean {
  return thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError;
}

function crashed(thrown: unknown): void {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  post({ type: "crashed", message: running?.glue.panic_message() ?? message });
}

function fallbackCode(type: Request["type"]): HearthErrorCode {
  return type === "start" ? "start_failed" : "internal";
}

async function answer(request: Exclude<Request, Interruption>): Promise<void> {
  const { id } = request;
  switch (request.type) {
    case "start":
      running = await startBuild(request.build, request.threads, request.wasm);
      hardware = await openHardware(running, request.device);
      return post({ type: "started", id, threads: running.threads });
    case "load":
      return load(request);
    case "plan":
      return plan(request);
    case "measure":
      return post({ type: "measured", id, bytesPerSecond: await takeHardware().read_speed() });
    case "run":
      return run(request);
    case "tokenize":
      return post({ type: "tokens", id, tokens: [...loaded().encode_prompt(request.text)] });
    case "logits":
      return numbers(id, await loaded().logits(promptTokens(loaded(), request.prompt), positionsOf(request)));
    case "save": {
      const state = await loaded().save_session();
      await writeState(request.name, state);
      return post({ type: "saved", id, bytes: state.length });
    }
    case "restore":
      return post({ type: "restored", id, found: await restore(request.name) });
    case "memory":
      return post({ type: "memory", id, bytes: started().memory.buffer.byteLength });
    case "profile":
      return profile(request);
    case "self-test":
      return post({ type: "self-test", id, result: loaded().self_test() });
  }
}

/** Reads without a pause: a load is given up by ending this worker. */
async function load({ id, parts, options }: Extract<Request, { type: "load" }>): Promise<void> {
  const sources = await Promise.all(parts.map(openSource));
  let isReadAgain = false;
  try {
    engine = await readAll(id, sources, options);
    // When a GPU is lost.
    isReadAgain = engine.info().gpu !== undefined;
  } finally {
    if (!isReadAgain) for (const source of sources) source.close?.();
  }
  const record = engine.gpu_record();
  if (record !== undefined) await writeGpuRecord(record);
  post({ type: "loaded", id, info: engine.info() });
}

async function plan({ id, parts, options }: Extract<Request, { type: "plan" }>): Promise<void> {
  const sources = await Promise.all(parts.map(openSource));
  try {
    const loader = openLoader(sources, options);
    post({ type: "planned", id, info: loader.info(), fileBytes: sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) });
    loader.free();
  } finally {
    for (const source of sources) source.close?.();
  }
}

/** What is damaged or of another model is as good as nothing: the conversation is computed again. */
async function restore(name: string): Promise<boolean> {
  const state = await readState(name);
  if (state === undefined) return false;
  try {
    loaded().restore_session(state);
    return true;
  } catch (thrown) {
    if (isTrap(thrown)) throw thrown;
    return false;
  }
}

function openLoader(sources: OpenSource[], options: LoadOptions): WasmLoader {
  return started().glue.WasmLoader.open(sources, options, takeHardware());
}

/** It serves one model. */
function takeHardware(): WasmHardware {
  if (hardware === undefined) throw new HearthError("internal", "this worker has had its model");
  const chosen = hardware;
  hardware = undefined;
  return chosen;
}

async function readAll(id: RequestId, sources: OpenSource[], options: LoadOptions): Promise<WasmEngine> {
  const loader = openLoader(sources, options);
  let reported = Number.NEGATIVE_INFINITY;
  do {
    const now = performance.now();
    if (now - reported < PROGRESS_EVERY_MILLIS) continue;
    reported = now;
    post({ type: "progress", id, progress: loader.progress() });
  } while (await loader.step());
  post({ type: "progress", id, progress: loader.progress() });
  return await loader.finish();
}

async function run({ id, kind, body, context }: Extract<Request, { type: "run" }>): Promise<void> {
  const model = loaded();
  const { WasmRun } = started().glue;
  // One that was cancelled while it waited never begins.
  if (interrupted.get(id) === "cancel") return post({ type: "cancelled", id });
  const request = WasmRun.start(model, kind, body, context);
  try {
    await steps(id, request, model);
  } finally {
    // What was given to a device ahead is let go.
    request.stop();
    request.free();
  }
}

async function steps(id: RequestId, request: WasmRun, model: WasmEngine): Promise<void> {
  for (;;) {
    // Messages that came meanwhile are looked at first: one of them may be about this request.
    await messagesRead();
    const said = interrupted.get(id);
    if (said === "cancel") return post({ type: "cancelled", id });
    if (said === "stop") request.stop();
    const step = await request.next(model);
    if (step === undefined) return;
    post({ type: "step", id, step: JSON.parse(step) as Step });
  }
}

async function profile({ id, on }: Extract<Request, { type: "profile" }>): Promise<void> {
  const counted = await loaded().profile();
  loaded().set_profiling(on);
  post({ type: "profile", id, profile: counted });
}

/** `undefined` is passed on: it means the last position. */
function positionsOf({ positions }: Extract<Request, { type: "logits" }>): Uint32Array | undefined {
  return positions === undefined ? undefined : Uint32Array.from(positions);
}

function numbers(id: RequestId, numbers: Float32Array): void {
  post({ type: "numbers", id, numbers });
}

function promptTokens(model: WasmEngine, prompt: Prompt): Uint32Array {
  return prompt.type === "text" ? model.encode_prompt(prompt.text) : Uint32Array.from(prompt.tokens);
}

function started(): RunningBuild {
  if (running === undefined) throw new HearthError("internal", "the engine was not started");
  return running;
}

function loaded(): WasmEngine {
  if (engine === undefined) throw new HearthError("no_model", "No model is loaded. Load one first.");
  return engine;
}

const turns = new MessageChannel();

/** Resolves after the messages that wait now. A timer would cost milliseconds, a promise would not let them in. */
function messagesRead(): Promise<void> {
  return new Promise((resolve) => {
    turns.port1.onmessage = () => resolve();
    turns.port2.postMessage(undefined);
  });
}

function post(event: Event): void {
  self.postMessage(event);
}
