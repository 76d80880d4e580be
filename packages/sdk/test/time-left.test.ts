import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeLeft } from "../src/time-left.js";

const MEGA = 1_000_000;

test("nothing is promised before there is a speed", () => {
  const left = new TimeLeft();
  assert.equal(left.update(0, 100 * MEGA, 0), undefined);
  assert.equal(left.update(MEGA, 100 * MEGA, 100), undefined);
});

test("a steady speed gives what is left at that speed", () => {
  const left = new TimeLeft();
  let last: number | undefined;
  for (let second = 0; second <= 3; second++) last = left.update(10 * MEGA * second, 100 * MEGA, second * 1_000);
  assert.equal(last, 7);
});

test("a change of speed is believed after a few seconds", () => {
  const left = new TimeLeft();
  let done = 0;
  let last: number | undefined;
  for (let second = 0; second <= 20; second++) {
    last = left.update(done, 1_000 * MEGA, second * 1_000);
    done += second < 10 ? 50 * MEGA : 5 * MEGA;
  }
  assert.ok(last !== undefined && Math.abs(last - (1_000 * MEGA - (done - 5 * MEGA)) / (5 * MEGA)) < 1, `${last}`);
});

test("at the end nothing is left", () => {
  assert.equal(new TimeLeft().update(5, 5, 0), 0);
});
