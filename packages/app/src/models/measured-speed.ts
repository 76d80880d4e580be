/** How fast this machine reads weights, for each way to compute: by the models that answered here, the median of the newest answers; before that, as it was measured without one. */
import { type CompletionUsage, Hearth, type ModelInfo } from "@hearth/sdk";
import { useEffect } from "react";
import { create } from "zustand";
import { persist } from "zustand/middleware";
import { assets } from "#assets";
import { untilLoaded } from "../engine/engine.js";
import { engineOptions, type Preferences, usePreferences } from "../preferences.js";

/** In bytes per second. */
interface Speeds {
  /** Of answers, the newest first. */
  readonly answers: readonly number[];
  /** Without a model. */
  readonly measured: number | undefined;
}

/** By place: what one way to compute takes says nothing about another. */
interface Kept {
  readonly places: Readonly<Record<string, Speeds>>;
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

const NO_SPEEDS: Speeds = { answers: [], measured: undefined };
const NOWHERE: Kept = { places: {} };
const useKept = create<Kept>()(persist(() => NOWHERE, { name: KEY, version: 2, migrate: () => NOWHERE }));
/** Where it is measured, or was, or could not be, since the page was opened. */
const useTried = create<{ readonly places: Readonly<Record<string, "running" | "over">> }>()(() => ({ places: {} }));

/** Notes an answer. */
export function noteAnswer({ tensorBytes }: ModelInfo, { completion_tokens, timings }: CompletionUsage): void {
  if (completion_tokens < FEWEST_TOKENS || tensorBytes < FEWEST_BYTES) return;
  const newest = timings.decode_tokens_per_second * tensorBytes;
  change(placeOf(usePreferences.getState()), ({ answers }) => ({ answers: [newest, ...answers].slice(0, MOST) }));
}

/** What is known of it; where nothing is, it is measured now, once. */
export function useReadSpeed(): ReadSpeed {
  const place = usePreferences(placeOf);
  const bytesPerSecond = useKept(({ places }) => speedOf(places[place] ?? NO_SPEEDS));
  const isOver = useTried(({ places }) => places[place] === "over");
  const isMeasuring = bytesPerSecond === undefined && !isOver;
  useEffect(() => {
    if (isMeasuring) void measure(place);
  }, [isMeasuring, place]);
  return { bytesPerSecond, isMeasuring };
}

export function forgetSpeeds(): void {
  useKept.setState(NOWHERE);
}

/** What the person chose that makes answers faster or slower. */
function placeOf({ device, threads }: Preferences): string {
  return threads === undefined ? device : `${device} ${threads}`;
}

function change(place: string, changes: (now: Speeds) => Partial<Speeds>): void {
  useKept.setState(({ places }) => {
    const now = places[place] ?? NO_SPEEDS;
    return { places: { ...places, [place]: { ...now, ...changes(now) } } };
  });
}

function speedOf({ answers, measured }: Speeds): number | undefined {
  const sorted = [...answers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? measured;
}

async function measure(place: string): Promise<void> {
  if (useTried.getState().places[place] !== undefined) return;
  noteTried(place, "running");
  const options = engineOptions();
  try {
    // The model that is loaded first would take its time.
    await untilLoaded();
    const engine = await assets.engine();
    const measured = await Hearth.measure({ ...options, ...(engine && { engine }), signal: AbortSignal.timeout(MEASURE_LIMIT_MILLIS) });
    change(place, () => ({ measured }));
  } catch {
    // Too slow, or too little memory: then it is told when a model has answered.
  } finally {
    noteTried(place, "over");
  }
}

function noteTried(place: string, state: "running" | "over"): void {
  useTried.setState(({ places }) => ({ places: { ...places, [place]: state } }));
}
