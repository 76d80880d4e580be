/** How fast this machine reads weights: by the models that answered here, the median of the newest answers; before that, as it was measured without one. */
import { type CompletionUsage, Hearth, type ModelInfo } from "@hearth/sdk";
import { useEffect } from "react";
import { create } from "zustand";
import { persist } from "zustand/middleware";
import { assets } from "#assets";
import { untilLoaded } from "../engine/engine.js";
import { engineOptions } from "../preferences.js";

/** In bytes per second. */
interface Kept {
  /** Of answers, the newest first. */
  readonly answers: readonly number[];
  /** Without a model. */
  readonly measured: number | undefined;
}

export interface ReadSpeed {
  /** `undefined` where nothing is known. */
  readonly bytesPerSecond: number | undefined;
  readonly isMeasuring: boolean;
}

const KEY = "hearth-read-speed";
/** Older answers say little about the machine as it is now. */
const MOST = 9;
/** Shorter answers, and models that fit into caches, say little about others. */
const FEWEST_TOKENS = 16;
const FEWEST_BYTES = 100e6;
/** A machine that is slower is not waited for. */
const MEASURE_LIMIT_MILLIS = 15_000;

const NOTHING: Kept = { answers: [], measured: undefined };
const useKept = create<Kept>()(persist(() => NOTHING, { name: KEY, version: 1 }));
/** Whether it was measured, or could not be, since the page was opened. */
const useTried = create<{ readonly isOver: boolean }>()(() => ({ isOver: false }));

/** Notes an answer. */
export function noteAnswer({ tensorBytes }: ModelInfo, { completion_tokens, timings }: CompletionUsage): void {
  if (completion_tokens < FEWEST_TOKENS || tensorBytes < FEWEST_BYTES) return;
  const newest = timings.decode_tokens_per_second * tensorBytes;
  useKept.setState(({ answers }) => ({ answers: [newest, ...answers].slice(0, MOST) }));
}

/** What is known of it; where nothing is, it is measured now, once. */
export function useReadSpeed(): ReadSpeed {
  const bytesPerSecond = useKept(speedOf);
  const isOver = useTried((state) => state.isOver);
  const isMeasuring = bytesPerSecond === undefined && !isOver;
  useEffect(() => {
    if (isMeasuring) measuring ??= measure();
  }, [isMeasuring]);
  return { bytesPerSecond, isMeasuring };
}

export function forgetSpeeds(): void {
  useKept.setState(NOTHING);
}

function speedOf({ answers, measured }: Kept): number | undefined {
  const sorted = [...answers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? measured;
}

let measuring: Promise<void> | undefined;

async function measure(): Promise<void> {
  try {
    // The model that is loaded first would take its time.
    await untilLoaded();
    const engine = await assets.engine();
    const measured = await Hearth.measure({ ...engineOptions(), ...(engine && { engine }), signal: AbortSignal.timeout(MEASURE_LIMIT_MILLIS) });
    useKept.setState({ measured });
  } catch {
    // Too slow, or too little memory: then it is told when a model has answered.
  } finally {
    useTried.setState({ isOver: true });
  }
}
