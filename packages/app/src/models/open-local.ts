/** Opens models of the person's own disk, remembers them where the browser gives handles, and opens them again. */
import { HearthError } from "@hearth/sdk";
import { create } from "zustand";
import { loadModel, readyEngine, tellProblem } from "../engine/engine.js";
import { type Problem, problemOf } from "../engine/problem.js";
import { prefer, usePreferences } from "../preferences.js";
import { modelOfFiles } from "./catalog.js";
import { byModel, type GivenFile, isHandle, modelsIn } from "./given.js";
import { addLocal, askToRead, clearLocal, isReadable, listLocal, type LocalModel, putLocal, readFile, readLocal, removeLocal } from "./local-models.js";

export interface LocalModelsState {
  /** The last opened first; none where the browser remembers none. */
  readonly models: readonly LocalModel[];
  /** The one that answered last, where the browser wants a click before it may be read. */
  readonly offered: LocalModel | undefined;
  /** Why the list could not be changed. */
  readonly problem: Problem | undefined;
}

export const useLocalModels = create<LocalModelsState>()(() => ({ models: [], offered: undefined, problem: undefined }));

/** Looks again which are remembered. */
export async function refreshLocal(): Promise<void> {
  useLocalModels.setState({ models: await listLocal().catch(() => []) });
}

/** Opens a model's files. Where several models were given, all are remembered, and the first one is opened. */
export async function openGiven(given: readonly GivenFile[]): Promise<void> {
  await told(async () => {
    const handles = given.filter(isHandle);
    // A browser that keeps nothing opens them all the same.
    const [first] = handles.length === given.length ? await addLocal(byModel(handles)).catch(() => []) : [];
    if (first !== undefined) return await openLocal(first);
    await loadModel(modelOfFiles(await Promise.all(given.map((one) => (isHandle(one) ? readFile(one) : one)))));
  });
}

/** Remembers the models in a folder. */
export async function addFolder(folder: FileSystemDirectoryHandle): Promise<void> {
  await listed(async () => {
    const found = await modelsIn(folder);
    if (found.length === 0) throw new HearthError("no_models_in_folder", folder.name);
    await addLocal(found, folder);
  });
}

/** Opens a remembered model. Called in a click, because the browser may have to ask the person. */
export async function openLocal(model: LocalModel): Promise<void> {
  const { id, name } = model;
  const source = (): Promise<readonly File[]> => readLocal(model);
  await told(async () => {
    await askToRead(model);
    // A file that is gone, or may not be read, leaves the model alone that answers now.
    await source();
    await loadModel({ name, source });
    if (readyEngine()?.model.source !== source) return;
    prefer({ lastModel: { name, localId: id } });
    await putLocal({ ...model, openedAt: Date.now() });
    await refreshLocal();
  });
}

/** Opens, at the start, the model that answered last; where the browser wants a click for that, it is offered. */
export async function reopenLocal(id: string): Promise<void> {
  await refreshLocal();
  const model = useLocalModels.getState().models.find((one) => one.id === id);
  if (model === undefined) return;
  if (await isReadable(model)) await openLocal(model);
  else useLocalModels.setState({ offered: model });
}

/** Takes a model off the list. */
export async function forgetLocal(id: string): Promise<void> {
  const { lastModel } = usePreferences.getState();
  if (lastModel !== undefined && "localId" in lastModel && lastModel.localId === id) prefer({ lastModel: undefined });
  useLocalModels.setState(({ offered }) => ({ offered: offered?.id === id ? undefined : offered }));
  await listed(() => removeLocal(id));
}

/** Takes all of them off the list. */
export async function forgetAllLocal(): Promise<void> {
  await clearLocal();
  useLocalModels.setState({ models: [], offered: undefined, problem: undefined });
}

/** Takes the message about what failed away. */
export function dismissLocalProblem(): void {
  useLocalModels.setState({ problem: undefined });
}

/** Changes the list, and tells beside it where that fails. */
async function listed(change: () => Promise<void>): Promise<void> {
  useLocalModels.setState({ problem: undefined });
  await change().catch((error: unknown) => useLocalModels.setState({ problem: problemOf(error) }));
  await refreshLocal();
}

/** Does it, and tells the person where it fails. */
async function told(work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => tellProblem(problemOf(error)));
}
