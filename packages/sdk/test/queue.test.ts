import assert from "node:assert/strict";
import { test } from "node:test";
import { Queue } from "../src/queue.js";

test("what is pushed before and during reading is read in order", async () => {
  const queue = new Queue<number>();
  queue.push(1);
  setTimeout(() => {
    queue.push(2);
    queue.end();
    queue.push(3);
  });
  assert.deepEqual(await read(queue), [1, 2]);
});

test("a failure comes before what was not read, and once", async () => {
  const queue = new Queue<number>();
  queue.push(1);
  queue.fail(new Error("first"));
  queue.fail(new Error("second"));
  await assert.rejects(read(queue), /first/);
});

test("after the end nothing fails any more", async () => {
  const queue = new Queue<number>();
  queue.push(1);
  queue.end();
  queue.fail(new Error("late"));
  assert.deepEqual(await read(queue), [1]);
});

async function read(queue: Queue<number>): Promise<number[]> {
  const values: number[] = [];
  for await (const value of queue) values.push(value);
  return values;
}
