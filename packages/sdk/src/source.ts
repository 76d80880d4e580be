/** Model bytes in the worker: slices of a file, or ranges of an address. Never more than a piece is in memory. */
import { HearthError } from "./error.js";
import type { ByteSource } from "./generated/compat/hearth.js";
import type { SourcePart } from "./protocol.js";
import { rangeHeader, totalOfContentRange } from "./range.js";

/** What a model is loaded from. */
export interface OpenSource extends ByteSource {
  /** Gives back what the browser holds for it. */
  close?(): void;
}

/** Opens a part; what cannot be read is found out here, as far as it can be. */
export async function openSource(part: SourcePart): Promise<OpenSource> {
  switch (part.type) {
    case "url":
      return await UrlSource.open(part.url, part.headers ?? {});
    case "blob":
      return new BlobSource(part.blob, part.name, part.sizeBytes);
    case "handle":
      return await openHandle(part.handle, part.name);
  }
}

/** Reads in place where the browser lets it, else by slices. */
async function openHandle(handle: FileSystemFileHandle, name: string): Promise<OpenSource> {
  const lost = (cause: unknown): never => {
    throw gone(name, cause);
  };
  // Asked first, because a browser may give a file that is gone as an empty one.
  const file = await handle.getFile().catch(lost);
  try {
    // Not there for files outside of the origin private file system, and, where there is no read-only mode, while
    // somebody else has the file open.
    return new HandleSource(await handle.createSyncAccessHandle(READ_ONLY), name);
  } catch {
    return new BlobSource(file, name, file.size);
  }
}

/** Lets several tabs read one file. */
const READ_ONLY = { mode: "read-only" } as const;

declare global {
  interface FileSystemFileHandle {
    /** The mode is not among TypeScript's types yet. */
    createSyncAccessHandle(options: { readonly mode: "read-only" }): Promise<FileSystemSyncAccessHandle>;
  }
}

/** A file of the origin private file system: read straight into the engine's memory. */
class HandleSource implements OpenSource {
  readonly sizeBytes: number;

  constructor(
    private readonly access: FileSystemSyncAccessHandle,
    private readonly name: string,
  ) {
    this.sizeBytes = access.getSize();
  }

  read(offset: number, into: Uint8Array): void {
    let done = 0;
    while (done < into.length) {
      const count = this.#readSome(into.subarray(done), offset + done);
      // Chromium tells errors of a handle as counts beyond what was asked for.
      if (count === 0 || count > into.length - done) throw changed(this.name);
      done += count;
    }
  }

  close(): void {
    this.access.close();
  }

  #readSome(into: Uint8Array, at: number): number {
    try {
      return this.access.read(into, { at });
    } catch (cause) {
      throw gone(this.name, cause);
    }
  }
}

/** A file that a person opened. */
class BlobSource implements ByteSource {
  readonly #reader = new FileReaderSync();

  constructor(
    private readonly blob: Blob,
    private readonly name: string,
    readonly sizeBytes: number,
  ) {}

  read(offset: number, into: Uint8Array): void {
    const slice = this.blob.slice(offset, offset + into.length);
    moveInto(into, this.#bytes(slice), this.name);
  }

  #bytes(slice: Blob): ArrayBuffer {
    try {
      return this.#reader.readAsArrayBuffer(slice);
    } catch (cause) {
      throw gone(this.name, cause);
    }
  }
}

/** What a server wants to know with each request. */
type Headers = Readonly<Record<string, string>>;

/** An address that answers ranges. */
class UrlSource implements ByteSource {
  private constructor(
    private readonly url: string,
    private readonly headers: Headers,
    readonly sizeBytes: number,
  ) {}

  static async open(url: string, headers: Headers): Promise<UrlSource> {
    const given = new AbortController();
    const answer = await fetch(url, { headers: { ...headers, Range: rangeHeader(0, 1) }, signal: given.signal }).catch(
      (cause: unknown) => {
        throw unreachable(url, cause);
      },
    );
    // A server that ignores ranges would now send the whole file.
    if (answer.status !== 206) given.abort();
    checkStatus(url, answer.status);
    const size = totalOfContentRange(answer.headers.get("Content-Range")) ?? (await sizeByHead(url, headers));
    return new UrlSource(url, headers, size);
  }

  read(offset: number, into: Uint8Array): void {
    // Synchronous, because the engine reads in the middle of its work; this is a worker, so nothing waits for it.
    const request = new XMLHttpRequest();
    request.open("GET", this.url, false);
    request.responseType = "arraybuffer";
    for (const [name, value] of Object.entries(this.headers)) request.setRequestHeader(name, value);
    request.setRequestHeader("Range", rangeHeader(offset, into.length));
    try {
      request.send();
    } catch (cause) {
      throw unreachable(this.url, cause);
    }
    checkStatus(this.url, request.status);
    const total = totalOfContentRange(request.getResponseHeader("Content-Range"));
    if (total !== undefined && total !== this.sizeBytes) throw changed(this.url);
    moveInto(into, request.response as ArrayBuffer, this.url);
  }
}

/** Where another origin hides the range's total. */
async function sizeByHead(url: string, headers: Headers): Promise<number> {
  const answer = await fetch(url, { method: "HEAD", headers }).catch((cause: unknown) => {
    throw unreachable(url, cause);
  });
  const size = Number(answer.headers.get("Content-Length") ?? Number.NaN);
  if (answer.ok && Number.isSafeInteger(size) && size > 0) return size;
  throw new HearthError("source_unreachable", `The server does not tell the size of ${url}. Download the file, and open it here.`);
}

function checkStatus(url: string, status: number): void {
  if (status === 206) return;
  if (status === 200) {
    throw new HearthError(
      "ranges_unsupported",
      `The server of ${url} does not answer ranges, so the model cannot be read piece by piece. Download the file, and open it here.`,
    );
  }
  if (status === 404 || status === 410) {
    throw new HearthError("source_not_found", `${url} is not there (any more). Check the address, or choose another model.`);
  }
  if (status === 416) throw changed(url);
  throw new HearthError("source_unreachable", `The server of ${url} answered with status ${status}. Try again later.`);
}

function unreachable(url: string, cause: unknown): HearthError {
  return new HearthError("source_unreachable", `${url} cannot be reached. Check the connection and the server, and load again.`, { cause });
}

function gone(name: string, cause: unknown): HearthError {
  const message = `${name} can no longer be read: it was moved, changed or deleted. Open it again.`;
  return new HearthError("read_failed", message, { cause });
}

function changed(name: string): HearthError {
  return new HearthError("read_failed", `${name} changed while it was read. Load it again.`);
}

/** Copies a piece, and frees it at once: garbage of some megabytes each would pile up to the size of the model. */
function moveInto(into: Uint8Array, bytes: ArrayBuffer, name: string): void {
  if (bytes.byteLength !== into.length) throw changed(name);
  into.set(new Uint8Array(bytes));
  // Not there in browsers from before 2024.
  if ("transfer" in bytes && typeof bytes.transfer === "function") bytes.transfer(0);
}
