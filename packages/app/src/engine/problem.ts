/** What failed: a code that the page has words for, and the engine's own message as the detail. */
import { HearthError } from "@hearth/sdk";
import { LibraryError } from "../conversations/library.js";

export interface Problem {
  readonly code: string;
  readonly detail: string;
}

export function problemOf(error: unknown): Problem {
  const code = error instanceof HearthError || error instanceof LibraryError ? error.code : "unknown";
  return { code, detail: error instanceof Error ? error.message : String(error) };
}

/** Whether a person gave up, which is no problem. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
