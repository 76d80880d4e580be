import assert from "node:assert/strict";
import { test } from "node:test";
import { sseData, sseEvent } from "../src/sse.js";

async function read(text: string, pieceBytes: number): Promise<string[]> {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += pieceBytes) controller.enqueue(bytes.subarray(at, at + pieceBytes));
      controller.close();
    },
  });
  const all = [];
  for await (const data of sseData(body)) all.push(data);
  return all;
}

test("events come whole, however their bytes are cut", async () => {
  // The rules of the HTML standard: any line end, a space after the colon is no part, comments and other fields are left out.
  const text = ': hello\n\ndata: {"a":"ä€"}\n\nevent: x\r\ndata:one\r\ndata: two\r\n\r\nid: 5\n\ndata: [DONE]';
  for (const pieceBytes of [1, 2, 3, 7, 1_000]) assert.deepEqual(await read(text, pieceBytes), ['{"a":"ä€"}', "one\ntwo", "[DONE]"]);
});

test("what is written is read", async () => {
  assert.deepEqual(await read(sseEvent("one") + sseEvent("two"), 4), ["one", "two"]);
});
