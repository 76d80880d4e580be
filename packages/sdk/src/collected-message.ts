/** The whole message of an answer that came in pieces. */
import type { ChatCompletionChunk, ChatCompletionMessage, ChatFinishReason, CompletionUsage } from "./interface.js";

type ToolCalls = NonNullable<ChatCompletionMessage["tool_calls"]>;

/** Takes the chunks of one answer, in their order. */
export class CollectedMessage {
  content = "";
  reasoning = "";
  finishReason: ChatFinishReason | undefined;
  usage: CompletionUsage | undefined;
  readonly toolCalls: ToolCalls = [];

  take({ choices, usage }: ChatCompletionChunk): void {
    if (usage != null) this.usage = usage;
    const choice = choices[0];
    if (choice === undefined) return;
    const { content, reasoning_content, tool_calls } = choice.delta;
    this.content += content ?? "";
    this.reasoning += reasoning_content ?? "";
    this.finishReason = choice.finish_reason ?? this.finishReason;
    for (const { index, id = "", function: called } of tool_calls ?? []) {
      const call = (this.toolCalls[index] ??= { id, type: "function", function: { name: "", arguments: "" } });
      call.function.name += called.name ?? "";
      call.function.arguments += called.arguments ?? "";
    }
  }

  /** As a whole answer has it. */
  get message(): ChatCompletionMessage {
    const calls = this.toolCalls.length > 0;
    return {
      role: "assistant",
      content: calls && this.content === "" ? null : this.content,
      refusal: null,
      ...(this.reasoning !== "" && { reasoning_content: this.reasoning }),
      ...(calls && { tool_calls: this.toolCalls }),
    };
  }
}
