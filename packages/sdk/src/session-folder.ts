/** Where what was computed of conversations is kept: the origin private file system. */

const FOLDER = "hearth-sessions";

/** The folder of all conversations. */
export async function stateFolder(): Promise<FileSystemDirectoryHandle> {
  return await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

/** Any name is a file's name. */
export function stateFile(name: string): string {
  return `${encodeURIComponent(name)}.state`;
}

/** Forgets the state under a name. */
export async function deleteState(name: string): Promise<void> {
  await (await stateFolder().catch(() => undefined))?.removeEntry(stateFile(name)).catch(() => undefined);
}
