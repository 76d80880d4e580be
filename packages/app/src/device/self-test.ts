/** Whether the kernels of the processor compute what they should, in this browser. */
import type { KernelCheck, SelfTest } from "@hearth/sdk";
import { create } from "zustand";
import { readyEngine } from "../engine/engine.js";
import { type Problem, problemOf } from "../engine/problem.js";

export interface SelfTestState {
  readonly isRunning: boolean;
  /** Of the last time since the page was opened. */
  readonly result: SelfTest | undefined;
  readonly problem: Problem | undefined;
}

/** What is told of it beside a measurement. */
export interface SelfTestSummary {
  readonly isa: string;
  /** Kernels that were asked. */
  readonly kernels: number;
  /** Names of those that are wrong. */
  readonly failed: readonly string[];
}

export const useSelfTest = create<SelfTestState>()(() => ({ isRunning: false, result: undefined, problem: undefined }));

/** Asks all kernels of the engine that runs. */
export async function runSelfTest(): Promise<void> {
  const engine = readyEngine();
  if (engine === undefined || useSelfTest.getState().isRunning) return;
  useSelfTest.setState({ isRunning: true, result: undefined, problem: undefined });
  try {
    useSelfTest.setState({ result: await engine.hearth.selfTest() });
  } catch (error) {
    useSelfTest.setState({ problem: problemOf(error) });
  } finally {
    useSelfTest.setState({ isRunning: false });
  }
}

/** In short; `undefined` where the kernels were not asked. */
export function selfTestSummary(): SelfTestSummary | undefined {
  const { result } = useSelfTest.getState();
  return result && { isa: result.isa, kernels: result.checks.length, failed: failedNames(result) };
}

/** The kernels that are wrong. */
export function failedNames({ checks }: SelfTest): readonly string[] {
  return checks.filter(({ passed }) => !passed).map(nameOf);
}

/** What tells a check from the others. */
export function nameOf({ kernel, dtype, variant }: KernelCheck): string {
  return [kernel, dtype, variant].filter((part) => part !== undefined).join(" ");
}
