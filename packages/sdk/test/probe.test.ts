import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { HearthError } from "../src/error.js";
import { chooseBuild, chooseThreads, type Features, probe, PROBES } from "../src/probe.js";

// On by default from V8 11.4 on.
if (!WebAssembly.validate(PROBES.relaxedSimd)) setFlagsFromString("--experimental-wasm-relaxed-simd");

const ALL: Features = { simd: true, relaxedSimd: true, threads: true };

test("the probe modules are valid where their features are there", () => {
  // Node's engine has all three features.
  for (const [name, bytes] of Object.entries(PROBES)) assert.ok(WebAssembly.validate(bytes), name);
});

test("a probe module that leaves its result on the stack is refused", () => {
  for (const [name, bytes] of Object.entries(PROBES)) {
    const broken = bytes.slice();
    broken[broken.length - 2] = 0x01; // nop, in place of drop
    assert.ok(!WebAssembly.validate(broken), name);
  }
});

test("threads need an isolated page, which Node is not", () => {
  assert.equal(probe().threads, false);
});

test("the best build that the features allow is chosen", () => {
  assert.equal(chooseBuild(ALL), "full");
  assert.equal(chooseBuild({ ...ALL, relaxedSimd: false }), "compat");
  assert.equal(chooseBuild({ ...ALL, threads: false }), "compat");
  assert.equal(chooseBuild(ALL, "compat"), "compat");
});

test("a build that cannot run is an error that says what is missing", () => {
  assert.throws(() => chooseBuild({ ...ALL, simd: false }), code("unsupported_browser", /SIMD/));
  assert.throws(() => chooseBuild({ ...ALL, threads: false }, "full"), code("unsupported_browser", /COOP/));
});

test("a page that gives the engine's files gets the build that they are of", () => {
  assert.equal(chooseBuild(ALL, "auto", true), "compat");
  assert.throws(() => chooseBuild(ALL, "full", true), code("bad_argument", /compat/));
});

test("threads are capped, and counted only by the build that has them", () => {
  assert.equal(chooseThreads("compat", 16, 4), 1);
  assert.equal(chooseThreads("full", 64), 8);
  assert.equal(chooseThreads("full", 2), 2);
  assert.equal(chooseThreads("full", 2, 3), 3);
  assert.throws(() => chooseThreads("full", 2, 0), code("bad_argument", /threads/));
});

function code(expected: string, message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof HearthError && error.code === expected && message.test(error.message);
}
