import assert from "node:assert/strict";
import { test } from "node:test";
import type { Step } from "../src/protocol.js";
import { ToldSteps } from "../src/told.js";

const token = (choice: number, token: number): Step => ({ token, choice, counts: true, chunks: [{}] });
const end = (choice: number): Step => ({ choice, counts: true, chunks: [{}] });
const progress: Step = { choice: 0, counts: false, chunks: [{}] };

/** Two choices of two tokens each. */
const STEPS: readonly Step[] = [progress, token(0, 1), token(0, 2), end(0), token(1, 3), token(1, 4), end(1)];

function noteAll(steps: ToldSteps, some: readonly Step[]): void {
  for (const step of some) steps.note(step);
}

test("tokens are kept by choice, and steps are counted", () => {
  const steps = new ToldSteps(undefined);
  noteAll(steps, STEPS);
  assert.deepEqual(steps.told, { tokens: [[1, 2], [3, 4]], seen: 6 });
});

test("what another engine tells once more is not told twice, wherever the first one stopped", () => {
  for (let stopped = 0; stopped <= STEPS.length; stopped += 1) {
    const steps = new ToldSteps(undefined);
    noteAll(steps, STEPS.slice(0, stopped));
    const { seen } = structuredClone(steps.told);
    steps.restart();
    noteAll(steps, STEPS);
    assert.deepEqual(steps.told.tokens, [[1, 2], [3, 4]], `stopped after ${stopped}`);
    assert.equal(seen, STEPS.slice(0, stopped).filter(({ counts }) => counts).length);
    assert.equal(steps.told.seen, 6);
  }
});

test("an answer that was kept is told from its beginning, and goes on from its end", () => {
  const steps = new ToldSteps({ tokens: [[1, 2], [3]], seen: 0 });
  noteAll(steps, STEPS.slice(0, 3));
  assert.deepEqual(steps.told, { tokens: [[1, 2], [3]], seen: 2 });
  noteAll(steps, STEPS.slice(3));
  assert.deepEqual(steps.told, { tokens: [[1, 2], [3, 4]], seen: 6 });
});
