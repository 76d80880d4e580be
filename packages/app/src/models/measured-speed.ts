/** How fast this machine read the weights of the models that answered here: of the newest answers, the median. */
import type { CompletionUsage, ModelInfo } from "@hearth/sdk";

const KEY = "hearth-read-speed";
/** Older answers say little about the machine as it is now. */
const MOST = 9;
/** Shorter answers, and models that fit into caches, say little about others. */
const FEWEST_TOKENS = 16;
const FEWEST_BYTES = 100e6;

/** Notes an answer. */
export function noteAnswer({ tensorBytes }: ModelInfo, { completion_tokens, timings }: CompletionUsage): void {
  if (completion_tokens < FEWEST_TOKENS || tensorBytes < FEWEST_BYTES) return;
  const newest = [timings.decode_tokens_per_second * tensorBytes, ...samples()].slice(0, MOST);
  localStorage.setItem(KEY, JSON.stringify(newest));
}

/** `undefined` where no model of some size answered here. */
export function measuredBytesPerSecond(): number | undefined {
  const sorted = [...samples()].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function forgetSpeeds(): void {
  localStorage.removeItem(KEY);
}

function samples(): readonly number[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(read) ? read.filter((one): one is number => typeof one === "number" && one > 0) : [];
  } catch {
    return [];
  }
}
