/** Opens models that can be downloaded: from the store where they are there, after a download where they are not. */
import { loadModel, readyEngine } from "../engine/engine.js";
import { prefer } from "../preferences.js";
import { download, storedSources, type WantedFile } from "./downloads.js";
import type { Offer } from "./hub-catalogue.js";

/** A name by which a person tells quantisations apart. */
export function offerName({ model, variant }: Offer): string {
  return `${model.name} ${variant.quantization}`;
}

export function offerId({ model, variant }: Offer): string {
  return `${model.id}:${variant.quantization}`;
}

export async function openOffer(offer: Offer): Promise<void> {
  const { files, sizeBytes } = offer.variant;
  await openFiles(offerId(offer), offerName(offer), files, sizeBytes);
}

/** An address, or a name of a hub such as `hf:owner/repository/file.gguf`. */
export async function openAddress(address: string): Promise<void> {
  const name = address.split("/").at(-1)?.replace(/\.gguf$/i, "") ?? address;
  await openFiles(address, name, [{ url: address }], Number.POSITIVE_INFINITY);
}

/** Downloads what is missing, and loads the model. */
export async function openFiles(id: string, name: string, files: readonly WantedFile[], sizeBytes: number): Promise<void> {
  const sources = (await storedSources(files).catch(() => undefined)) ?? (await download(id, name, files, sizeBytes));
  if (sources === undefined) return;
  await loadModel({ name, source: sources });
  if (readyEngine()?.model.source === sources) prefer({ lastModel: { name, files } });
}
