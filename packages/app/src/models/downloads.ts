/** Downloads of models: what is verified stays when one is paused, fails or ends with its tab, and goes on from there. */
import { type DownloadProgress, HearthError, type ModelStore, type RemoteFile, remoteFiles, type StoredFile, type StoredSource } from "@hearth/sdk";
import { assets } from "#assets";
import { create } from "zustand";
import { isAbort, type Problem, problemOf } from "../engine/problem.js";
import { hub } from "../preferences.js";

/** A file as it is asked for. */
export interface WantedFile {
  /** Its address, or its name in a hub. */
  readonly url: string;
  /** In hexadecimal; the file is refused where it has another one. */
  readonly sha256?: string;
}

/** One model that is brought here. */
export interface Download {
  readonly id: string;
  readonly name: string;
  readonly files: readonly WantedFile[];
  readonly state: "running" | "paused" | "failed";
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Of the last seconds; `undefined` at first. */
  readonly bytesPerSecond: number | undefined;
  readonly phase: DownloadProgress["phase"];
  readonly problem: Problem | undefined;
}

export interface DownloadsState {
  readonly downloads: readonly Download[];
  /** Whole ones; `undefined` until the store is open. */
  readonly stored: readonly StoredFile[] | undefined;
}

export const useDownloads = create<DownloadsState>()(() => ({ downloads: [], stored: undefined }));

interface Running {
  readonly stopping: AbortController;
  readonly ended: Promise<unknown>;
}

/** An engine that was ended a moment ago may still hold its file. */
const DELETE_TRIES = 10;
const DELETE_PAUSE_MILLIS = 200;

const running = new Map<string, Running>();
let opened: Promise<ModelStore> | undefined;

/** The origin's store of models. */
export async function modelStore(): Promise<ModelStore> {
  opened ??= assets.openStore();
  return await opened;
}

/** Looks again what is there. */
export async function refreshStored(): Promise<void> {
  const files = await (await modelStore()).list();
  useDownloads.setState({ stored: files.filter((file) => file.complete) });
}

/** The files of a model, if all of them are here. */
export async function storedSources(files: readonly WantedFile[]): Promise<readonly StoredSource["source"][] | undefined> {
  const store = await modelStore();
  const remote = await located(files);
  const found = await Promise.all(remote.map(({ url, sha256 }) => store.get(sha256 ?? url)));
  return found.every((one) => one !== undefined) ? found.map(({ source }) => source) : undefined;
}

/** Brings a model here, or goes on with it; `undefined` where it was paused or failed, of which the list tells. */
export async function download(id: string, name: string, files: readonly WantedFile[], sizeBytes: number): Promise<readonly StoredSource["source"][] | undefined> {
  if (running.has(id)) return undefined;
  const stopping = new AbortController();
  const begun: Download = { id, name, files, state: "running", doneBytes: 0, totalBytes: sizeBytes, bytesPerSecond: undefined, phase: "checking", problem: undefined };
  const bringing = bring(begun, stopping.signal);
  running.set(id, { stopping, ended: bringing });
  return await bringing.finally(() => running.delete(id));
}

async function bring(begun: Download, signal: AbortSignal): Promise<readonly StoredSource["source"][] | undefined> {
  const { id, files, totalBytes: sizeBytes } = begun;
  const pace = new Pace();
  show(begun);
  try {
    const store = await modelStore();
    const remote = await located(files, signal);
    const sources: StoredSource["source"][] = [];
    let before = 0;
    for (const file of remote) {
      const { source, file: stored } = await store.download(file, {
        signal,
        onProgress: (progress) => {
          const doneBytes = before + progress.doneBytes;
          const totalBytes = remote.length === 1 && Number.isFinite(progress.totalBytes) ? progress.totalBytes : sizeBytes;
          show({ ...begun, doneBytes, totalBytes, phase: progress.phase, bytesPerSecond: pace.at(doneBytes) });
        },
      });
      before += stored.sizeBytes;
      sources.push(source);
    }
    remove(id);
    await refreshStored();
    return sources;
  } catch (error) {
    update(id, isAbort(error) ? { state: "paused" } : { state: "failed", problem: problemOf(error) });
    return undefined;
  }
}

/** Where files are, with what their hub, or who asks for them, knows of them. */
async function located(files: readonly WantedFile[], signal?: AbortSignal): Promise<readonly RemoteFile[]> {
  const options = { hub: await hub(), ...(signal && { signal }) };
  const found = files.map(async ({ url, sha256 }) => {
    const parts = await remoteFiles(url, options);
    // What is known of the first part is not true of the others.
    return parts.length === 1 && sha256 !== undefined ? parts.map((part) => ({ ...part, sha256 })) : parts;
  });
  return (await Promise.all(found)).flat();
}

/** Stops it; what is verified stays. */
export function pause(id: string): void {
  running.get(id)?.stopping.abort();
}

/** Takes it off the list; what is verified stays in the store until it is deleted there. */
export function remove(id: string): void {
  pause(id);
  useDownloads.setState(({ downloads }) => ({ downloads: downloads.filter((one) => one.id !== id) }));
}

/** Ends all downloads, and deletes all that is stored. Fails where a file cannot be deleted, because another tab has it. */
export async function deleteStored(): Promise<void> {
  const ending = [...running.values()];
  for (const { stopping } of ending) stopping.abort();
  await Promise.all(ending.map(({ ended }) => ended));
  useDownloads.setState({ downloads: [] });
  const store = await modelStore();
  const results = await Promise.allSettled((await store.list()).map(({ id }) => deleteSoon(store, id)));
  await refreshStored();
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function deleteSoon(store: ModelStore, id: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await store.delete(id);
    } catch (error) {
      if (tries === DELETE_TRIES || !(error instanceof HearthError && error.code === "in_use")) throw error;
      await new Promise((resolve) => setTimeout(resolve, DELETE_PAUSE_MILLIS));
    }
  }
}

function show(download: Download): void {
  useDownloads.setState(({ downloads }) => {
    const isKnown = downloads.some(({ id }) => id === download.id);
    return { downloads: isKnown ? downloads.map((one) => (one.id === download.id ? download : one)) : [...downloads, download] };
  });
}

function update(id: string, changes: Partial<Download>): void {
  useDownloads.setState(({ downloads }) => ({ downloads: downloads.map((one) => (one.id === id ? { ...one, ...changes } : one)) }));
}

/** Bytes per second over the last seconds. */
class Pace {
  static readonly #WINDOW_MILLIS = 5_000;
  readonly #seen: (readonly [at: number, bytes: number])[] = [];

  at(bytes: number): number | undefined {
    const now = performance.now();
    this.#seen.push([now, bytes]);
    while ((this.#seen[0]?.[0] ?? now) < now - Pace.#WINDOW_MILLIS) this.#seen.shift();
    const [first] = this.#seen;
    if (first === undefined || now - first[0] < 500) return undefined;
    return ((bytes - first[1]) * 1_000) / (now - first[0]);
  }
}
