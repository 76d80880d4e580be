/** Failures: one class with a stable code, and what of it crosses from the worker. */

/** Codes that this package gives; those of the engine (`bad_file`, `prompt_too_long`, …) pass through. */
export type HearthErrorCode =
  | "access_denied"
  | "bad_argument"
  | "bad_catalogue"
  | "bad_file"
  | "bad_model"
  | "bad_grammar"
  | "bad_position"
  | "bad_request"
  | "bad_vocabulary"
  | "content_changed"
  | "engine_crashed"
  | "fallback_failed"
  | "gpu_failed"
  | "gpu_lost"
  | "hash_mismatch"
  | "in_use"
  | "missing_tensor"
  | "model_not_found"
  | "no_embeddings"
  | "no_gpu"
  | "no_logits"
  | "no_model"
  | "no_template"
  | "not_enough_memory"
  | "not_stored"
  | "prompt_too_long"
  | "quota_exceeded"
  | "ranges_unsupported"
  | "read_failed"
  | "source_blocked"
  | "source_busy"
  | "source_not_found"
  | "source_unreachable"
  | "start_failed"
  | "storage_failed"
  | "storage_unavailable"
  | "template_failed"
  | "unknown_architecture"
  | "unsupported_browser"
  | "unsupported_content"
  | "unsupported_on_gpu"
  | "unsupported_type"
  | (string & {});

/** Everything that can fail, except giving up, which is the standard `AbortError`. */
export class HearthError extends Error {
  override readonly name = "HearthError";

  constructor(
    /** Stable: programs may rely on it. The message is for people. */
    readonly code: HearthErrorCode,
    message: string,
    options?: ErrorOptions & {
      /** The parameter of a request that is at fault. */
      readonly param?: string | undefined;
    },
  ) {
    super(message, options);
    this.param = options?.param;
  }

  /** The parameter of a request that is at fault, where it is one. */
  readonly param: string | undefined;
}

/** A failure as it crosses from the worker. */
export interface WireError {
  readonly code: HearthErrorCode;
  readonly message: string;
  readonly param?: string;
}

/** What was thrown, as it can be posted. An error without a code of its own gets `fallback`. */
export function toWireError(thrown: unknown, fallback: HearthErrorCode): WireError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : fallback;
  const param = thrown instanceof Error && "param" in thrown && typeof thrown.param === "string" ? { param: thrown.param } : {};
  return { code, message, ...param };
}

/** The failure that the worker told of. */
export function fromWireError(error: WireError): HearthError {
  return new HearthError(error.code, error.message, { param: error.param });
}

/** What is thrown where somebody gave up. */
export function abortError(message: string): DOMException {
  return new DOMException(message, "AbortError");
}
