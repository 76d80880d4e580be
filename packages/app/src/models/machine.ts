/** What this machine offers, as far as a browser tells. Nothing of it leaves the page. */
import { probe } from "@hearth/sdk";

export interface Machine {
  readonly cores: number;
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** Whether the engine may compute on several threads: the page has to be isolated for that. */
  readonly threads: boolean;
  /** Of the whole machine; browsers round it, and tell no more than 8 or 32 GB. `undefined` where they tell nothing. */
  readonly memoryBytes: number | undefined;
  readonly gpu: Gpu | undefined;
  /** What this origin may still keep. */
  readonly freeBytes: number | undefined;
}

export interface Gpu {
  /** What the browser says of it; often no more than the maker's name. */
  readonly name: string;
  readonly halfPrecision: boolean;
  readonly maxBufferBytes: number;
  readonly maxBindingBytes: number;
}

/** A driver that does not answer counts as none. */
const GPU_MILLIS = 3_000;

export async function inspectMachine(): Promise<Machine> {
  const { simd, relaxedSimd, threads } = probe();
  const [gpu, freeBytes] = await Promise.all([inspectGpu(), free()]);
  const gigabytes = (navigator as { readonly deviceMemory?: number }).deviceMemory;
  return {
    cores: navigator.hardwareConcurrency,
    simd,
    relaxedSimd,
    threads,
    memoryBytes: gigabytes === undefined ? undefined : gigabytes * 2 ** 30,
    gpu,
    freeBytes,
  };
}

async function inspectGpu(): Promise<Gpu | undefined> {
  if (!("gpu" in navigator)) return undefined;
  const never = new Promise<null>((resolve) => setTimeout(() => resolve(null), GPU_MILLIS));
  const adapter = await Promise.race([navigator.gpu.requestAdapter({ powerPreference: "high-performance" }), never]).catch(() => null);
  if (adapter === null) return undefined;
  const { vendor, architecture, description } = adapter.info;
  return {
    name: description || [vendor, architecture].filter((part) => part !== "").join(" "),
    halfPrecision: adapter.features.has("shader-f16"),
    maxBufferBytes: adapter.limits.maxBufferSize,
    maxBindingBytes: adapter.limits.maxStorageBufferBindingSize,
  };
}

async function free(): Promise<number | undefined> {
  const estimate = await navigator.storage?.estimate?.().catch(() => undefined);
  if (estimate?.quota === undefined) return undefined;
  return Math.max(0, estimate.quota - (estimate.usage ?? 0));
}
