/** A site that serves a folder's files below `/some/where/`, and nothing else: no headers for threads, no list of models. */
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const BELOW = "/some/where/";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

export interface StaticSite {
  readonly url: string;
  /** Serves another folder from now on. */
  show(folder: string): void;
  close(): Promise<void>;
}

export async function staticSite(first: string): Promise<StaticSite> {
  let folder = first;
  const server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const name = normalize(decodeURIComponent(pathname.slice(BELOW.length)) || "index.html");
    const path = join(folder, name);
    const isThere = pathname.startsWith(BELOW) && !name.startsWith("..") && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
    if (!isThere) return void response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream", "Cache-Control": "no-cache" });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}${BELOW}`,
    show: (other) => {
      folder = other;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
