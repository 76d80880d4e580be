/** Another seed for each answer; a whole number that every program can hold. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
