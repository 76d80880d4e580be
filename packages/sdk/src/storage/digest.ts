/** SHA-256: of a chunk by the browser, of a file that does not fit into memory piece by piece. */
import { sha256 } from "@noble/hashes/sha2.js";

/** What a SHA-256 looks like here. */
export const SHA256 = /^[0-9a-f]{64}$/;

/** The digest of bytes that are all there; the browser's own is an order of magnitude faster, and computes elsewhere. */
export async function digest(bytes: Uint8Array): Promise<string> {
  // Not there on pages that came without encryption.
  if (globalThis.crypto.subtle === undefined) return hexOf(sha256(bytes));
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)));
}

/** The digest of bytes that come one after the other. */
export class RunningDigest {
  readonly #state = sha256.create();

  update(bytes: Uint8Array): void {
    this.#state.update(bytes);
  }

  finish(): string {
    return hexOf(this.#state.digest());
  }
}

/** A short checksum, at once. */
export function checksum(bytes: Uint8Array): string {
  return hexOf(sha256(bytes)).slice(0, 8);
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
