/**
 * What the page and the engine's worker say to each other. A worker serves one model and is ended with it, because
 * WebAssembly memory never shrinks; that is also how a load is given up.
 */
import type { WireError } from "./error.js";
import type { GenerateOptions, GenerationEvent, LoadOptions, LoadProgress, ModelInfo, Profile } from "./generated/compat/hearth.js";
import type { Build, ChatMessage, Device } from "./interface.js";

/** Names a request; its answers carry it. */
export type RequestId = number;

/** One part of a model file. */
export type SourcePart =
  | { readonly type: "url"; readonly url: string }
  /** A file that is gone has a size of 0, so the size is that of the time when it was handed over. */
  | { readonly type: "blob"; readonly blob: Blob; readonly name: string; readonly sizeBytes: number }
  | { readonly type: "handle"; readonly handle: FileSystemFileHandle; readonly name: string };

/** What is to be continued. */
export type Prompt =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tokens"; readonly tokens: readonly number[] }
  | { readonly type: "chat"; readonly messages: readonly ChatMessage[] };

/** From the page to the worker. `start` comes first, and once. */
export type Request =
  | { readonly type: "start"; readonly id: RequestId; readonly build: Build; readonly threads: number; readonly device: Device }
  | { readonly type: "load"; readonly id: RequestId; readonly parts: readonly SourcePart[]; readonly options: LoadOptions }
  | { readonly type: "generate"; readonly id: RequestId; readonly prompt: Prompt; readonly options: GenerateOptions }
  | { readonly type: "tokenize"; readonly id: RequestId; readonly text: string }
  | { readonly type: "logits"; readonly id: RequestId; readonly prompt: Prompt; readonly positions: readonly number[] | undefined }
  | { readonly type: "embed"; readonly id: RequestId; readonly prompt: Prompt }
  | { readonly type: "memory"; readonly id: RequestId }
  /** Gives what was counted, and then starts counting anew, or stops. */
  | { readonly type: "profile"; readonly id: RequestId; readonly on: boolean }
  /** Ends the generation of that id. It has no answer of its own. */
  | { readonly type: "cancel"; readonly id: RequestId };

/** From the worker to the page. */
export type Event =
  | { readonly type: "started"; readonly id: RequestId; readonly threads: number }
  | { readonly type: "progress"; readonly id: RequestId; readonly progress: LoadProgress }
  | { readonly type: "loaded"; readonly id: RequestId; readonly info: ModelInfo }
  | { readonly type: "generation"; readonly id: RequestId; readonly event: GenerationEvent }
  | { readonly type: "tokens"; readonly id: RequestId; readonly tokens: readonly number[] }
  | { readonly type: "numbers"; readonly id: RequestId; readonly numbers: Float32Array }
  | { readonly type: "memory"; readonly id: RequestId; readonly bytes: number }
  | { readonly type: "profile"; readonly id: RequestId; readonly profile: Profile | undefined }
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
  return event.type !== "generation" || event.event.type === "finished";
}
