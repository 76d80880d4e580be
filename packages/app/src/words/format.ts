/** Numbers, sizes and times as people read them, in their language. */
import type { Language } from "../preferences.js";

export interface Format {
  /** `398 MB`; powers of ten, as file managers and download pages have them. */
  bytes(count: number): string;
  /** `12 s`, `3 min`. */
  duration(seconds: number): string;
  /** `1,234`. */
  integer(count: number): string;
  /** `0.35`. */
  decimal(value: number): string;
  /** `656K`, `1.1B`. */
  short(count: number): string;
  /** `45%`. */
  percent(share: number): string;
  /** `7.1`, `320`. */
  rate(perSecond: number): string;
  /** The day, or of today the time. */
  when(millis: number): string;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function formatOf(language: Language): Format {
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const tenths = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  // Models are named `1.1B` in every language.
  const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, notation: "compact" });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const time = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(language, { month: "short", day: "numeric" });
  const date = new Intl.DateTimeFormat(language, { year: "numeric", month: "short", day: "numeric" });
  const minute = new Intl.NumberFormat(language, { style: "unit", unit: "minute", unitDisplay: "short", maximumFractionDigits: 0 });
  const second = new Intl.NumberFormat(language, { style: "unit", unit: "second", unitDisplay: "narrow", maximumFractionDigits: 0 });
  return {
    bytes(count) {
      let value = count;
      let unit = 0;
      while (value >= 999.5 && unit < UNITS.length - 1) {
        value /= 1_000;
        unit += 1;
      }
      return `${value < 9.95 && unit > 0 ? tenths.format(value) : plain.format(value)} ${UNITS[unit] ?? ""}`;
    },
    duration: (seconds) => (seconds < 90 ? second.format(Math.ceil(seconds)) : minute.format(seconds / 60)),
    integer: (count) => plain.format(count),
    decimal: (value) => decimal.format(value),
    short: (count) => short.format(count),
    percent: (share) => percent.format(share),
    rate: (perSecond) => (perSecond < 10 ? tenths.format(perSecond) : plain.format(perSecond)),
    when(millis) {
      const then = new Date(millis);
      const now = new Date();
      if (then.toDateString() === now.toDateString()) return time.format(then);
      return (then.getFullYear() === now.getFullYear() ? day : date).format(then);
    },
  };
}
