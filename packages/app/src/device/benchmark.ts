/** How fast the loaded model is on this machine: a prompt is read, an answer is written, and once more with every step counted. */
import type { Hearth, Profile } from "@hearth/sdk";
import { create } from "zustand";
import { readyEngine, type ReadyModel, useEngine } from "../engine/engine.js";
import { type Problem, problemOf } from "../engine/problem.js";
import { selfTestSummary, type SelfTestSummary } from "./self-test.js";

/** What a run showed: nothing of the person, and of the machine no more than is needed to compare. */
export interface Run {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly model: string;
  readonly parameters: number;
  readonly weightBytes: number;
  /** `cpu`, or the graphics card's name. */
  readonly device: string;
  readonly isa: string;
  readonly build: string;
  readonly threads: number;
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  readonly memoryBytes: number;
  /** What came of checking the kernels, where that was done before. */
  readonly selfTest?: SelfTestSummary;
}

export interface BenchmarkState {
  readonly isRunning: boolean;
  /** The newest first. */
  readonly runs: readonly Run[];
  /** Of the last run since the page was opened. */
  readonly profile: Profile | undefined;
  readonly problem: Problem | undefined;
}

const KEY = "hearth-benchmarks";
const MOST_RUNS = 50;
const PROMPT_TOKENS = 256;
const ANSWER_TOKENS = 64;
const PROFILED_TOKENS = 16;

export const useBenchmark = create<BenchmarkState>()(() => ({ isRunning: false, runs: kept(), profile: undefined, problem: undefined }));

/** Measures the model that is loaded. */
export async function runBenchmark(): Promise<void> {
  const engine = readyEngine();
  if (engine === undefined || useBenchmark.getState().isRunning) return;
  useBenchmark.setState({ isRunning: true, problem: undefined, profile: undefined });
  try {
    const run = await measure(engine.hearth, engine.model);
    const runs = [run, ...useBenchmark.getState().runs].slice(0, MOST_RUNS);
    localStorage.setItem(KEY, JSON.stringify(runs));
    useBenchmark.setState({ runs });
    useBenchmark.setState({ profile: await profile(engine.hearth) });
  } catch (error) {
    useBenchmark.setState({ problem: problemOf(error) });
  } finally {
    useBenchmark.setState({ isRunning: false });
  }
}

export function forgetRuns(): void {
  localStorage.removeItem(KEY);
  useBenchmark.setState({ runs: [] });
}

async function measure(hearth: Hearth, { name, info, memoryBytes }: ReadyModel): Promise<Run> {
  const promptTokens = Math.max(1, Math.min(PROMPT_TOKENS, info.contextLength - ANSWER_TOKENS));
  // Weights are in memory and clocks are up when the second answer comes.
  await complete(hearth, promptOf(promptTokens, info.vocabularySize, 1), 8);
  const usage = await complete(hearth, promptOf(promptTokens, info.vocabularySize, 2), ANSWER_TOKENS);
  const { running } = useEngine.getState();
  const selfTest = selfTestSummary();
  return {
    at: Date.now(),
    model: name,
    parameters: info.parameters,
    weightBytes: info.tensorBytes,
    device: info.gpu ?? "cpu",
    isa: info.isa,
    build: running?.build ?? "",
    threads: info.threads,
    promptTokens,
    answerTokens: usage.completion_tokens,
    prefillTokensPerSecond: usage.timings.prefill_tokens_per_second,
    decodeTokensPerSecond: usage.timings.decode_tokens_per_second,
    memoryBytes,
    ...(selfTest && { selfTest }),
  };
}

async function profile(hearth: Hearth): Promise<Profile | undefined> {
  await hearth.startProfile();
  try {
    await complete(hearth, promptOf(8, 256, 3), PROFILED_TOKENS);
  } finally {
    return await hearth.stopProfile();
  }
}

async function complete(hearth: Hearth, prompt: number[], maxTokens: number) {
  const { usage } = await hearth.completions.create({ prompt, max_tokens: maxTokens, temperature: 0, ignore_eos: true, speculation: "off" });
  if (usage === undefined) throw new Error("The engine did not tell what the answer took.");
  return usage;
}

/** Tokens without meaning; another `seed` gives others, so that nothing is reused. */
function promptOf(tokens: number, vocabulary: number, seed: number): number[] {
  return Array.from({ length: tokens }, (_, at) => (seed * 7_919 + at * 104_729) % vocabulary);
}

function kept(): readonly Run[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(read) ? (read as Run[]) : [];
  } catch {
    return [];
  }
}
