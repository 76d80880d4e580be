/** Which models fit this machine: a fast one, a balanced one and the best. */
import type { HubModel, Offer } from "./hub-catalogue.js";
import type { Machine } from "./machine.js";

export type Rank = "fast" | "balanced" | "best";

export interface Recommendation extends Offer {
  readonly rank: Rank;
  readonly memoryBytes: number;
  /** As good as can be told; `undefined` where nothing is known of this machine's speed. */
  readonly tokensPerSecond: number | undefined;
}

/** Of a browser that does not tell how much memory there is. */
const UNKNOWN_MEMORY_BYTES = 4 * 2 ** 30;
/** Of the machine's memory, what a tab should take. */
const MEMORY_SHARE = 0.6;
/** Addresses of WebAssembly are of 32 bits; something has to be left for the computation. */
const ADDRESSABLE_BYTES = 3.6e9;
/** Beside the weights: the conversation's cache and what a step needs. */
const OVERHEAD_SHARE = 0.12;
const OVERHEAD_BYTES = 60e6;
/** Slower ones try a reader's patience. */
const READABLE_TOKENS_PER_SECOND = 8;
const FLUENT_TOKENS_PER_SECOND = 20;

/** Bytes of memory that a model takes, about. */
export function memoryOf({ variant }: Offer): number {
  return variant.sizeBytes * (1 + OVERHEAD_SHARE) + OVERHEAD_BYTES;
}

/** Bytes of memory that a model may take here. */
export function memoryLimit({ memoryBytes }: Machine): number {
  return Math.min(ADDRESSABLE_BYTES, MEMORY_SHARE * (memoryBytes ?? UNKNOWN_MEMORY_BYTES));
}

/** Whether a model fits into memory and storage. */
export function fits(offer: Offer, machine: Machine): boolean {
  const hasRoom = machine.freeBytes === undefined || offer.variant.sizeBytes < machine.freeBytes;
  return machine.simd && hasRoom && memoryOf(offer) <= memoryLimit(machine);
}

/** Tokens per second: each takes a reading of all weights. `bytesPerSecond` is how fast this machine read those of others. */
export function expectedSpeed({ variant }: Offer, bytesPerSecond: number | undefined): number | undefined {
  return bytesPerSecond === undefined ? undefined : bytesPerSecond / variant.sizeBytes;
}

/** At most three, each better and slower than the one before; none where the machine is too weak for any. */
export function recommend(models: readonly HubModel[], machine: Machine, bytesPerSecond: number | undefined): readonly Recommendation[] {
  const offers = models.flatMap((model): Offer[] => model.variants.slice(0, 1).map((variant) => ({ model, variant })));
  const fitting = offers.filter((offer) => fits(offer, machine)).sort((a, b) => a.variant.sizeBytes - b.variant.sizeBytes);
  const frontier = fitting.filter((offer, at) => fitting.slice(0, at).every(({ model }) => model.quality < offer.model.quality));
  const isAtLeast = (least: number) => (offer: Offer): boolean => (expectedSpeed(offer, bytesPerSecond) ?? Number.POSITIVE_INFINITY) >= least;
  // Tiny ones are fast, and good for little: the fast one is the second step where there is one and it is fluent.
  const usable = frontier.filter(isAtLeast(READABLE_TOKENS_PER_SECOND));
  const fast = usable.filter(isAtLeast(FLUENT_TOKENS_PER_SECOND))[Math.min(1, Math.max(0, usable.length - 3))] ?? frontier[0];
  const best = usable.at(-1) ?? fast;
  const between = usable.slice(fast === undefined ? 0 : usable.indexOf(fast) + 1, -1);
  const balanced = between[Math.floor(between.length / 2)];
  const chosen: readonly (readonly [Rank, Offer | undefined])[] = [
    ["fast", fast],
    ["balanced", balanced],
    ["best", best === fast ? undefined : best],
  ];
  return chosen.flatMap(([rank, offer]) =>
    offer === undefined ? [] : [{ ...offer, rank, memoryBytes: memoryOf(offer), tokensPerSecond: expectedSpeed(offer, bytesPerSecond) }],
  );
}
