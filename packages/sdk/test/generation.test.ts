import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineWorker } from "../src/engine-worker.js";
import { startGeneration } from "../src/generation.js";
import type { GenerationEvent } from "../src/interface.js";

const usage = { promptTokens: 1, cachedTokens: 0, completionTokens: 2, draftedTokens: 0, acceptedTokens: 0 };
const timings = { loadSeconds: 1, firstTokenSeconds: 1, coldFirstTokenSeconds: 1, prefillTokensPerSecond: 1, decodeTokensPerSecond: 1 };
const EVENTS: readonly GenerationEvent[] = [
  {
    type: "token",
    id: 1,
    text: "<think>hm</think>a",
    output: [
      { type: "reasoning", text: "hm" },
      { type: "content", text: "a" },
    ],
  },
  { type: "finished", reason: "stop", text: "b", output: [{ type: "content", text: "b" }], usage, timings },
];

/** A worker that answers every request with the events. */
function worker(): EngineWorker {
  const answering: Pick<EngineWorker, "send" | "cancel"> = {
    send: (_request, handler) => {
      queueMicrotask(() => {
        for (const event of EVENTS) handler.answered({ type: "generation", id: 1, event });
      });
      return 1;
    },
    cancel: () => {},
  };
  return answering as EngineWorker;
}

test("the text of a typed generation is the answer alone", async () => {
  const prompt = { type: "text", text: "x" } as const;
  assert.equal(await startGeneration(worker, prompt, { typed: true }).text(), "ab");
  assert.equal(await startGeneration(worker, prompt, {}).text(), "<think>hm</think>ab");
});
