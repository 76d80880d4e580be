/** Calls of tools and their results, as the AI SDK's provider specification (version 4) writes them and as OpenAI's API does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { StreamParts } from "../src/compat/ai-sdk/answer.js";
import { toRequest } from "../src/compat/ai-sdk/request.js";
import type { ChatCompletionChunk, ChatDelta, ChatFinishReason } from "../src/interface.js";

function chunk(delta: ChatDelta, finish_reason: ChatFinishReason | null = null): ChatCompletionChunk {
  const choices = [{ index: 0, delta, finish_reason, logprobs: null }];
  return { id: "chatcmpl-1", object: "chat.completion.chunk", created: 0, model: "m", choices, served_by: "local" };
}

function parts(chunks: readonly ChatCompletionChunk[]): LanguageModelV4StreamPart[] {
  const stream = new StreamParts();
  return [...chunks.flatMap((piece) => [...stream.take(piece)]), ...stream.end()];
}

test("reasoning, text and calls are blocks with a beginning and an end", () => {
  const [first, second] = ["call-1", "call-2"];
  const made = parts([
    chunk({ role: "assistant", reasoning_content: "hm" }),
    chunk({ content: "Let " }),
    chunk({ content: "me" }),
    chunk({ tool_calls: [{ index: 0, id: first, type: "function", function: { name: "weather", arguments: "" } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] }),
    chunk({ tool_calls: [{ index: 1, id: second, type: "function", function: { name: "time", arguments: "{}" } }] }),
    chunk({}, "tool_calls"),
  ]);
  assert.deepEqual(made.slice(1, -1), [
    { type: "reasoning-start", id: "reasoning-0" },
    { type: "reasoning-delta", id: "reasoning-0", delta: "hm" },
    { type: "reasoning-end", id: "reasoning-0" },
    { type: "text-start", id: "text-1" },
    { type: "text-delta", id: "text-1", delta: "Let " },
    { type: "text-delta", id: "text-1", delta: "me" },
    { type: "text-end", id: "text-1" },
    { type: "tool-input-start", id: first, toolName: "weather" },
    { type: "tool-input-delta", id: first, delta: '{"city":' },
    { type: "tool-input-delta", id: first, delta: '"Rome"}' },
    { type: "tool-input-end", id: first },
    { type: "tool-call", toolCallId: first, toolName: "weather", input: '{"city":"Rome"}' },
    { type: "tool-input-start", id: second, toolName: "time" },
    { type: "tool-input-delta", id: second, delta: "{}" },
    { type: "tool-input-end", id: second },
    { type: "tool-call", toolCallId: second, toolName: "time", input: "{}" },
  ]);
  const last = made.at(-1);
  assert.equal(last?.type === "finish" && last.finishReason.unified, "tool-calls");
});

test("a call that was cut off is no call", () => {
  const cut = parts([
    chunk({ tool_calls: [{ index: 0, id: "call-1", type: "function", function: { name: "weather", arguments: '{"ci' } }] }),
    chunk({}, "length"),
  ]);
  assert.ok(!cut.some(({ type }) => type === "tool-call"));
  assert.ok(cut.some(({ type }) => type === "tool-input-end"));
});

test("a conversation with calls and results becomes OpenAI's messages", () => {
  const { params, warnings } = toRequest("m", {
    prompt: [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "How is " }, { type: "text", text: "Rome?" }] },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "hm" },
          { type: "tool-call", toolCallId: "call-1", toolName: "weather", input: { city: "Rome" } },
          { type: "tool-call", toolCallId: "call-2", toolName: "time", input: {} },
        ],
      },
      {
        role: "tool",
        content: [
          { type: "tool-result", toolCallId: "call-1", toolName: "weather", output: { type: "json", value: { degrees: 21 } } },
          { type: "tool-result", toolCallId: "call-2", toolName: "time", output: { type: "error-text", value: "no clock" } },
        ],
      },
    ],
    tools: [
      { type: "function", name: "weather", description: "Tells it.", inputSchema: { type: "object" } },
      { type: "provider", id: "other.search", name: "search", args: {} },
    ],
    toolChoice: { type: "tool", toolName: "weather" },
    reasoning: "provider-default",
  });
  assert.deepEqual(params, {
    model: "m",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "How is Rome?" },
      {
        role: "assistant",
        content: null,
        reasoning_content: "hm",
        tool_calls: [
          { id: "call-1", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } },
          { id: "call-2", type: "function", function: { name: "time", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: "call-1", content: '{"degrees":21}' },
      { role: "tool", tool_call_id: "call-2", content: "no clock" },
    ],
    tools: [{ type: "function", function: { name: "weather", description: "Tells it.", parameters: { type: "object" } } }],
    tool_choice: { type: "function", function: { name: "weather" } },
  });
  assert.deepEqual(warnings, [{ type: "unsupported", feature: 'tool "search" of a provider' }]);
});
