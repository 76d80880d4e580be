/** How much of the model's context the conversation takes: nothing before the first answer, or without a model. */
import { useMemo } from "react";
import { answersOf, contextUse, roomOf } from "../chat/context.js";
import { samplingOf } from "../chat/sampling.js";
import { useChat } from "../chat/state.js";
import { useEngine } from "../engine/engine.js";
import { useWords } from "../words/words.js";

export function ContextMeter() {
  const { context: words, format } = useWords();
  const { tree, conversation } = useChat(({ open }) => open);
  // The newest message of the branch is the one that is written, if any is.
  const growing = useChat(({ live }) => live.get(conversation.id)?.growing);
  const info = useEngine((state) => (state.phase === "ready" ? state.model.info : undefined));
  const answers = useMemo(() => answersOf(tree.branch(conversation.head ?? undefined)), [tree, conversation.head]);
  const use = info && contextUse(answers, growing, roomOf(info.contextLength, samplingOf(conversation.settings).maxTokens));
  if (use === undefined) return null;
  const { usedTokens, contextTokens } = use;
  // A model without a template goes on with one text: nothing makes way.
  const leftOut = info?.hasChatTemplate ? use.leftOut : "none";
  const text = words.used(usedTokens, contextTokens);
  const percent = format.percent(usedTokens / contextTokens);
  return (
    <div className="context" data-left-out={leftOut}>
      <div className="context-bar" role="meter" aria-label={words.label} aria-valuemin={0} aria-valuemax={contextTokens} aria-valuenow={usedTokens} aria-valuetext={`${text} (${percent})`}>
        <div style={{ width: `${(100 * usedTokens) / contextTokens}%` }} />
      </div>
      <span aria-hidden="true">{text}</span>
      {leftOut !== "none" && <span>{words.leftOut[leftOut]}</span>}
    </div>
  );
}
