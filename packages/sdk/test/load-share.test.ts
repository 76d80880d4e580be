import assert from "node:assert/strict";
import { test } from "node:test";
import { LoadShare } from "../src/load-share.js";

test("a load without a download goes from 0 to 1 by its bytes", () => {
  const share = new LoadShare();
  assert.deepEqual([0, 1, 4].map((doneBytes) => share.update({ phase: "load", doneBytes, totalBytes: 4 })), [0, 0.25, 1]);
});

test("a download and the load after it never go back, and end at 1", () => {
  const share = new LoadShare();
  const phases = ["download", "download", "load", "load"] as const;
  const shares = phases.map((phase, at) => share.update({ phase, doneBytes: (at % 2) * 8, totalBytes: 8 }));
  assert.deepEqual([...shares].sort((a, b) => a - b), shares);
  assert.equal(shares[0], 0);
  assert.ok((shares[1] ?? 1) < 1);
  assert.equal(shares.at(-1), 1);
});

test("nothing to load is no progress", () => {
  assert.equal(new LoadShare().update({ phase: "load", doneBytes: 0, totalBytes: 0 }), 0);
});
