/** A `hearth serve` on a free port, started for a test file and ended after it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const E2E = dirname(fileURLToPath(import.meta.url));
/** The checkout. */
export const ROOT = dirname(dirname(E2E));
const START_LIMIT_MILLIS = 30_000;

/** The folder with test data beside the checkout, where it exists. */
export const SHARED: string | undefined = [process.env["HEARTH_SHARED"] ?? join(dirname(ROOT), "shared")].find(existsSync);

/** A running server. */
export interface Server {
  readonly url: string;
  /** What it has printed so far. */
  output(): string;
  close(): Promise<void>;
}

/** The built page. */
export const APP = join(ROOT, "packages/app/dist");

/** Starts the program that `cargo xtask` built; `models` is the folder that it offers, `app` that of the page, `connect` a server that pages may talk to. */
export async function serve(models?: string, app: string = APP, connect?: string): Promise<Server> {
  const program = process.env["HEARTH_BIN"];
  if (program === undefined) throw new Error("HEARTH_BIN is not set: run `cargo xtask test`, or name the built program");
  const port = await freePort();
  const args = ["serve", "--app", app, "--port", String(port)];
  if (models !== undefined) args.push("--models", models);
  if (connect !== undefined) args.push("--connect", connect);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.on("error", (error) => (output += String(error)));
  const url = `http://localhost:${port}/`;
  const server = { url, output: () => output, close: () => end(child) };
  await answers(url, child, server);
  return server;
}

async function answers(url: string, child: ChildProcess, server: Server): Promise<void> {
  const start = Date.now();
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return;
    const ended = child.exitCode !== null || child.pid === undefined;
    if (ended || Date.now() - start > START_LIMIT_MILLIS) {
      await server.close();
      throw new Error(`hearth serve ${ended ? "ended" : "does not answer"}: ${server.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
