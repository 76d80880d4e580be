/**
 * What the page and the engine's worker say to each other. A worker serves one model and is ended with it, because
 * WebAssembly memory never shrinks; that is also how a load is given up.
 */
import type { WireError } from "./error.js";
import type { LoadOptions, LoadProgress, ModelInfo, Profile, RunContext, RunKind, SelfTest } from "./generated/compat/hearth.js";
import type { Build, Device } from "./interface.js";

/** Names a request; its answers carry it. */
export type RequestId = number;

/** One part of a model file. */
export type SourcePart =
  | { readonly type: "url"; readonly url: string; readonly headers?: Readonly<Record<string, string>> }
  /** A file that is gone has a size of 0, so the size is that of the time when it was handed over. */
  | { readonly type: "blob"; readonly blob: Blob; readonly name: string; readonly sizeBytes: number }
  | { readonly type: "handle"; readonly handle: FileSystemFileHandle; readonly name: string };

/** A text, or token ids, which are taken as they are. */
export type Prompt = { readonly type: "text"; readonly text: string } | { readonly type: "tokens"; readonly tokens: readonly number[] };

/** What one step of a request gave. */
export interface Step {
  /** The token that was generated, of which choice. */
  readonly token?: number;
  readonly choice?: number;
  /** Whether it counts among the steps that somebody has seen, when the request goes on elsewhere. */
  readonly counts?: boolean;
  readonly chunks: readonly unknown[];
  /** The whole answer, in the last step. */
  readonly answer?: unknown;
}

/** From the page to the worker. `start` comes first, and once. */
export type Request =
  /** With `wasm` the worker fetches nothing. */
  | {
      readonly type: "start";
      readonly id: RequestId;
      readonly build: Build;
      readonly threads: number;
      readonly device: Device;
      readonly wasm: WebAssembly.Module | undefined;
    }
  | { readonly type: "load"; readonly id: RequestId; readonly parts: readonly SourcePart[]; readonly options: LoadOptions }
  /** Reads the header, tells what the model is and how it would run, and is ended. */
  | { readonly type: "plan"; readonly id: RequestId; readonly parts: readonly SourcePart[]; readonly options: LoadOptions }
  /** Measures how fast weights are read, without a model, and is ended. */
  | { readonly type: "measure"; readonly id: RequestId }
  | { readonly type: "run"; readonly id: RequestId; readonly kind: RunKind; readonly body: string; readonly context: RunContext }
  | { readonly type: "tokenize"; readonly id: RequestId; readonly text: string }
  | { readonly type: "logits"; readonly id: RequestId; readonly prompt: Prompt; readonly positions: readonly number[] | undefined }
  /** Keeps what was computed of the conversation in the origin private file system, under a name. */
  | { readonly type: "save"; readonly id: RequestId; readonly name: string }
  | { readonly type: "restore"; readonly id: RequestId; readonly name: string }
  | { readonly type: "memory"; readonly id: RequestId }
  /** Gives what was counted, and then starts counting anew, or stops. */
  | { readonly type: "profile"; readonly id: RequestId; readonly on: boolean }
  /** Compares the kernels of the processor with their references. */
  | { readonly type: "self-test"; readonly id: RequestId }
  /** Ends the request of that id in peace: its last steps still come. It has no answer of its own. */
  | { readonly type: "stop"; readonly id: RequestId }
  /** Nobody waits for the request of that id any more. It has no answer of its own. */
  | { readonly type: "cancel"; readonly id: RequestId };

/** What is said about a request that is under way. */
export type Interruption = Extract<Request, { type: "stop" | "cancel" }>;

/** From the worker to the page. */
export type Event =
  | { readonly type: "started"; readonly id: RequestId; readonly threads: number }
  | { readonly type: "progress"; readonly id: RequestId; readonly progress: LoadProgress }
  | { readonly type: "loaded"; readonly id: RequestId; readonly info: ModelInfo }
  | { readonly type: "planned"; readonly id: RequestId; readonly info: ModelInfo; readonly fileBytes: number }
  | { readonly type: "measured"; readonly id: RequestId; readonly bytesPerSecond: number }
  | { readonly type: "step"; readonly id: RequestId; readonly step: Step }
  /** The request was cancelled. */
  | { readonly type: "cancelled"; readonly id: RequestId }
  | { readonly type: "saved"; readonly id: RequestId; readonly bytes: number }
  /** `false` where there was nothing, or nothing that fits this model. */
  | { readonly type: "restored"; readonly id: RequestId; readonly found: boolean }
  | { readonly type: "tokens"; readonly id: RequestId; readonly tokens: readonly number[] }
  | { readonly type: "numbers"; readonly id: RequestId; readonly numbers: Float32Array }
  | { readonly type: "memory"; readonly id: RequestId; readonly bytes: number }
  | { readonly type: "profile"; readonly id: RequestId; readonly profile: Profile | undefined }
  | { readonly type: "self-test"; readonly id: RequestId; readonly result: SelfTest }
  /** The request failed; the worker goes on. */
  | { readonly type: "failed"; readonly id: RequestId; readonly error: WireError }
  /** The engine trapped; the worker is of no more use. */
  | { readonly type: "crashed"; readonly message: string };

/** From the engine's worker to a pool worker: first `init`, then `run`, which ends with the pool. */
export type PoolRequest =
  | { readonly type: "init"; readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory }
  | { readonly type: "run"; readonly ticket: number };

/** From a pool worker to the engine's worker. */
export type PoolEvent = { readonly type: "ready" } | { readonly type: "failed"; readonly message: string };

/** Whether nothing more comes for this request. */
export function isLast(event: Exclude<Event, { type: "crashed" }>): boolean {
  if (event.type === "progress") return false;
  return event.type !== "step" || event.step.answer !== undefined;
}
