/** The branch that the person sees. Of a long one the end is drawn, and more when the person wants it. */
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { type Open, useChat } from "../chat/state.js";
import type { Message } from "../conversations/protocol.js";
import { useWords } from "../words/words.js";
import { AssistantMessage } from "./AssistantMessage.js";
import { useFollowedEnd } from "./followed-end.js";
import { UserMessage } from "./UserMessage.js";

export interface MessageActions {
  readonly edit: (id: string, text: string) => void;
  readonly regenerate: (id: string) => void;
  readonly goOn: (id: string) => void;
  readonly showBranch: (id: string) => void;
}

interface Props {
  readonly open: Open;
  readonly isChat: boolean;
  readonly actions: MessageActions;
}

/** Messages that are drawn at first, and how many more each time. */
const PART = 60;

export function MessageList({ open, isChat, actions }: Props) {
  const words = useWords();
  const failures = useChat((state) => state.failures);
  const [parts, setParts] = useState(1);
  const { tree, conversation } = open;
  const live = useChat((state) => state.live.get(conversation.id));
  const branch = useMemo(() => tree.branch(conversation.head ?? undefined), [tree, conversation.head]);
  const drawn = branch.slice(-parts * PART);
  const hidden = branch.length - drawn.length;
  const isAnswering = live !== undefined;
  useFollowedEnd(branch.length, live?.growing);
  const keepPlace = useKeptPlace(drawn.length);

  const view = (message: Message) => {
    const siblings = tree.siblings(message);
    const shared = { message, siblings, actions, isAnswering };
    if (message.role !== "assistant") return <UserMessage key={message.id} {...shared} isChat={isChat} />;
    return (
      <AssistantMessage
        key={message.id}
        {...shared}
        growing={message.id === live?.message ? live?.growing : undefined}
        problem={failures.get(message.id)}
        isChat={isChat}
        isLast={message === branch.at(-1)}
      />
    );
  };

  return (
    <div className="messages" role="log" aria-busy={isAnswering}>
      {hidden > 0 && (
        <button
          type="button"
          className="quiet"
          onClick={() => {
            keepPlace();
            setParts(parts + 1);
          }}
        >
          {words.chat.earlier(hidden)}
        </button>
      )}
      {drawn.map(view)}
    </div>
  );
}

/** Keeps what the person reads in its place when more is drawn above it, where the browser does not do so by itself. */
function useKeptPlace(drawn: number): () => void {
  const fromEnd = useRef<number>(undefined);
  useLayoutEffect(() => {
    const page = document.documentElement;
    if (fromEnd.current !== undefined) page.scrollTop = page.scrollHeight - fromEnd.current;
    fromEnd.current = undefined;
  }, [drawn]);
  return () => {
    const page = document.documentElement;
    fromEnd.current = page.scrollHeight - page.scrollTop;
  };
}
