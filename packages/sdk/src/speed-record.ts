/** How fast models ran on this machine, for what may be expected of others: a token costs a reading of all weights. */
import type { ModelInfo } from "./interface.js";
import { RecordStore } from "./record-store.js";

/** Bytes of weights per second, in the newest answers. */
type Samples = readonly number[];

const records = new RecordStore("hearth-speed");
/** Older answers say little about the machine as it is now. */
const MOST_SAMPLES = 9;
/** Shorter answers say little about speed. */
const FEWEST_TOKENS = 16;

/** Where a model runs: speeds of one place say nothing about another. */
function place({ gpu, isa, threads }: ModelInfo): string {
  return gpu ?? `${isa}, ${threads}`;
}

/** Notes the speed of an answer. */
export async function noteSpeed(info: ModelInfo, tokens: number, tokensPerSecond: number): Promise<void> {
  if (tokens < FEWEST_TOKENS || tokensPerSecond <= 0) return;
  const samples = [tokensPerSecond * info.tensorBytes, ...(await samplesOf(info))];
  await records.put(place(info), samples.slice(0, MOST_SAMPLES));
}

/** What may be expected of a model; `undefined` where nothing ran here before. */
export async function expectedSpeed(info: ModelInfo): Promise<number | undefined> {
  const sorted = [...(await samplesOf(info))].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  return median === undefined ? undefined : median / info.tensorBytes;
}

export async function forgetSpeeds(): Promise<void> {
  await records.drop();
}

async function samplesOf(info: ModelInfo): Promise<Samples> {
  const found = await records.get(place(info));
  return Array.isArray(found) ? found.filter((sample) => typeof sample === "number" && sample > 0) : [];
}
