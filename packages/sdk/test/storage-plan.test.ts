import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../src/error.js";
import { Pace, Retry } from "../src/storage/pace.js";
import { Plan } from "../src/storage/plan.js";

test("every missing chunk is given out once, from the front, in runs without gaps", () => {
  for (const connections of [1, 3, 4, 16]) {
    for (const missing of [[], [0], [5, 6, 9], Array.from({ length: 500 }, (_, index) => index), [0, 2, 4, 5, 6, 7, 8, 9, 10, 300]]) {
      const plan = new Plan(missing, connections);
      const given: number[] = [];
      for (let run = plan.take(); run !== undefined; run = plan.take()) {
        assert.ok(run.count >= 1 && run.count <= 16);
        for (let index = run.first; index < run.first + run.count; index++) given.push(index);
      }
      assert.deepEqual(given, missing);
    }
  }
});

test("all connections have something to do", () => {
  const plan = new Plan([0, 1, 2, 3, 4, 5, 6, 7], 4);
  assert.deepEqual(
    [plan.take(), plan.take(), plan.take(), plan.take()].map((run) => run?.count),
    [1, 1, 1, 1],
  );
});

const TUNING = { chunkBytes: 1, stallMillis: 1, backoffMillis: 100, backoffCapMillis: 350, retryAfterCapMillis: 5000, tries: 4 };
const FINAL = new HearthError("source_unreachable", "");

/** Waits in milliseconds after each failure, with chance at its highest. */
function waits(failures: readonly Retry[]): number[] {
  let now = 0;
  const pace = new Pace(
    TUNING,
    () => 1,
    () => now,
  );
  return failures.map((failure) => {
    const askedAt = ++now;
    pace.failed(failure, askedAt);
    const start = now;
    while (pace.isPaused) now += 1;
    return now - start;
  });
}

test("pauses double up to the cap, and a server's own pause counts instead", () => {
  assert.deepEqual(waits([new Retry(FINAL), new Retry(FINAL), new Retry(FINAL)]), [100, 200, 350]);
  assert.deepEqual(waits([new Retry(FINAL, 3000)]), [3000]);
});

test("it ends after so many tries without a byte, or when the server asks for too long a pause", () => {
  assert.throws(() => waits([1, 2, 3, 4].map(() => new Retry(FINAL))), FINAL);
  assert.throws(() => waits([new Retry(FINAL, 5001)]), FINAL);
});

test("bytes that came make the count begin anew, and failures at the same time count once", () => {
  let now = 0;
  const pace = new Pace(
    TUNING,
    () => 1,
    () => now,
  );
  for (let round = 0; round < 10; round++) {
    pace.progressed();
    now += 1000;
    for (let lane = 0; lane < 16; lane++) pace.failed(new Retry(FINAL), now - (lane === 0 ? 0 : 1));
  }
});
