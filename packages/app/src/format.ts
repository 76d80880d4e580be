/** Numbers as people read them. */

const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, notation: "compact" });

/** `398 MB`; powers of ten, as file managers and download pages have them. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value < 9.95 && unit > 0 ? value.toFixed(1) : value.toFixed(0)} ${units[unit] ?? ""}`;
}

/** `a moment`, `12 s`, `3 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return "a moment";
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** `1,234`. */
export function integer(count: number): string {
  return plain.format(count);
}

/** `656K`, `1.1B`. */
export function parameters(count: number): string {
  return short.format(count);
}

/** `1 token`, `64 tokens`. */
export function tokens(count: number): string {
  return `${integer(count)} ${count === 1 ? "token" : "tokens"}`;
}

/** `7.1 tokens/s`, `320 tokens/s`. */
export function speed(tokensPerSecond: number): string {
  return `${tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : integer(tokensPerSecond)} tokens/s`;
}
