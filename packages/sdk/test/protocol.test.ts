import assert from "node:assert/strict";
import { test } from "node:test";
import { fromWireError, HearthError, toWireError } from "../src/error.js";
import { type Event, isLast } from "../src/protocol.js";
import { rangeHeader, totalOfContentRange } from "../src/range.js";

test("only progress and the parts of an answer leave a request open", () => {
  const open: Exclude<Event, { type: "crashed" }>[] = [
    { type: "progress", id: 1, progress: { doneBytes: 1, totalBytes: 2 } },
    { type: "step", id: 1, step: { chunks: [] } },
    { type: "step", id: 1, step: { token: 1, choice: 0, counts: true, chunks: [{}] } },
  ];
  const last: Exclude<Event, { type: "crashed" }>[] = [
    { type: "started", id: 1, threads: 1 },
    { type: "tokens", id: 1, tokens: [] },
    { type: "numbers", id: 1, numbers: new Float32Array(1) },
    { type: "failed", id: 1, error: { code: "bad_file", message: "" } },
    { type: "step", id: 1, step: { chunks: [], answer: {} } },
    { type: "cancelled", id: 1 },
  ];
  for (const event of open) assert.equal(isLast(event), false, event.type);
  for (const event of last) assert.equal(isLast(event), true, event.type);
});

test("an error keeps its code and message across the worker", () => {
  const thrown = Object.assign(new Error("no such tensor"), { code: "missing_tensor" });
  const error = fromWireError(toWireError(thrown, "internal"));
  assert.ok(error instanceof HearthError);
  assert.equal(error.code, "missing_tensor");
  assert.equal(error.message, "no such tensor");
});

test("what has no code gets the fallback, and what is no error becomes its text", () => {
  assert.deepEqual(toWireError(new Error("x"), "internal"), { code: "internal", message: "x" });
  assert.deepEqual(toWireError("x", "start_failed"), { code: "start_failed", message: "x" });
});

test("range headers", () => {
  assert.equal(rangeHeader(0, 1), "bytes=0-0");
  assert.equal(rangeHeader(10, 5), "bytes=10-14");
  assert.equal(totalOfContentRange("bytes 0-0/1234"), 1234);
  for (const unknown of [null, "", "bytes 0-0/*", "bytes */1234"]) assert.equal(totalOfContentRange(unknown), undefined);
});
