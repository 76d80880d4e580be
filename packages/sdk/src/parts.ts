/** What a page hands over as a model, as the worker reads it. */
import { HearthError } from "./error.js";
import type { ModelSource } from "./interface.js";
import type { SourcePart } from "./protocol.js";

/**
 * The parts of one model. Files come in any order from a file dialog, and the names of parts sort in theirs; addresses
 * are taken as they are given.
 */
export function sourceParts(source: ModelSource | readonly ModelSource[]): readonly SourcePart[] {
  const sources = isList(source) ? source : [source];
  if (sources.length === 0) throw new HearthError("bad_argument", "There is no file to load.");
  const parts = sources.map(sourcePart);
  const named = parts.every((part) => part.type !== "url" && part.name !== "");
  return named ? [...parts].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)) : parts;
}

function isList(source: ModelSource | readonly ModelSource[]): source is readonly ModelSource[] {
  return Array.isArray(source);
}

function sourcePart(source: ModelSource): SourcePart {
  if (isHandle(source)) return { type: "handle", handle: source, name: source.name };
  if (!(source instanceof Blob)) return { type: "url", url: new URL(source, globalThis.document?.baseURI).href };
  const name = "name" in source && typeof source.name === "string" ? source.name : "";
  return { type: "blob", blob: source, name, sizeBytes: source.size };
}

/** By its shape, because browsers that have no handles lack the class. */
function isHandle(source: ModelSource): source is FileSystemFileHandle {
  return typeof source === "object" && "kind" in source;
}

function nameOf(part: SourcePart): string {
  return part.type === "url" ? part.url : part.name;
}
