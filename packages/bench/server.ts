/**
 * The pages' server: isolated, so that threads share memory; no other policy, because wllama starts its workers from text.
 * The model comes from another path of the same server, once for each cache.
 */
import { createReadStream, statSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";

/** Where the model is. */
export const MODEL = "model.gguf";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** A running server. */
export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves folders below their names, the model, and an empty page for everything else. */
export function serve(folders: Readonly<Record<string, string>>, model: string): Promise<Server> {
  const server = createServer(({ url, method }, response) => {
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    const path = new URL(url ?? "/", "http://localhost").pathname.slice(1);
    const file = fileOf(path, folders, model);
    if (file === undefined) {
      response.setHeader("Content-Type", "text/html");
      response.end('<!doctype html><link rel="icon" href="data:,"><title>bench</title>');
    } else {
      send(file, method === "HEAD", response);
    }
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") return reject(new Error("the server has no port"));
      const close = (): Promise<void> =>
        new Promise((done) => {
          server.close(() => done());
          server.closeAllConnections();
        });
      // By name: an address of numbers is no secure context in every browser.
      resolve({ url: `http://localhost:${address.port}/`, close });
    });
  });
}

function fileOf(path: string, folders: Readonly<Record<string, string>>, model: string): string | undefined {
  if (path === MODEL) return model;
  const [name = "", ...rest] = normalize(path).split("/");
  const folder = folders[name];
  return folder === undefined || rest.includes("..") ? undefined : join(folder, ...rest);
}

function send(file: string, headOnly: boolean, response: ServerResponse): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) {
    response.statusCode = 404;
    response.end();
    return;
  }
  response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
  response.setHeader("Content-Length", stat.size);
  response.setHeader("ETag", `"${stat.size}-${Math.trunc(stat.mtimeMs)}"`);
  if (headOnly) response.end();
  else createReadStream(file).on("error", () => response.destroy()).pipe(response);
}
