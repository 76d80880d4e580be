/** Models that can be loaded: those of the local server, and files that a person opens. */
import type { ModelSource } from "@hearth/sdk";
import { assets } from "#assets";

/** One entry of `GET /api/models`. */
export interface CatalogEntry {
  readonly id: string;
  readonly name: string | null;
  readonly architecture: string | null;
  readonly parameters: number | null;
  readonly size_bytes: number;
  readonly quantization: string | null;
  readonly context_length: number | null;
  readonly has_chat_template: boolean;
  readonly url: string;
  readonly parts: readonly { readonly url: string; readonly size_bytes: number }[];
  readonly supported: boolean;
  readonly reason: string | null;
}

/** Something to load. */
export interface Model {
  readonly name: string;
  /** Where it is; or what finds it when it is loaded. */
  readonly source: ModelSource | (() => Promise<ModelSource>);
}

/** What the local server offers; none where the page is served by something else. */
export async function fetchCatalog(signal: AbortSignal): Promise<readonly CatalogEntry[]> {
  if (assets.isSingleFile) return [];
  const answer = await fetch("api/models", { signal });
  const isJson = answer.headers.get("Content-Type")?.startsWith("application/json") ?? false;
  if (!answer.ok || !isJson) return [];
  return (await answer.json()) as readonly CatalogEntry[];
}

export function modelOfEntry(entry: CatalogEntry): Model {
  return { name: title(entry), source: entry.parts.length > 1 ? entry.parts.map((part) => part.url) : entry.url };
}

export function modelOfFiles(files: readonly File[]): Model {
  const name = files.map((file) => file.name).sort()[0] ?? "";
  return { name: withoutExtension(name), source: files };
}

/** The file's name tells variants apart, which the name in the file seldom does. */
export function title(entry: CatalogEntry): string {
  return withoutExtension(entry.id.split("/").at(-1) ?? entry.id);
}

/** Of one of several files, the name of all. */
export function withoutExtension(name: string): string {
  return name.replace(/(-\d{5}-of-\d{5})?\.gguf$/i, "");
}

/** The one to begin with: of those that hold a conversation, if there are any, the smallest, which answers soonest. */
export function firstToTry(entries: readonly CatalogEntry[]): CatalogEntry | undefined {
  const bySize = entries.filter((entry) => entry.supported).sort((a, b) => a.size_bytes - b.size_bytes);
  return bySize.find((entry) => entry.has_chat_template) ?? bySize[0];
}
