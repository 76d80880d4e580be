/** Tells how long a load still takes, from the speed of its last seconds. */

/** Older samples say little about what is to come: caches and networks change their speed. */
const WINDOW_MILLIS = 5_000;
/** Before this, one piece more or less changes everything. */
const FIRST_AFTER_MILLIS = 300;

interface Sample {
  readonly millis: number;
  readonly doneBytes: number;
}

/** Fed with progress, it gives the seconds left. */
export class TimeLeft {
  readonly #samples: Sample[] = [];

  /** `nowMillis` is any clock that only goes forward. */
  update(doneBytes: number, totalBytes: number, nowMillis: number): number | undefined {
    const samples = this.#samples;
    samples.push({ millis: nowMillis, doneBytes });
    while (samples.length > 2 && (samples[1]?.millis ?? nowMillis) < nowMillis - WINDOW_MILLIS) samples.shift();
    if (doneBytes >= totalBytes) return 0;
    const oldest = samples[0];
    if (oldest === undefined) return undefined;
    const millis = nowMillis - oldest.millis;
    const bytes = doneBytes - oldest.doneBytes;
    if (millis < FIRST_AFTER_MILLIS || bytes <= 0) return undefined;
    return ((totalBytes - doneBytes) * millis) / bytes / 1_000;
  }
}
