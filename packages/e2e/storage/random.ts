/** Chance that can be repeated. */

/** Numbers from 0 to below 1 (mulberry32, public domain). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes that no two places share. */
export function randomBytes(seed: number, length: number): Buffer {
  const next = random(seed);
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => next() * 2 ** 32);
  return Buffer.from(words.buffer, 0, length);
}

/** One of them. */
export function pick<T>(next: () => number, from: readonly T[]): T {
  const chosen = from[Math.floor(next() * from.length)];
  if (chosen === undefined) throw new Error("nothing to pick from");
  return chosen;
}
