/** The engine in this page: it starts once, and holds one model at a time. */
import { type Build, Hearth, type HearthOptions, type LoadProgress, type ModelInfo, type ModelSource, type Report } from "@hearth/sdk";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Model } from "../models/catalog.js";
import { isAbort, type Problem, problemOf } from "./problem.js";

/** A model that is ready to answer. */
export interface ReadyModel {
  readonly name: string;
  readonly source: ModelSource;
  readonly info: ModelInfo;
  readonly memoryBytes: number;
}

interface Running {
  readonly build: Build;
  readonly threads: number;
}

/** Where the page stands. */
export type EngineState = { readonly running: Running | undefined; readonly problem: Problem | undefined } & (
  | { readonly phase: "starting" | "choosing" }
  | { readonly phase: "loading"; readonly name: string; readonly progress: LoadProgress | undefined }
  | { readonly phase: "ready"; readonly model: ReadyModel }
);

export interface EngineHandle {
  readonly state: EngineState;
  readonly load: (model: Model) => Promise<void>;
  readonly cancel: () => void;
  readonly dismiss: () => void;
  /** The engine with its model, for answers. */
  readonly hearth: () => Hearth | undefined;
  /** Tells that an answer failed; a crash takes the model with it. */
  readonly failed: (error: unknown) => void;
}

export function useEngine(): EngineHandle {
  const [state, setState] = useState<EngineState>({ phase: "starting", running: undefined, problem: undefined });
  const started = useRef<Promise<Hearth>>(undefined);
  const hearth = useRef<Hearth>(undefined);
  const loading = useRef<AbortController>(undefined);

  useEffect(() => {
    // Once in the life of the page, also where React runs effects twice.
    started.current ??= Hearth.create(wanted());
    started.current.then(
      async (engine) => {
        hearth.current = engine;
        const report = await engine.report();
        setState((old) => (old.phase === "starting" ? { phase: "choosing", running: running(report), problem: undefined } : old));
      },
      (error: unknown) => setState({ phase: "choosing", running: undefined, problem: problemOf(error) }),
    );
  }, []);

  const load = useCallback(async ({ name, source }: Model) => {
    loading.current?.abort();
    const mine = new AbortController();
    loading.current = mine;
    const isNewest = (): boolean => loading.current === mine;
    const show = (progress: LoadProgress | undefined): void =>
      setState(({ running }) => ({ phase: "loading", running, problem: undefined, name, progress }));
    show(undefined);
    try {
      const engine = await (started.current ?? Hearth.create(wanted()));
      const info = await engine.load(source, { signal: mine.signal, onProgress: (progress) => isNewest() && show(progress) });
      const report = await engine.report();
      const memoryBytes = report.models[0]?.memoryBytes ?? 0;
      if (!isNewest()) return;
      setState({ phase: "ready", running: running(report), problem: undefined, model: { name, source, info, memoryBytes } });
    } catch (error) {
      if (!isNewest()) return;
      const problem = isAbort(error) ? undefined : problemOf(error);
      setState(({ running }) => ({ phase: "choosing", running, problem }));
    }
  }, []);

  const cancel = useCallback(() => loading.current?.abort(), []);
  const dismiss = useCallback(() => setState((old) => ({ ...old, problem: undefined })), []);
  const failed = useCallback((error: unknown) => {
    const problem = problemOf(error);
    const isGone = hearth.current?.info === undefined;
    setState((old) => {
      const isLost = isGone && old.phase === "ready";
      return isLost ? { phase: "choosing", running: old.running, problem } : { ...old, problem };
    });
  }, []);
  const current = useCallback(() => hearth.current, []);

  return { state, load, cancel, dismiss, failed, hearth: current };
}

function running({ build, threads }: Report): Running {
  return { build, threads };
}

/** `?build=compat&threads=2` in the page's address overrides what the browser's features would choose. */
function wanted(): HearthOptions {
  const query = new URLSearchParams(location.search);
  const build = query.get("build");
  const threads = Number(query.get("threads") ?? "0");
  return {
    // The models are on this machine already.
    store: false,
    ...(build === "compat" || build === "full" ? { build } : {}),
    ...(threads > 0 ? { threads } : {}),
  };
}
