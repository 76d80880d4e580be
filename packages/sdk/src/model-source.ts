/** What a page names as a model, and the files that it means: addresses, files of a hub, models of a catalogue. */
import { HearthError } from "./error.js";
import type { Catalogue, CatalogueFile, Hub, ModelFile, ModelSource } from "./interface.js";
import type { RemoteFile } from "./storage/interface.js";
import type { ModelStore } from "./storage/store.js";

/** Where names are looked up. */
export interface Sources {
  readonly hub: Hub | undefined;
  readonly catalogue: Catalogue | string | URL | undefined;
}

/** A file of a server. */
export interface ServerFile extends CatalogueFile {
  readonly headers?: Readonly<Record<string, string>>;
}

/** A file that is there, or one of a server. */
export type ResolvedFile =
  | { readonly type: "local"; readonly file: Blob | FileSystemFileHandle }
  | { readonly type: "server"; readonly file: ServerFile };

const HUB = "https://huggingface.co";
/** `hf:owner/repo@revision/folder/file.gguf` */
const HUB_NAME = /^hf:([^/@\s]+\/[^/@\s]+)(?:@([^/\s]+))?\/(\S+)$/;
/** The first part of a split model names how many there are. */
const FIRST_PART = /-00001-of-(\d{5})\.gguf$/;

/** The files of a model, in their order. */
export async function resolveModel(source: ModelSource, sources: Sources, signal?: AbortSignal): Promise<readonly ResolvedFile[]> {
  const files = isList(source) ? source : [source];
  if (files.length === 0) throw new HearthError("bad_argument", "There is no file to load.");
  const resolved = await Promise.all(files.map((file) => resolveFile(file, sources, signal)));
  return inOrder(resolved.flat());
}

/**
 * The files of a model on servers, with what their hub or catalogue knows of them: what {@link ModelStore.download} takes, one by one. A model of files that
 * are on this machine already is an error, `bad_argument`.
 */
export async function remoteFiles(
  source: ModelSource,
  options: { readonly hub?: Hub; readonly catalogue?: Catalogue | string | URL; readonly signal?: AbortSignal } = {},
): Promise<readonly RemoteFile[]> {
  const { hub, catalogue, signal } = options;
  const resolved = await resolveModel(source, { hub, catalogue }, signal);
  return resolved.map((file) => {
    if (file.type === "server") return file.file;
    throw new HearthError("bad_argument", "A file of this machine has no address. Load it as it is.");
  });
}

/** A short name for a model, from its first file. */
export function modelName(source: ModelSource): string {
  const first = isList(source) ? source[0] : source;
  const path = typeof first === "string" ? first : first instanceof URL ? first.pathname : first !== undefined && "name" in first ? String(first.name) : "";
  const file = path.split(/[?#]/)[0]?.split("/").at(-1) ?? "";
  return file.replace(FIRST_PART, "").replace(/\.gguf$/, "") || "model";
}

async function resolveFile(file: ModelFile, sources: Sources, signal: AbortSignal | undefined): Promise<readonly ResolvedFile[]> {
  if (typeof file !== "string" && !(file instanceof URL)) return [{ type: "local", file }];
  const name = String(file);
  const found = (await fromCatalogue(name, sources.catalogue, signal)) ?? [{ url: name }];
  const parts = found.length === 1 ? found.flatMap(allParts) : found;
  const located = await Promise.all(parts.map((part) => locate(part, sources.hub, signal)));
  return located.map((file) => ({ type: "server", file: { ...file, url: new URL(file.url, globalThis.document?.baseURI).href } }));
}

/** Files come in any order from a file dialog, and the names of parts sort in theirs; addresses are taken as they are given. */
function inOrder(files: readonly ResolvedFile[]): readonly ResolvedFile[] {
  const name = (file: ResolvedFile): string => (file.type === "local" && "name" in file.file ? String(file.file.name) : "");
  const areNamed = files.every((file) => name(file) !== "");
  return areNamed ? [...files].sort((a, b) => (name(a) < name(b) ? -1 : 1)) : files;
}

function isList(source: ModelSource): source is readonly ModelFile[] {
  return Array.isArray(source);
}

/** The address of a file that is named by its place in a hub, and what the hub knows of it. */
async function locate(file: ServerFile, hub: Hub | undefined, signal: AbortSignal | undefined): Promise<ServerFile> {
  if (!file.url.startsWith("hf:")) return file;
  const [, repository, revision = "main", path] = HUB_NAME.exec(file.url) ?? [];
  if (repository === undefined || path === undefined) {
    throw new HearthError("bad_argument", `"${file.url}" is no file of a hub. Write hf:owner/repository/file.gguf.`);
  }
  const endpoint = hub?.endpoint ?? HUB;
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const url = `${endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${encoded}`;
  const headers = hub?.token === undefined ? undefined : { Authorization: `Bearer ${hub.token}` };
  const facts = await hubFacts(`${endpoint}/api/models/${repository}/paths-info/${encodeURIComponent(revision)}`, path, headers, signal);
  return { ...file, url, ...facts, ...(headers && { headers }) };
}

/** Size and SHA-256 of a file, where the hub tells them: a mirror may not, and then the first download decides. */
async function hubFacts(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> | undefined,
  signal: AbortSignal | undefined,
): Promise<Pick<ServerFile, "sizeBytes" | "sha256">> {
  try {
    const body = JSON.stringify({ paths: [path] });
    const answer = await fetch(url, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body, signal: signal ?? null });
    const [found] = answer.ok ? ((await answer.json()) as readonly { size?: unknown; lfs?: { oid?: unknown } }[]) : [];
    const sha256 = found?.lfs?.oid;
    const size = found?.size;
    return {
      ...(typeof size === "number" && { sizeBytes: size }),
      ...(typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256) && { sha256 }),
    };
  } catch {
    signal?.throwIfAborted();
    return {};
  }
}

