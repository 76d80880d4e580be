/** What a server's answer to a ranged request says (RFC 9110, 14 and 15), before a byte of its body is read. */
import { HearthError } from "../error.js";
import { SHA256 } from "./digest.js";
import type { RemoteVersion } from "./journal.js";
import { Retry, retryAfterMillis } from "./pace.js";

/** Larger files are a mistake of the server; what is planned for each chunk stays within bounds. */
const MOST_BYTES = 2 ** 42;

/** What was asked for. */
export interface Asked {
  readonly url: string;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** An answer that has a body. */
export interface Found extends RemoteVersion {
  /** A server that ignores ranges gives the whole. */
  readonly type: "part" | "whole";
  readonly start: number;
  /** Exclusive; `undefined` where the server does not say. */
  readonly end: number | undefined;
  /** Of the whole file, where the server tells. */
  readonly sha256: string | undefined;
}

/** Throws a `Retry` for what may pass, and the error itself for what does not. */
export function readAnswer(status: number, headers: Headers, asked: Asked, nowMillis: number): Found {
  if (status === 206) return partOf(headers, asked);
  if (status === 200) return wholeOf(headers, asked);
  if (status === 416) return beyondEnd(headers, asked);
  throw refusal(status, headers, asked.url, nowMillis);
}

function partOf(headers: Headers, asked: Asked): Found {
  if (isEncoded(headers)) {
    const message = `The server of ${asked.url} compresses parts of the file, so they cannot be put together.`;
    throw new HearthError("ranges_unsupported", `${message} Switch that off for this file, or download it and import it here.`);
  }
  const { start, end, sizeBytes } = contentRange(headers.get("Content-Range")) ?? hiddenRange(headers, asked);
  const isAsked = start === asked.from && end > start && end <= asked.to && end <= (sizeBytes ?? MOST_BYTES) && (sizeBytes ?? 0) <= MOST_BYTES;
  if (!isAsked) throw otherBytes(asked);
  return { type: "part", start, end, ...versionOf(headers, sizeBytes) };
}

function wholeOf(headers: Headers, asked: Asked): Found {
  // Of what is sent, not of what it unpacks to.
  const sizeBytes = isEncoded(headers) ? undefined : lengthOf(headers);
  if ((sizeBytes ?? 0) > MOST_BYTES) throw otherBytes(asked);
  return { type: "whole", start: 0, end: sizeBytes, ...versionOf(headers, sizeBytes) };
}

function otherBytes({ url }: Asked): Retry {
  const message = `The server of ${url} gives other bytes than those asked for. Try another server, or download the file and import it here.`;
  return new Retry(new HearthError("source_unreachable", message));
}

/** An empty file has no range that could be asked for; otherwise the file is shorter than it was. */
function beyondEnd(headers: Headers, asked: Asked): Found {
  const total = Number(/^bytes \*\/(\d+)$/.exec(headers.get("Content-Range") ?? "")?.[1] ?? Number.NaN);
  if (!(total <= asked.from)) {
    const message = `The server of ${asked.url} refuses to give a part of the file. Try another server, or download the file and import it here.`;
    throw new Retry(new HearthError("source_unreachable", message));
  }
  return { type: "part", start: asked.from, end: asked.from, ...versionOf(headers, total) };
}

function refusal(status: number, headers: Headers, url: string, nowMillis: number): Error {
  switch (status) {
    case 401:
    case 403:
      return new HearthError(
        "access_denied",
        `The server of ${url} refuses access (status ${status}). Sign in there, accept the model's terms, or give a token in \`headers\`.`,
      );
    case 404:
    case 410:
      return new HearthError("source_not_found", `${url} is not there (any more). Check the address, or choose another model.`);
    case 429:
    case 503:
      return busy(status, retryAfterMillis(headers.get("Retry-After"), nowMillis), url);
  }
  const isPassing = status === 408 || status === 425 || status >= 500;
  const then = isPassing ? "What is downloaded is kept: try again later." : "Check the address.";
  const error = new HearthError("source_unreachable", `The server of ${url} answered with status ${status}. ${then}`);
  return isPassing ? new Retry(error) : error;
}

function busy(status: number, afterMillis: number | undefined, url: string): Retry {
  const when = afterMillis === undefined ? "later" : `in ${Math.ceil(afterMillis / 1000)} seconds`;
  const error = new HearthError(
    "source_busy",
    `The server of ${url} is busy (status ${status}). What is downloaded is kept: try again ${when}.`,
  );
  return new Retry(error, afterMillis);
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly sizeBytes: number | undefined;
}

function contentRange(header: string | null): Range | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? "");
  if (match === null) return undefined;
  return { start: Number(match[1]), end: Number(match[2]) + 1, sizeBytes: match[3] === "*" ? undefined : Number(match[3]) };
}

/** Another origin may hide `Content-Range`; the length of what it sends is never hidden. */
function hiddenRange(headers: Headers, asked: Asked): Range {
  const length = lengthOf(headers) ?? Number.NaN;
  return { start: headers.has("Content-Range") ? Number.NaN : asked.from, end: asked.from + length, sizeBytes: undefined };
}

function versionOf(headers: Headers, sizeBytes: number | undefined): RemoteVersion & { readonly sha256: string | undefined } {
  // A weak tag names the same bytes here: parts of it would not be given otherwise.
  const etag = headers.get("ETag")?.replace(/^W\//, "");
  return { sizeBytes, etag, lastModified: headers.get("Last-Modified") ?? undefined, sha256: sha256Of(headers) };
}

/** Of the whole file: `Repr-Digest` (RFC 9530), or the tag of Hugging Face's large files. */
function sha256Of(headers: Headers): string | undefined {
  const linked = headers.get("X-Linked-ETag")?.replaceAll('"', "").toLowerCase();
  if (linked !== undefined && SHA256.test(linked)) return linked;
  const base64 = /(?:^|,\s*)sha-256=:([A-Za-z0-9+/]{43}=):/.exec(headers.get("Repr-Digest") ?? "")?.[1];
  if (base64 === undefined) return undefined;
  return Array.from(atob(base64), (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

function isEncoded(headers: Headers): boolean {
  return (headers.get("Content-Encoding") ?? "identity") !== "identity";
}

function lengthOf(headers: Headers): number | undefined {
  const length = headers.get("Content-Length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}
