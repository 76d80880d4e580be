/** The files of a model, as the worker reads them. */
import type { ResolvedFile } from "./model-source.js";
import type { SourcePart } from "./protocol.js";

/** A part of a model. */
export function filePart(resolved: ResolvedFile): SourcePart {
  if (resolved.type === "server") return { type: "url", ...resolved.file };
  const { file } = resolved;
  if (isHandle(file)) return { type: "handle", handle: file, name: file.name };
  const name = "name" in file && typeof file.name === "string" ? file.name : "";
  return { type: "blob", blob: file, name, sizeBytes: file.size };
}

/** By its shape, because browsers that have no handles lack the class. */
function isHandle(file: Blob | FileSystemFileHandle): file is FileSystemFileHandle {
  return "kind" in file;
}
