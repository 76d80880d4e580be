import type { CompletionUsage } from "@hearth/sdk";
import type { Turn, TurnStatus } from "../engine/useConversation.js";
import { integer, speed, tokens } from "../format.js";

export function TurnView({ turn, isChat }: { readonly turn: Turn; readonly isChat: boolean }) {
  return (
    <article className="turn" data-status={turn.status.type}>
      {isChat ? <ChatText turn={turn} /> : <Continued turn={turn} />}
      <p className="stats">{describe(turn.status)}</p>
    </article>
  );
}

function ChatText({ turn }: { readonly turn: Turn }) {
  return (
    <>
      <div className="said by-person">
        <h3>You</h3>
        <p>{turn.prompt}</p>
      </div>
      <div className="said by-model">
        <h3>Model</h3>
        {turn.reasoning !== "" && (
          <details className="reasoning">
            <summary>{turn.answer === "" && turn.status.type !== "finished" ? "Thinking…" : "Thoughts"}</summary>
            <p data-testid="reasoning">{turn.reasoning}</p>
          </details>
        )}
        <p data-testid="answer">{turn.answer}</p>
      </div>
    </>
  );
}

function Continued({ turn }: { readonly turn: Turn }) {
  return (
    <p className="said continued">
      <span className="prompt">{turn.prompt}</span>
      <span data-testid="answer">{turn.answer}</span>
    </p>
  );
}

function describe(status: TurnStatus): string {
  switch (status.type) {
    case "reading":
      return status.totalTokens === 0 ? "Reading…" : `Reading, ${integer(status.doneTokens)} of ${tokens(status.totalTokens)}…`;
    case "writing":
      return [tokens(status.tokens), ...(status.tokensPerSecond === undefined ? [] : [speed(status.tokensPerSecond)])].join(" · ");
    case "finished":
      return finished(status);
  }
}

const ENDS = { stop: "", length: "ended at the limit", stopped: "stopped" } as const;

function finished({ reason, usage }: Extract<TurnStatus, { type: "finished" }>): string {
  const parts = [...(usage === undefined ? [] : measured(usage)), ENDS[reason]];
  return parts.filter((part) => part !== "").join(" · ");
}

function measured({ completion_tokens, prompt_tokens, prompt_tokens_details, timings }: CompletionUsage): string[] {
  const { cached_tokens } = prompt_tokens_details;
  const reused = cached_tokens > 0 ? ` (${integer(cached_tokens)} reused)` : "";
  return [
    `${tokens(completion_tokens)} at ${speed(timings.decode_tokens_per_second)}`,
    `prompt ${tokens(prompt_tokens)}${reused} at ${speed(timings.prefill_tokens_per_second)}`,
  ];
}
