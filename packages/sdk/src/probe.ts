/**
 * What this browser can run, asked of the engine itself with tiny modules: one instruction that a browser does not
 * know makes it refuse the whole build.
 */
import { HearthError } from "./error.js";
import type { Build } from "./interface.js";

/** What was found. */
export interface Features {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** Atomics in the engine, and shared memory allowed in this page. */
  readonly threads: boolean;
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** One type, `() -> ()`, and one function of it. */
const ONE_FUNCTION = [0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00];

/** Each module drops the result of one instruction of its feature. */
export const PROBES = {
  /** `i8x16.splat` */
  simd: module([0x0a, 0x09, 0x01, 0x07, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x1a, 0x0b]),
  /** `i8x16.relaxed_swizzle` */
  relaxedSimd: module([
    0x0a, 0x10, 0x01, 0x0e, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x80, 0x02, 0x1a, 0x0b,
  ]),
  /** A shared memory, and `i32.atomic.load` from it. */
  threads: module([
    0x05, 0x04, 0x01, 0x03, 0x01, 0x01, 0x0a, 0x0b, 0x01, 0x09, 0x00, 0x41, 0x00, 0xfe, 0x10, 0x02, 0x00, 0x1a, 0x0b,
  ]),
} as const;

function module(sections: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...HEADER, ...ONE_FUNCTION, ...sections]);
}

/** Asks this browser, and this page, which must be cross-origin isolated for threads. */
export function probe(): Features {
  const sharedMemory = globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer === "function";
  return {
    simd: WebAssembly.validate(PROBES.simd),
    relaxedSimd: WebAssembly.validate(PROBES.relaxedSimd),
    threads: sharedMemory && WebAssembly.validate(PROBES.threads),
  };
}

/** The best build for these features, or the wanted one where it can run. `isGiven`: the page has the engine's files, which are of the compat build. */
export function chooseBuild(features: Features, wanted: Build | "auto" = "auto", isGiven = false): Build {
  if (!features.simd) {
    throw new HearthError(
      "unsupported_browser",
      "This browser has no WebAssembly SIMD. Use a current Chrome, Edge, Firefox or Safari.",
    );
  }
  if (isGiven && wanted === "full") throw new HearthError("bad_argument", "engine has the files of the compat build: leave build out, or leave engine out.");
  if (isGiven) return "compat";
  const full = features.relaxedSimd && features.threads;
  if (wanted === "full" && !full) {
    const lack = features.threads ? "relaxed SIMD" : "threads (the page must be served with COOP and COEP headers)";
    throw new HearthError("unsupported_browser", `The full build needs ${lack}. Use the compat build.`);
  }
  return wanted === "auto" ? (full ? "full" : "compat") : wanted;
}

/** Threads where nobody asks for a number: a phone's little cores and a browser's own work gain nothing beyond. */
const MOST_THREADS = 8;

/** Threads for a build on a machine with so many logical cores. */
export function chooseThreads(build: Build, cores: number, wanted?: number): number {
  if (build === "compat") return 1;
  if (wanted === undefined) return Math.max(1, Math.min(MOST_THREADS, cores));
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new HearthError("bad_argument", `threads is ${wanted}, but must be a whole number from 1 on`);
  }
  return wanted;
}
