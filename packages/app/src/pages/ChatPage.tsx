/** A conversation, and the field for what comes next in it. */
import { useEffect } from "react";
import { dismiss, edit, goOn, regenerate, send, showBranch, stop, useChat } from "../chat/chat.js";
import { AnswerSettings } from "../components/AnswerSettings.js";
import { Composer } from "../components/Composer.js";
import { ContextMeter } from "../components/ContextMeter.js";
import { MessageList } from "../components/MessageList.js";
import { Notice } from "../components/Notice.js";
import { Welcome } from "../components/Welcome.js";
import { dismissProblem, useEngine } from "../engine/engine.js";
import type { Catalog } from "../models/useCatalog.js";
import { ADDRESSES } from "../route.js";
import { useWords } from "../words/words.js";

const ACTIONS = {
  edit: (id: string, text: string) => void edit(id, text),
  regenerate: (id: string) => void regenerate(id),
  goOn: (id: string) => void goOn(id),
  showBranch: (id: string) => void showBranch(id),
};

export function ChatPage({ catalog }: { readonly catalog: Catalog }) {
  const words = useWords();
  const open = useChat((state) => state.open);
  const problem = useChat((state) => state.problem);
  // Not the answer itself: this need not be drawn again with every word.
  const isAnswering = useChat(({ live, open }) => live.has(open.conversation.id));
  const engine = useEngine();
  const { conversation, tree } = open;
  const hasModel = engine.phase === "ready" || engine.phase === "loading" || engine.phase === "remote";
  // Until it is known what the model does, it is thought to talk.
  const isChat = engine.phase !== "ready" || engine.model.info.hasChatTemplate;
  useStopKey(isAnswering);

  return (
    <section className="conversation" aria-label={isChat ? words.chat.conversation : words.chat.text}>
      <header className="head">
        <h1 dir="auto">{conversation.title === "" ? words.chat.untitled : conversation.title}</h1>
        <div className="actions">
          <a className="button" href={ADDRESSES.models}>
            {hasModel ? words.chat.changeModel : words.chat.chooseModel}
          </a>
          <AnswerSettings key={conversation.id} open={open} />
        </div>
      </header>
      <Welcome isEmpty={tree.size === 0} catalog={catalog} onExample={(text) => void send(text)} />
      <MessageList key={conversation.id} open={open} isChat={isChat} actions={ACTIONS} />
      <div className="bottom">
        {problem && <Notice problem={problem} onClose={dismiss} />}
        {engine.problem && <Notice problem={engine.problem} onClose={dismissProblem} />}
        <Composer
          isChat={isChat}
          isAnswering={isAnswering}
          isEmpty={tree.size === 0}
          canSend={hasModel}
          onSend={(text, attachments) => void send(text, attachments)}
          onStop={stop}
        />
        <ContextMeter />
      </div>
    </section>
  );
}

/** Escape stops the answer. */
function useStopKey(isAnswering: boolean): void {
  useEffect(() => {
    if (!isAnswering) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented) stop();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [isAnswering]);
}
