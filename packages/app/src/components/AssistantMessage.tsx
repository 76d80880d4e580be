/** What the model said, or is saying. */
import { memo, Suspense } from "react";
import type { Growing } from "../chat/answer.js";
import { callsOf } from "../chat/tools.js";
import type { Message } from "../conversations/protocol.js";
import type { Problem } from "../engine/problem.js";
import { Markdown } from "../markdown/lazy.js";
import { useWords } from "../words/words.js";
import { BranchPicker } from "./BranchPicker.js";
import { CopyButton } from "./CopyButton.js";
import type { MessageActions } from "./MessageList.js";
import { MessageState } from "./MessageState.js";
import { Notice } from "./Notice.js";
import { ToolCalls } from "./ToolCalls.js";
import { useWrittenElsewhere } from "./written-elsewhere.js";

interface Props {
  readonly message: Message;
  readonly siblings: readonly Message[];
  readonly actions: MessageActions;
  /** While it is written. */
  readonly growing: Growing | undefined;
  /** Why it failed, since the page was opened. */
  readonly problem: Problem | undefined;
  readonly isAnswering: boolean;
  readonly isChat: boolean;
  readonly isLast: boolean;
}

export const AssistantMessage = memo(function AssistantMessage(props: Props) {
  const { message, growing, problem, isChat } = props;
  const words = useWords();
  const { content, reasoning } = growing ?? message;
  const isElsewhere = useWrittenElsewhere(message, growing !== undefined);
  const status = growing !== undefined ? growing.stage.type : isElsewhere ? "elsewhere" : "finished";
  const calls = growing?.calls ?? callsOf(message);
  const failed = problem ?? failureOf(message);
  return (
    <article className="said by-model" data-status={status} data-message={message.id} aria-label={words.chat.model}>
      {reasoning !== "" && <Thoughts text={reasoning} isThinking={growing !== undefined && content === ""} />}
      <div data-testid="answer" className={isChat ? "answer" : "answer continued"} dir="auto">
        {isChat ? (
          <Suspense fallback={<p className="plain">{content}</p>}>
            <Markdown text={content} isGrowing={growing !== undefined} />
          </Suspense>
        ) : (
          <p className="plain">{content}</p>
        )}
      </div>
      <ToolCalls calls={calls} />
      {growing === undefined && failed && <Notice problem={failed} />}
      <MessageState message={message} growing={growing} isElsewhere={isElsewhere} />
      {growing === undefined && !isElsewhere && <Actions {...props} />}
    </article>
  );
});

function Thoughts({ text, isThinking }: { readonly text: string; readonly isThinking: boolean }) {
  const { chat } = useWords();
  return (
    <details className="reasoning">
      <summary>{isThinking ? chat.thinking : chat.thoughts}</summary>
      <p data-testid="reasoning" dir="auto">
        {text}
      </p>
    </details>
  );
}

function Actions({ message, siblings, actions, isAnswering, isChat, isLast }: Props) {
  const words = useWords();
  const { id, content, status } = message;
  const isBrokenOff = isLast && content !== "" && callsOf(message).length === 0 && (status !== "complete" || !isChat);
  return (
    <div className="message-actions" role="group" aria-label={words.message.actions}>
      <BranchPicker message={message} siblings={siblings} onChoose={actions.showBranch} isDisabled={isAnswering} />
      {isBrokenOff && (
        <button type="button" disabled={isAnswering} onClick={() => actions.goOn(id)}>
          {words.message.goOn}
        </button>
      )}
      {content !== "" && <CopyButton text={content} />}
      <button type="button" className="quiet" disabled={isAnswering} onClick={() => actions.regenerate(id)}>
        {status === "failed" ? words.message.retry : words.message.regenerate}
      </button>
    </div>
  );
}

/** Why it failed, as it is kept. */
function failureOf({ status, details }: Message): Problem | undefined {
  const { error } = details;
  if (status !== "failed" || typeof error !== "object" || error === null) return undefined;
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return { code: String(code), detail: String(message ?? "") };
}
