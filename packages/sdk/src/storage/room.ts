/** Room: what the browser still gives, and what to say when it is not enough. */
import { HearthError } from "../error.js";
import type { ListedFile } from "./interface.js";

/** Journals, and what the browser counts on top. */
const MARGIN_BYTES = 1 << 20;

/** Throws when the browser says that there is less room than needed; where it says nothing, writing will tell. */
export async function requireRoom(neededBytes: number): Promise<void> {
  if (neededBytes <= 0) return;
  const free = await freeBytes();
  if (free !== undefined && free < neededBytes + MARGIN_BYTES) throw new HearthError("quota_exceeded", "There is not enough room.");
}

/** The same failure with numbers, and with what could be deleted. */
export async function explainRoom(cause: HearthError, neededBytes: number, files: readonly ListedFile[]): Promise<HearthError> {
  const free = await freeBytes();
  const has = free === undefined ? "does not give as much" : `has room for ${free} more`;
  const listed = files.map((file) => `${file.name} (${file.complete ? file.sizeBytes : file.verifiedBytes} bytes)`).join(", ");
  const advice = listed === "" ? "Free room on this machine." : `Delete stored files, or free room on this machine. Stored: ${listed}.`;
  return new HearthError(
    "quota_exceeded",
    `The file needs ${neededBytes} more bytes, and the browser ${has}. What is downloaded is kept. ${advice}`,
    { cause },
  );
}

async function freeBytes(): Promise<number | undefined> {
  const { quota, usage } = await navigator.storage.estimate().catch(() => ({ quota: undefined, usage: undefined }));
  return quota === undefined || usage === undefined ? undefined : Math.max(0, quota - usage);
}
