/** Progress, as often as a page can draw it. */

/** More often would be a message for each packet of the network. */
const EVERY_MILLIS = 50;

interface Step {
  readonly phase?: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Leaves out what comes too fast; never the end, nor a new phase. */
export function seldom<T extends Step>(tell: (progress: T) => void): (progress: T) => void {
  let told = Number.NEGATIVE_INFINITY;
  let phase: string | undefined;
  return (progress) => {
    const now = performance.now();
    const isDue = now - told >= EVERY_MILLIS || progress.doneBytes === progress.totalBytes || progress.phase !== phase;
    if (!isDue) return;
    told = now;
    phase = progress.phase;
    tell(progress);
  };
}