/** The files of a model of the catalogue, if it has one of that id. */
async function fromCatalogue(id: string, catalogue: Sources["catalogue"], signal: AbortSignal | undefined): Promise<readonly ServerFile[] | undefined> {
  if (catalogue === undefined) return undefined;
  const isAddress = typeof catalogue === "string" || catalogue instanceof URL;
  const base = isAddress ? new URL(catalogue, globalThis.document?.baseURI) : undefined;
  const { models } = base === undefined ? (catalogue as Catalogue) : await readCatalogue(base, signal);
  const model = models.find((model) => model.id === id);
  return model?.files.map((file) => ({ ...file, url: new URL(file.url, base ?? globalThis.document?.baseURI).href }));
}

async function readCatalogue(url: URL, signal: AbortSignal | undefined): Promise<Catalogue> {
  const failed = (detail: string, cause?: unknown): HearthError =>
    new HearthError("bad_catalogue", `The catalogue at ${url.href} cannot be used: ${detail}.`, { cause });
  let read: unknown;
  try {
    const answer = await fetch(url, { signal: signal ?? null });
    if (!answer.ok) throw failed(`the server answered with status ${answer.status}`);
    read = await answer.json();
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof HearthError ? error : failed(String(error), error);
  }
  if (!isCatalogue(read)) throw failed('it is not of the form {"models": [{"id": "…", "files": [{"url": "…"}]}]}');
  return read;
}

function isCatalogue(read: unknown): read is Catalogue {
  if (typeof read !== "object" || read === null || !("models" in read) || !Array.isArray(read.models)) return false;
  return read.models.every((model: unknown) => {
    if (typeof model !== "object" || model === null) return false;
    const { id, files } = model as { id?: unknown; files?: unknown };
    const hasFiles = Array.isArray(files) && files.length > 0;
    return typeof id === "string" && hasFiles && files.every((file: { url?: unknown } | null) => typeof file?.url === "string");
  });
}

/** All parts of a split model whose first one is named. */
function allParts(first: ServerFile): readonly ServerFile[] {
  const { pathname } = new URL(first.url, globalThis.document?.baseURI ?? "http://localhost");
  const count = Number(FIRST_PART.exec(pathname)?.[1] ?? "1");
  if (count === 1) return [first];
  // What is known of the first part is not true of the others.
  const { headers } = first;
  return Array.from({ length: count }, (_, index) => {
    const url = first.url.replace("-00001-of-", `-${String(index + 1).padStart(5, "0")}-of-`);
    return headers === undefined ? { url } : { url, headers };
  });
}
