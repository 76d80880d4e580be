/** Models on the person's own disk, remembered in IndexedDB by the handles of their files: nothing of them is copied. */
import { HearthError } from "@hearth/sdk";
import { openDatabase, settled } from "../indexed-db.js";
import { withoutExtension } from "./catalog.js";

export interface LocalModel {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** Its files, in their order. */
  readonly handles: readonly FileSystemFileHandle[];
  /** The folder that the person opened, where it was found in one: who may read that may read its files. */
  readonly folder: FileSystemDirectoryHandle | undefined;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
}

const DATABASE = "hearth-local-models";
const MODELS = "models";
const READ = { mode: "read" } as const;

/** Remembers models, each by its files. One that is remembered already stays one. */
export async function addLocal(models: readonly (readonly FileSystemFileHandle[])[], folder?: FileSystemDirectoryHandle): Promise<readonly LocalModel[]> {
  const known = await listLocal();
  const added = await Promise.all(
    models.map(async (handles): Promise<LocalModel> => {
      const files = await Promise.all(handles.map(readFile));
      return {
        id: (await sameAmong(known, handles))?.id ?? crypto.randomUUID(),
        name: withoutExtension(handles[0]?.name ?? ""),
        sizeBytes: files.reduce((sum, { size }) => sum + size, 0),
        handles,
        folder,
        openedAt: Date.now(),
      };
    }),
  );
  for (const model of added) await putLocal(model);
  return added;
}

/** All of them, the last opened first. */
export async function listLocal(): Promise<readonly LocalModel[]> {
  const models = (await inStore("readonly", (store) => store.getAll())) as LocalModel[];
  return models.sort((a, b) => b.openedAt - a.openedAt);
}

/** Remembers a model, or what changed of it. */
export async function putLocal(model: LocalModel): Promise<void> {
  await inStore("readwrite", (store) => store.put(model, model.id));
}

/** Forgets a model. Its files stay where they are. */
export async function removeLocal(id: string): Promise<void> {
  await inStore("readwrite", (store) => store.delete(id));
}

/** Forgets all of them. */
export async function clearLocal(): Promise<void> {
  await inStore("readwrite", (store) => store.clear());
}

/** Whether a model can be read without a question to the person. */
export async function isReadable(model: LocalModel): Promise<boolean> {
  const states = await Promise.all(guards(model).map((handle) => handle.queryPermission(READ)));
  return states.every((state) => state === "granted");
}

/** Lets the browser ask the person where it has to, which it does in a click only. What is refused shows when the files are read. */
export async function askToRead(model: LocalModel): Promise<void> {
  for (const handle of guards(model)) {
    if ((await handle.queryPermission(READ)) !== "granted") await handle.requestPermission(READ).catch(() => undefined);
  }
}

/** The model's files as they are now. */
export async function readLocal({ handles }: LocalModel): Promise<readonly File[]> {
  return await Promise.all(handles.map(readFile));
}

/** The file of a handle. */
export async function readFile(handle: FileSystemFileHandle): Promise<File> {
  const { name } = handle;
  return await handle.getFile().catch((cause: unknown) => {
    const why = cause instanceof DOMException ? cause.name : "";
    if (why === "NotFoundError") throw new HearthError("file_gone", `${name} was not found.`, { cause });
    if (why === "NotAllowedError") throw new HearthError("access_denied", `The browser does not let this page read ${name}.`, { cause });
    throw new HearthError("read_failed", `${name} cannot be read: ${String(cause)}`, { cause });
  });
}

/** What the person gave, and is asked about again. */
function guards({ folder, handles }: LocalModel): readonly FileSystemHandle[] {
  return folder === undefined ? handles : [folder];
}

/** The model that has one of these files. */
async function sameAmong(models: readonly LocalModel[], handles: readonly FileSystemFileHandle[]): Promise<LocalModel | undefined> {
  for (const model of models) {
    const pairs = model.handles.flatMap((old) => handles.map((handle) => old.isSameEntry(handle)));
    if ((await Promise.all(pairs)).includes(true)) return model;
  }
  return undefined;
}

/** It is opened each time anew, so that no tab keeps others from deleting it. */
async function inStore<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await openDatabase(DATABASE, MODELS);
  try {
    return await settled(ask(database.transaction(MODELS, mode).objectStore(MODELS)));
  } finally {
    database.close();
  }
}
