/** One request for a part of a file, cut when nothing comes any more. */
import { HearthError } from "../error.js";
import { type Asked, type Found, readAnswer } from "./answer.js";
import type { RemoteFile } from "./interface.js";
import { Retry } from "./pace.js";
import { isBlocked } from "./policy.js";

/** An answer with its body. Whoever does not read it to the end closes it. */
export interface Body {
  readonly found: Found;
  /** Pieces as they come; a `Retry` when the connection breaks. */
  pieces(): AsyncGenerator<Uint8Array, void>;
  close(): void;
}

/** Asks for a range of bytes. The browser's own cache is left out: it would keep every byte a second time. */
export async function ask(file: RemoteFile, from: number, to: number, signal: AbortSignal, stallMillis: number): Promise<Body> {
  const connection = new Connection(file.url, signal, stallMillis);
  const range = `bytes=${from}-${to - 1}`;
  const response = await connection.waitFor((cut) =>
    fetch(file.url, { headers: { ...file.headers, Range: range }, cache: "no-store", signal: cut }),
  );
  try {
    const found = readAnswer(response.status, response.headers, { url: file.url, from, to }, Date.now());
    return { found, pieces: () => connection.pieces(response), close: () => connection.close() };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The size of a file whose server hides it from ranged answers. */
export async function sizeByHead(file: RemoteFile, signal: AbortSignal, stallMillis: number): Promise<number> {
  const connection = new Connection(file.url, signal, stallMillis);
  const response = await connection.waitFor((cut) =>
    fetch(file.url, { method: "HEAD", headers: file.headers, cache: "no-store", signal: cut }),
  );
  const header = response.headers.get("Content-Length");
  connection.close();
  if (response.ok && header !== null && /^\d+$/.test(header)) return Number(header);
  throw new Retry(
    new HearthError(
      "source_unreachable",
      `The server does not tell the size of ${file.url}. Give it as \`sizeBytes\`, or download the file and import it here.`,
    ),
  );
}

class Connection {
  readonly #cut = new AbortController();

  constructor(
    private readonly url: string,
    private readonly signal: AbortSignal,
    private readonly stallMillis: number,
  ) {
    signal.throwIfAborted();
    signal.addEventListener("abort", this.close);
  }

  readonly close = (): void => {
    this.signal.removeEventListener("abort", this.close);
    this.#cut.abort();
  };

  /** A network that fails or says nothing for too long is a `Retry`; what the page's policy blocks is not. */
  async waitFor<T>(start: (cut: AbortSignal) => Promise<T>): Promise<T> {
    let isStalled = false;
    const limit = setTimeout(() => {
      isStalled = true;
      this.#cut.abort();
    }, this.stallMillis);
    try {
      return await start(this.#cut.signal);
    } catch (cause) {
      this.close();
      this.signal.throwIfAborted();
      if (isBlocked(this.url)) throw notAllowed(this.url, cause);
      throw new Retry(unreachable(this.url, isStalled, cause));
    } finally {
      clearTimeout(limit);
    }
  }

  async *pieces(response: Response): AsyncGenerator<Uint8Array, void> {
    const reader = response.body?.getReader();
    try {
      while (reader !== undefined) {
        const { value } = await this.waitFor(() => reader.read());
        if (value === undefined) return;
        yield value;
      }
    } finally {
      this.close();
    }
  }
}

function unreachable(url: string, isStalled: boolean, cause: unknown): HearthError {
  const what = isStalled
    ? "does not answer any more"
    : navigator.onLine
      ? "cannot be reached"
      : "cannot be reached: this machine is offline";
  return new HearthError(
    "source_unreachable",
    `The server of ${url} ${what}. What is downloaded is kept: try again when the connection is back.`,
    { cause },
  );
}

function notAllowed(url: string, cause: unknown): HearthError {
  return new HearthError(
    "source_blocked",
    `The policy of this page does not let it talk to the server of ${url}. Its host has to name the server under \`connect-src\` of Content-Security-Policy.`,
    { cause },
  );
}
