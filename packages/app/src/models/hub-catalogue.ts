/** Models that can be downloaded: `catalogue.json` beside the page, which a host may replace. */
import { assets } from "#assets";

export interface Variant {
  readonly quantization: string;
  readonly sizeBytes: number;
  readonly files: readonly { readonly url: string; readonly sha256?: string; readonly sizeBytes?: number }[];
}

export interface HubModel {
  readonly id: string;
  readonly name: string;
  readonly parameters: number;
  readonly license: string;
  /** Higher is better, among the models of this catalogue: what people who compared them say. */
  readonly quality: number;
  readonly contextLength: number;
  /** The first one is what most people want. */
  readonly variants: readonly Variant[];
}

/** A model in one of its quantisations. */
export interface Offer {
  readonly model: HubModel;
  readonly variant: Variant;
}

/** The catalogue; empty where the host has none. What in it is not whole is left out. */
export async function fetchHubCatalogue(signal?: AbortSignal): Promise<readonly HubModel[]> {
  const read = await assets.catalogue(signal);
  const models = typeof read === "object" && read !== null && "models" in read ? read.models : undefined;
  return Array.isArray(models) ? models.filter(isHubModel) : [];
}

function isHubModel(read: unknown): read is HubModel {
  if (typeof read !== "object" || read === null) return false;
  const { id, name, parameters, license, quality, contextLength, variants } = read as Record<string, unknown>;
  const hasTexts = [id, name, license].every((text) => typeof text === "string");
  const hasNumbers = [parameters, quality, contextLength].every((number) => typeof number === "number");
  return hasTexts && hasNumbers && Array.isArray(variants) && variants.length > 0 && variants.every(isVariant);
}

function isVariant(read: unknown): read is Variant {
  if (typeof read !== "object" || read === null) return false;
  const { quantization, sizeBytes, files } = read as Record<string, unknown>;
  const areFiles = Array.isArray(files) && files.length > 0 && files.every((file) => typeof (file as { url?: unknown } | null)?.url === "string");
  return typeof quantization === "string" && typeof sizeBytes === "number" && areFiles;
}
