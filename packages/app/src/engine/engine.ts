/** The engine in this page: it starts once, and holds one model at a time. */
import { type Build, Hearth, type LoadProgress, type ModelInfo, type Report } from "@hearth/sdk";
import { assets } from "#assets";
import { create } from "zustand";
import type { Endpoint } from "../host.js";
import type { Model } from "../models/catalog.js";
import { EMBER } from "../models/ember.js";
import { engineOptions, prefer } from "../preferences.js";
import { isAbort, type Problem, problemOf } from "./problem.js";

/** A model that is ready to answer. */
export interface ReadyModel {
  readonly name: string;
  readonly source: Model["source"];
  readonly info: ModelInfo;
  readonly memoryBytes: number;
}

export interface Answerer {
  readonly hearth: Hearth;
  /** By which a person knows it. */
  readonly name: string;
  /** Whether it holds conversations; else it goes on with texts. */
  readonly isChat: boolean;
  /** Of the model; `undefined` where a server answers. */
  readonly info: ModelInfo | undefined;
}

export interface Running {
  readonly build: Build;
  readonly threads: number;
}

/** Where the page stands. */
export type EngineState = { readonly running: Running | undefined; readonly problem: Problem | undefined } & (
  | { readonly phase: "starting" | "choosing" }
  | { readonly phase: "loading"; readonly name: string; readonly progress: LoadProgress | undefined }
  | { readonly phase: "ready"; readonly model: ReadyModel }
  /** A server answers, because the person said so. */
  | { readonly phase: "remote"; readonly endpoint: Endpoint }
);

export const useEngine = create<EngineState>()(() => ({ phase: "starting", running: undefined, problem: undefined }) as EngineState);

let started: Promise<Hearth> | undefined;
let hearth: Hearth | undefined;
let loading: AbortController | undefined;

/** Sets the whole state: nothing of another phase stays. */
function become(next: (old: EngineState) => EngineState): void {
  useEngine.setState(next, true);
}

/** Starts it, once. */
export async function startEngine(): Promise<void> {
  started ??= createHearth();
  try {
    hearth = await started;
    const report = await hearth.report();
    // A model may be on its way already.
    become((old) => (old.phase === "starting" ? { phase: "choosing", running: running(report), problem: undefined } : { ...old, running: running(report) }));
  } catch (error) {
    become(() => ({ phase: "choosing", running: undefined, problem: problemOf(error) }));
  }
}

async function createHearth(): Promise<Hearth> {
  const engine = await assets.engine();
  return await Hearth.create({ ...engineOptions(), ...(engine && { engine }) });
}

/** Loads a model in place of the one that is there. */
export async function loadModel({ name, source }: Model): Promise<void> {
  loading?.abort();
  const mine = new AbortController();
  loading = mine;
  const isNewest = (): boolean => loading === mine;
  const show = (progress: LoadProgress | undefined): void =>
    become(({ running }) => ({ phase: "loading", running, problem: undefined, name, progress }));
  show(undefined);
  try {
    started ??= createHearth();
    const engine = await started;
    const found = typeof source === "function" ? await source() : source;
    const info = await engine.load(found, { signal: mine.signal, onProgress: (progress) => isNewest() && show(progress) });
    const report = await engine.report();
    const memoryBytes = report.models[0]?.memoryBytes ?? 0;
    if (!isNewest()) return;
    become(() => ({ phase: "ready", running: running(report), problem: undefined, model: { name, source, info, memoryBytes } }));
    remember(name, source);
  } catch (error) {
    if (!isNewest()) return;
    const problem = isAbort(error) ? undefined : problemOf(error);
    become(({ running }) => ({ phase: "choosing", running, problem }));
  }
}

/** Gives up the load that is under way. */
export function cancelLoad(): void {
  loading?.abort();
}

/** Lets go of the model, of the load that is under way, or of the server that answers. */
export function closeModel(): void {
  loading?.abort();
  loading = undefined;
  hearth?.unload();
  become(({ running }) => ({ phase: "choosing", running, problem: undefined }));
}

/** Tells why a model cannot be opened; the one that is there stays. */
export function tellProblem(problem: Problem): void {
  become((old) => ({ ...old, problem }));
}

/** Takes the message about what failed away. */
export function dismissProblem(): void {
  become((old) => ({ ...old, problem: undefined }));
}

/** Looks, after an answer failed, whether the model is still there: a crash takes it along. */
export function checkModel(): void {
  const isLost = hearth?.info === undefined;
  become((old) => (isLost && old.phase === "ready" ? { phase: "choosing", running: old.running, problem: undefined } : old));
}

/** Lets a server answer from here on, until a model is loaded. The person was asked. */
export function answerRemotely(endpoint: Endpoint): void {
  loading?.abort();
  loading = undefined;
  become(({ running }) => ({ phase: "remote", running, problem: undefined, endpoint }));
}

/** What answers: the engine with its model, or the server that was chosen. */
export async function answerer(): Promise<Answerer | undefined> {
  const state = useEngine.getState();
  if (state.phase === "remote") return { hearth: await remoteHearth(state.endpoint), name: state.endpoint.name, isChat: true, info: undefined };
  const ready = readyEngine();
  return ready && { hearth: ready.hearth, name: ready.model.name, isChat: ready.model.info.hasChatTemplate, info: ready.model.info };
}

/** One without a model, so that every request goes to the endpoint. */
async function remoteHearth({ baseURL, model, apiKey }: Endpoint): Promise<Hearth> {
  return await Hearth.create({ store: false, fallback: { baseURL, model, ...(apiKey !== undefined && { apiKey }) } });
}

/** The engine with its model. */
export function readyEngine(): { readonly hearth: Hearth; readonly model: ReadyModel } | undefined {
  const state = useEngine.getState();
  return state.phase === "ready" && hearth !== undefined ? { hearth, model: state.model } : undefined;
}

/** Waits for the load that is under way, if there is one. */
export async function untilLoaded(): Promise<void> {
  const isLoading = ({ phase }: EngineState): boolean => phase === "starting" || phase === "loading";
  await new Promise<void>((done) => {
    if (!isLoading(useEngine.getState())) return done();
    const leave = useEngine.subscribe((state) => {
      if (isLoading(state)) return;
      leave();
      done();
    });
  });
}

/** Ends the engine and starts another by the preferences as they are now, with the same model. */
export async function restartEngine(): Promise<void> {
  const state = useEngine.getState();
  loading?.abort();
  const old = started;
  started = undefined;
  (await old?.catch(() => undefined))?.unload();
  if (state.phase === "ready") await loadModel(state.model);
  else await startEngine();
}

/** A model with an address can be opened again when the page is. */
function remember(name: string, source: Model["source"]): void {
  if (source === EMBER.source) return prefer({ lastModel: { isInTheBox: true } });
  const files = Array.isArray(source) ? source : [source];
  if (!files.every((file) => typeof file === "string")) return;
  prefer({ lastModel: { name, source: files.length === 1 ? (files[0] ?? "") : files } });
}

function running({ build, threads }: Report): Running {
  return { build, threads };
}
