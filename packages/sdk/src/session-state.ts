/** What was computed of a conversation, written and read in the engine's worker. A file that was written half is found out by the engine, by its checksum. */
import { HearthError } from "./error.js";
import { stateFile, stateFolder } from "./session-folder.js";

/** Keeps a state under a name. */
export async function writeState(name: string, state: Uint8Array): Promise<void> {
  try {
    const file = await (await stateFolder()).getFileHandle(stateFile(name), { create: true });
    const access = await file.createSyncAccessHandle();
    try {
      access.truncate(0);
      const written = access.write(state, { at: 0 });
      // Chromium tells a full disk by a count, not by an error.
      if (written !== state.length) throw new DOMException("no room", "QuotaExceededError");
      access.flush();
    } finally {
      access.close();
    }
  } catch (cause) {
    const full = cause instanceof DOMException && cause.name === "QuotaExceededError";
    if (full) throw new HearthError("quota_exceeded", "The browser has no room for the conversation. Delete stored models or conversations.", { cause });
    throw new HearthError("storage_unavailable", "This browser cannot keep what was computed (a private window?). The conversation's text can be kept.", { cause });
  }
}

/** The state under a name, if there is one. */
export async function readState(name: string): Promise<Uint8Array | undefined> {
  try {
    const file = await (await (await stateFolder()).getFileHandle(stateFile(name))).getFile();
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    return undefined;
  }
}
