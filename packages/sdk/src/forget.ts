/** Forgetting what was noted of this machine. */
import { forgetGpu } from "./gpu-record.js";
import { forgetSpeeds } from "./speed-record.js";

/**
 * Deletes what engines noted of this machine in this browser: which of its GPU's ways compute right, and how fast models ran. The next load looks again.
 * Fails where the browser refuses to delete. Models are deleted by {@link ModelStore}.
 */
export async function forgetMachine(): Promise<void> {
  await Promise.all([forgetGpu(), forgetSpeeds()]);
}
