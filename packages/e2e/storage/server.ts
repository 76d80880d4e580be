/** A server with faults: it gives files by ranges, does wrong what it is told to do wrong, and remembers what it sent. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Fault } from "./faults.js";

/** A file on the server; a test may change it at any time. */
export interface ServedFile {
  bytes: Buffer;
  etag?: string;
  lastModified?: string;
  /** Whether ranges are answered; they are unless this says no. */
  ranges?: boolean;
  /** Whether a whole answer tells its length. */
  untold?: boolean;
  bytesPerSecond?: number;
  /** The size that is told, where it is not the real one. */
  claimedBytes?: number;
  headers?: Readonly<Record<string, string>>;
  /** Asked for each request. */
  fault?: (request: Asked) => Fault | undefined;
}

/** What was asked for; `to` is exclusive. */
export interface Asked {
  readonly from: number;
  readonly to: number;
}

/** One request, and what came of it. */
export interface Served extends Asked {
  readonly name: string;
  readonly fault: Fault | undefined;
  readonly isPart: boolean;
  sentBytes: number;
  /** Everything asked for was sent, and nothing was wrong with it. */
  isClean: boolean;
  /** What the log's clock said at its beginning and at its end. */
  readonly startedAt: number;
  endedAt: number;
}

const PIECE_BYTES = 16 << 10;
const NOT_FOUND = 404;

/** Pages, and files below `/files/`. */
export class FaultServer {
  readonly files = new Map<string, ServedFile>();
  readonly log: Served[] = [];
  #clock = 0;

  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async open(pages: ReadonlyMap<string, { readonly type: string; readonly body: string | Uint8Array }>): Promise<FaultServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const opened = new FaultServer(server, `http://localhost:${address.port}`);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const path = new URL(request.url ?? "/", opened.origin).pathname;
      const page = pages.get(path === "/" ? "/index.html" : path);
      if (page !== undefined) response.setHeader("Content-Type", page.type).end(page.body);
      else void opened.#answer(path, request, response);
    });
    return opened;
  }

  url(name: string): string {
    return `${this.origin}/files/${name}`;
  }

  servedOf(name: string): readonly Served[] {
    return this.log.filter((served) => served.name === name);
  }

  sentBytes(name: string): number {
    return this.servedOf(name).reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = path.split("/").at(-1) ?? "";
    const file = this.files.get(name);
    response.setHeader("Access-Control-Allow-Origin", "*");
    if (file === undefined) return void response.writeHead(NOT_FOUND).end();
    const size = file.bytes.length;
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const asked = { from: Number(range?.[1] ?? 0), to: Math.min(Number(range?.[2] ?? size - 1) + 1, size) };
    // Where a redirect leads to nothing goes wrong.
    const fault = path.startsWith("/files/") ? file.fault?.(asked) : undefined;
    if (fault?.type === "redirect") return void response.writeHead(302, { Location: `/signed/${name}` }).end();
    if (fault?.type === "status") {
      return void response.writeHead(fault.status, fault.retryAfter === undefined ? {} : { "Retry-After": fault.retryAfter }).end();
    }
    const isPart = range !== null && file.ranges !== false && fault?.type !== "ignore-range";
    if (isPart && asked.from >= size) return void response.writeHead(416, { "Content-Range": `bytes */${size}` }).end();
    const sent = isPart ? asked : { from: 0, to: size };
    this.#writeHead(response, file, sent, isPart, fault);
    if (request.method === "HEAD") return void response.end();
    const served: Served = {
      name,
      ...asked,
      fault,
      isPart,
      sentBytes: 0,
      isClean: false,
      startedAt: this.#clock++,
      endedAt: Number.POSITIVE_INFINITY,
    };
    this.log.push(served);
    await this.#send(response, file, sent, served);
    served.endedAt = this.#clock++;
  }

  #writeHead(response: ServerResponse, file: ServedFile, sent: Asked, isPart: boolean, fault: Fault | undefined): void {
    const isLengthTold = file.untold !== true && fault?.type !== "truncate" && fault?.type !== "lengthen";
    if (isLengthTold) response.setHeader("Content-Length", sent.to - sent.from);
    if (file.etag !== undefined) response.setHeader("ETag", fault?.type === "change-etag" ? '"other"' : file.etag);
    if (file.lastModified !== undefined) response.setHeader("Last-Modified", file.lastModified);
    for (const [header, value] of Object.entries(file.headers ?? {})) response.setHeader(header, value);
    if (!isPart) return void response.writeHead(200);
    const shift = fault?.type === "wrong-start" ? 1 : 0;
    const total = (file.claimedBytes ?? file.bytes.length) + (fault?.type === "wrong-total" ? 1 : 0);
    response.writeHead(206, { "Content-Range": `bytes ${sent.from + shift}-${sent.to - 1}/${total}` });
  }

  async #send(response: ServerResponse, file: ServedFile, { from, to }: Asked, served: Served): Promise<void> {
    const { fault } = served;
    const end = fault !== undefined && "afterBytes" in fault ? Math.min(to, from + fault.afterBytes) : to;
    for (let at = from; at < end && !response.destroyed; ) {
      const piece = Buffer.from(file.bytes.subarray(at, Math.min(end, at + PIECE_BYTES)));
      if (fault?.type === "corrupt" && fault.at >= at - from && fault.at < at - from + piece.length)
        piece.writeUInt8(piece.readUInt8(fault.at - (at - from)) ^ 0x10, fault.at - (at - from));
      if (!response.write(piece)) await drained(response);
      served.sentBytes += piece.length;
      at += piece.length;
      if (file.bytesPerSecond !== undefined) await pause((piece.length / file.bytesPerSecond) * 1000);
    }
    await this.#end(response, file, to, fault);
    served.isClean = !response.destroyed && (fault === undefined || fault.type === "ignore-range");
  }

  async #end(response: ServerResponse, file: ServedFile, to: number, fault: Fault | undefined): Promise<void> {
    if (fault?.type === "cut") {
      // What was written shall arrive.
      await pause(5);
      response.destroy();
    } else if (fault?.type === "stall") {
      await new Promise((resolve) => response.once("close", resolve));
    } else {
      if (fault?.type === "lengthen") response.write(Buffer.from(file.bytes.subarray(Math.max(0, to - 100), to)));
      response.end();
    }
  }
}

/** A chunk that had come whole, and was asked for again all the same; `undefined` where there is none. */
export function fetchedTwice(log: readonly Served[], chunkBytes: number): string | undefined {
  for (const again of log) {
    for (const first of log) {
      if (!first.isClean || first.endedAt > again.startedAt) continue;
      const from = Math.max(again.from, Math.ceil(first.from / chunkBytes) * chunkBytes);
      const to = Math.min(again.to, first.to);
      if (again.isPart && to > from) return `bytes ${from} to ${to} came with ${first.from}-${first.to}, and were asked for again`;
    }
  }
  return undefined;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off("drain", go).off("close", go);
      resolve();
    };
    response.on("drain", go).on("close", go);
  });
}

export function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
