/** The small line below an answer: how far it is, or what it took. */
import type { CompletionUsage } from "@hearth/sdk";
import type { Growing, Stage } from "../chat/answer.js";
import type { Message } from "../conversations/protocol.js";
import { useWords, type Words } from "../words/words.js";

interface Props {
  readonly message: Message;
  readonly growing: Growing | undefined;
}

export function MessageState({ message, growing }: Props) {
  const words = useWords();
  const text = growing === undefined ? finished(message, words) : during(growing.stage, words);
  return text === "" ? null : <p className="stats">{text}</p>;
}

function during(stage: Stage, { stage: words }: Words): string {
  switch (stage.type) {
    case "waiting":
      return words.waiting;
    case "reading":
      return stage.totalTokens === 0 ? words.reading : words.readingOf(stage.doneTokens, stage.totalTokens);
    case "writing":
      return words.writing(stage.tokens, stage.tokensPerSecond);
  }
}

function finished({ status, details }: Message, { stage }: Words): string {
  const ends = { complete: "", writing: stage.broken, stopped: stage.stopped, cut: stage.cut, failed: stage.failed } as const;
  const { model, usage, secondsToFirstToken } = details;
  const parts = [
    ...(typeof model === "string" ? [model] : []),
    ...(isUsage(usage) ? measured(usage, stage) : []),
    ...(typeof secondsToFirstToken === "number" ? [stage.first(secondsToFirstToken)] : []),
    ends[status],
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

function measured({ completion_tokens, prompt_tokens, prompt_tokens_details, timings }: CompletionUsage, stage: Words["stage"]): string[] {
  const { cached_tokens } = prompt_tokens_details;
  return [
    stage.answer(completion_tokens, timings.decode_tokens_per_second),
    stage.prompt(prompt_tokens, cached_tokens, timings.prefill_tokens_per_second),
  ];
}

/** What was kept may come from another version, or from a file. */
function isUsage(value: unknown): value is CompletionUsage {
  if (typeof value !== "object" || value === null) return false;
  const { completion_tokens, prompt_tokens, prompt_tokens_details, timings } = value as Partial<CompletionUsage>;
  return typeof completion_tokens === "number" && typeof prompt_tokens === "number" && prompt_tokens_details !== undefined && timings !== undefined;
}
