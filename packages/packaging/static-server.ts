/** A server of files with the headers that a test wants, where `hearth serve` has its own. */
import { createReadStream, statSync } from "node:fs";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

/** Files by the beginning of their path; the longest that fits counts. A file may stand for itself. */
export type Mounts = Readonly<Record<string, string>>;

/** Lets a page have shared memory. */
export const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".txt": "text/plain",
  ".wasm": "application/wasm",
};

/** A running server. */
export class StaticServer {
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  private constructor(
    private readonly mounts: Mounts,
    private readonly headers: OutgoingHttpHeaders,
  ) {}

  static async start(mounts: Mounts, headers: OutgoingHttpHeaders = {}): Promise<StaticServer> {
    const server = new StaticServer(mounts, headers);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", this.url).pathname));
    this.asked.push(path);
    const file = this.#find(path.endsWith("/") ? `${path}index.html` : path);
    const size = file === undefined ? undefined : sizeOf(file);
    if (file === undefined || size === undefined) return void response.writeHead(404, this.headers).end();
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(Number(range?.[2] || size - 1), size - 1);
    response.writeHead(range === null ? 200 : 206, {
      ...this.headers,
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Length": end + 1 - start,
      ...(range !== null && { "Content-Range": `bytes ${start}-${end}/${size}` }),
    });
    if (size === 0) return void response.end();
    createReadStream(file, { start, end }).pipe(response);
  }

  #find(path: string): string | undefined {
    const fitting = Object.keys(this.mounts).filter((mount) => path === mount || (mount.endsWith("/") && path.startsWith(mount)));
    const mount = fitting.sort((a, b) => b.length - a.length)[0];
    return mount === undefined ? undefined : join(this.mounts[mount] ?? "", path.slice(mount.length));
  }
}

function sizeOf(file: string): number | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : undefined;
}
