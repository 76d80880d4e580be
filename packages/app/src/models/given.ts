/**
 * Files and folders that a person gives to the page. Where the browser has the File System Access API they come as handles, which can be kept and opened
 * again; elsewhere as files, which are gone with the page.
 */

export type GivenFile = File | FileSystemFileHandle;
export type Given = GivenFile | FileSystemDirectoryHandle;

declare global {
  interface Window {
    showOpenFilePicker?(options: PickerOptions): Promise<FileSystemFileHandle[]>;
    showDirectoryPicker?(options: Pick<PickerOptions, "id">): Promise<FileSystemDirectoryHandle>;
  }
  interface DataTransferItem {
    getAsFileSystemHandle?(): Promise<FileSystemFileHandle | FileSystemDirectoryHandle | null>;
  }
  interface FileSystemHandle {
    queryPermission(wanted: { readonly mode: "read" }): Promise<PermissionState>;
    requestPermission(wanted: { readonly mode: "read" }): Promise<PermissionState>;
  }
}

interface PickerOptions {
  /** The browser begins in the folder where the picker of this name was left. */
  readonly id: string;
  readonly multiple: boolean;
  readonly types: readonly { readonly description: string; readonly accept: Readonly<Record<string, readonly string[]>> }[];
}

const PICKER = "models";
/** Of the files of a split model, what tells them apart. */
const PART = /-\d{5}(-of-\d{5}\.gguf)$/i;

export function isModelFile({ name }: { readonly name: string }): boolean {
  return /\.gguf$/i.test(name);
}

export function isHandle(given: Given): given is FileSystemFileHandle {
  return "kind" in given && given.kind === "file";
}

export function isFolder(given: Given): given is FileSystemDirectoryHandle {
  return "kind" in given && given.kind === "directory";
}

export function isFile(given: Given): given is GivenFile {
  return !isFolder(given);
}

export function canPickFiles(): boolean {
  return window.showOpenFilePicker !== undefined;
}

export function canPickFolders(): boolean {
  return window.showDirectoryPicker !== undefined;
}

/** Lets the person choose a model's files; none where they think better of it. */
export async function pickFiles(): Promise<readonly FileSystemFileHandle[]> {
  const types = [{ description: "GGUF", accept: { "application/octet-stream": [".gguf"] } }];
  return (await unlessCancelled(window.showOpenFilePicker?.({ id: PICKER, multiple: true, types }))) ?? [];
}

/** Lets the person choose a folder. */
export async function pickFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  return await unlessCancelled(window.showDirectoryPicker?.({ id: PICKER }));
}

async function unlessCancelled<T>(picking: Promise<T> | undefined): Promise<T | undefined> {
  return await picking?.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    throw error;
  });
}

/**
 * What was dropped: models and folders by their handles, all else as files. It has to be called while the event is handled: afterwards the browser gives
 * nothing.
 */
export async function dropped({ items }: DataTransfer): Promise<readonly Given[]> {
  const given = [...items].map(async (item): Promise<Given | null> => {
    const file = item.getAsFile();
    const handle = await item.getAsFileSystemHandle?.().catch(() => null);
    return handle != null && (isFolder(handle) || isModelFile(handle)) ? handle : file;
  });
  return (await Promise.all(given)).filter((one) => one !== null);
}

/** The files of each model among these: those of a split one belong together. */
export function byModel(files: readonly FileSystemFileHandle[]): readonly (readonly FileSystemFileHandle[])[] {
  const models = new Map<string, FileSystemFileHandle[]>();
  for (const file of [...files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = file.name.replace(PART, "$1");
    models.set(name, [...(models.get(name) ?? []), file]);
  }
  return [...models.values()];
}

/** The files of each model in a folder, and in the folders in it. */
export async function modelsIn(folder: FileSystemDirectoryHandle): Promise<readonly (readonly FileSystemFileHandle[])[]> {
  const { files, folders } = await entriesOf(folder);
  // One that may not be read, as systems have some, does not hide the others.
  const inFolders = await Promise.all(folders.map((one) => entriesOf(one).catch(() => ({ files: [] }))));
  return [{ files }, ...inFolders].flatMap((one) => byModel(one.files.filter(isModelFile)));
}

async function entriesOf(folder: FileSystemDirectoryHandle) {
  const files: FileSystemFileHandle[] = [];
  const folders: FileSystemDirectoryHandle[] = [];
  for await (const entry of folder.values()) {
    if (isFolder(entry)) folders.push(entry);
    else files.push(entry);
  }
  return { files, folders };
}
