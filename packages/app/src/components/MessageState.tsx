/** The small line below an answer: how far it is, or what it took. */
import type { CompletionUsage } from "@hearth/sdk";
import type { Growing, Stage } from "../chat/answer.js";
import { isUsage } from "../chat/context.js";
import type { Message } from "../conversations/protocol.js";
import { useWords, type Words } from "../words/words.js";

interface Props {
  readonly message: Message;
  readonly growing: Growing | undefined;
  /** Whether another tab writes it. */
  readonly isElsewhere: boolean;
}

export function MessageState({ message, growing, isElsewhere }: Props) {
  const words = useWords();
  const text = growing !== undefined ? during(growing.stage, words) : isElsewhere ? words.stage.elsewhere : finished(message, words);
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
