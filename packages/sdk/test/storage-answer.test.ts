import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../src/error.js";
import { readAnswer } from "../src/storage/answer.js";
import { Retry } from "../src/storage/pace.js";

const ASKED = { url: "https://example.org/model.gguf", from: 100, to: 200 };
const NOW = Date.parse("2026-11-22T12:00:00Z");

function read(status: number, headers: Record<string, string> = {}): ReturnType<typeof readAnswer> {
  return readAnswer(status, new Headers(headers), ASKED, NOW);
}

test("a part says where it is, of how much, and of which version", () => {
  const headers = { "Content-Range": "bytes 100-199/1234", ETag: 'W/"x"', "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT" };
  assert.deepEqual(read(206, headers), {
    type: "part",
    start: 100,
    end: 200,
    sizeBytes: 1234,
    etag: '"x"',
    lastModified: "Sun, 22 Nov 2026 10:00:00 GMT",
    sha256: undefined,
  });
  assert.equal(read(206, { "Content-Range": "bytes 100-149/*" }).end, 150);
});

test("other bytes than those asked for are tried again", () => {
  for (const range of [
    "bytes 101-199/1234",
    "bytes 100-200/1234",
    "bytes 100-199/150",
    "bytes 100-99/1234", "bytes 100-199/9000000000000000",
    "items 100-199/1234",
    "nonsense",
  ]) {
    assert.throws(() => read(206, { "Content-Range": range, "Content-Length": "100" }), Retry, range);
  }
});

test("where the range is hidden, the length tells it", () => {
  assert.deepEqual([read(206, { "Content-Length": "50" }).start, read(206, { "Content-Length": "50" }).end], [100, 150]);
  assert.throws(() => read(206), Retry);
});

test("a part that is compressed cannot be put together", () => {
  const headers = { "Content-Range": "bytes 100-199/1234", "Content-Encoding": "gzip" };
  assert.throws(
    () => read(206, headers),
    (error) => error instanceof HearthError && error.code === "ranges_unsupported",
  );
});

test("a whole file tells its size, unless it is compressed", () => {
  assert.deepEqual([read(200, { "Content-Length": "1234" }).type, read(200, { "Content-Length": "1234" }).sizeBytes], ["whole", 1234]);
  assert.equal(read(200, { "Content-Length": "1234", "Content-Encoding": "gzip" }).sizeBytes, undefined);
});

test("the end of a file is told by what lies beyond it", () => {
  const { start, end, sizeBytes } = read(416, { "Content-Range": "bytes */80" });
  assert.deepEqual([start, end, sizeBytes], [100, 100, 80]);
  assert.throws(() => read(416, { "Content-Range": "bytes */1234" }), Retry);
  assert.throws(() => read(416), Retry);
});

test("the SHA-256 is taken from the headers that tell it", () => {
  // Of the empty file, as FIPS 180-4 has it.
  const hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const base64 = Buffer.from(hex, "hex").toString("base64");
  assert.equal(read(200, { "X-Linked-ETag": `"${hex}"` }).sha256, hex);
  assert.equal(read(200, { "Repr-Digest": `sha-512=:AAAA:, sha-256=:${base64}:` }).sha256, hex);
  assert.equal(read(200, { "X-Linked-ETag": '"0123"' }).sha256, undefined);
});

test("what a status means", () => {
  const codes = [401, 403, 404, 410, 400].map((status) => {
    try {
      read(status);
    } catch (error) {
      return error instanceof HearthError ? error.code : "retry";
    }
    return "answer";
  });
  assert.deepEqual(codes, ["access_denied", "access_denied", "source_not_found", "source_not_found", "source_unreachable"]);
  for (const status of [408, 429, 500, 502, 503]) assert.throws(() => read(status), Retry, String(status));
});

test("a busy server's pause is in seconds or a date", () => {
  const pauseOf = (after: string): number | undefined => {
    try {
      read(503, { "Retry-After": after });
    } catch (error) {
      return error instanceof Retry ? error.retryAfterMillis : Number.NaN;
    }
    return Number.NaN;
  };
  assert.equal(pauseOf("7"), 7000);
  assert.equal(pauseOf("Sun, 22 Nov 2026 12:00:30 GMT"), 30_000);
  assert.equal(pauseOf("Sun, 22 Nov 2026 11:00:00 GMT"), 0);
  assert.equal(pauseOf("soon"), undefined);
});
