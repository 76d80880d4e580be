/**
 * The engine's worker: one build, one model. Requests are served one after the other; between two steps of a
 * generation the worker looks at its messages, so a `cancel` takes effect within a token or a piece of the prompt.
 */
import { type RunningBuild, startBuild } from "./build.js";
import { HearthError, type HearthErrorCode, toWireError } from "./error.js";
import type { LoadOptions, WasmEngine, WasmHardware } from "./generated/compat/hearth.js";
import { openHardware } from "./gpu.js";
import { writeGpuRecord } from "./gpu-record.js";
import type { Event, Prompt, Request, RequestId } from "./protocol.js";
import { openSource, type OpenSource } from "./source.js";

declare const self: DedicatedWorkerGlobalScope;

/** More often would be more messages than a page can draw. */
const PROGRESS_EVERY_MILLIS = 50;

let running: RunningBuild | undefined;
let hardware: WasmHardware | undefined;
let engine: WasmEngine | undefined;
let queue: Promise<void> = Promise.resolve();
const cancelled = new Set<RequestId>();

self.onmessage = ({ data }: MessageEvent<Request>) => {
  if (data.type === "cancel") {
    cancelled.add(data.id);
  } else {
    queue = queue.then(() => serve(data));
  }
};

async function serve(request: Exclude<Request, { type: "cancel" }>): Promise<void> {
  try {
    await answer(request);
  } catch (thrown) {
    if (isTrap(thrown)) crashed(thrown);
    else post({ type: "failed", id: request.id, error: toWireError(thrown, fallbackCode(request.type)) });
  }
  cancelled.delete(request.id);
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

async function answer(request: Exclude<Request, { type: "cancel" }>): Promise<void> {
  const { id } = request;
  switch (request.type) {
    case "start":
      running = await startBuild(request.build, request.threads);
      hardware = await openHardware(running, request.device);
      return post({ type: "started", id, threads: running.threads });
    case "load":
      return load(request);
    case "generate":
      return generate(request);
    case "tokenize":
      return post({ type: "tokens", id, tokens: [...loaded().encode_prompt(request.text)] });
    case "logits":
      return numbers(id, await loaded().logits(promptTokens(loaded(), request.prompt), positionsOf(request)));
    case "embed":
      return numbers(id, await loaded().embed(promptTokens(loaded(), request.prompt)));
    case "memory":
      return post({ type: "memory", id, bytes: started().memory.buffer.byteLength });
    case "profile":
      return profile(request);
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

async function readAll(id: RequestId, sources: OpenSource[], options: LoadOptions): Promise<WasmEngine> {
  const { glue } = started();
  if (hardware === undefined) throw new HearthError("internal", "this worker has had its model");
  const loader = glue.WasmLoader.open(sources, options, hardware);
  hardware = undefined;
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

async function generate({ id, prompt, options }: Extract<Request, { type: "generate" }>): Promise<void> {
  const model = loaded();
  const generation = model.start(promptTokens(model, prompt), options);
  for (;;) {
    // Messages that came meanwhile are looked at first: one of them may be the `cancel`.
    await messagesRead();
    if (cancelled.has(id)) generation.cancel();
    const event = await model.next(generation);
    if (event === undefined) break;
    post({ type: "generation", id, event });
  }
  generation.free();
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
  if (prompt.type === "text") return model.encode_prompt(prompt.text);
  if (prompt.type === "tokens") return Uint32Array.from(prompt.tokens);
  const rendered = model.render_chat({ messagesJson: JSON.stringify(prompt.messages), now: localTime(new Date()) });
  return Uint32Array.from(rendered.tokens);
}

/** `2026-01-15T12:30:00` on the person's clock. */
function localTime(now: Date): string {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
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
