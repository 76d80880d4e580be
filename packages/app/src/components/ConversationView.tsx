/** The turns and the input; for a model without a chat template, the texts that it continues. */
import { type ReactNode, useEffect, useRef } from "react";
import type { Conversation, Turn } from "../engine/useConversation.js";
import type { ReadyModel } from "../engine/useEngine.js";
import type { Model } from "../models/catalog.js";
import { EMBER, EXAMPLES } from "../models/ember.js";
import { Composer } from "./Composer.js";
import { DemonstrationNote } from "./DemonstrationNote.js";
import { TurnView } from "./TurnView.js";

interface Props {
  readonly model: ReadyModel;
  readonly conversation: Conversation;
  /** Shown beside the input, where the person is looking. */
  readonly notice: ReactNode;
  readonly onLoad: (model: Model) => Promise<void>;
}

/** A reader this near to the end is following it. */
const FOLLOW_PIXELS = 160;

export function ConversationView({ model, conversation, notice, onLoad }: Props) {
  const { turns, isAnswering, unanswered, stop, send, goOn } = conversation;
  const isChat = model.info.hasChatTemplate;
  const newest = turns.at(-1);
  const isDemonstration = model.source === EMBER.source;

  useEffect(() => {
    if (!isAnswering) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape") stop();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [isAnswering, stop]);
  useFollowedEnd(newest, turns.length);

  return (
    <section className="conversation" aria-label={isChat ? "Conversation" : "Text"}>
      {!isChat && (
        <p className="card completion-note">
          <strong>{model.name} has no chat template, so it does not hold conversations: it continues the text that you begin.</strong>
        </p>
      )}
      {isDemonstration && <DemonstrationNote onLoad={onLoad} isShort={turns.length > 0} />}
      {isChat && turns.length === 0 && <p className="hint welcome">{model.name} is ready. Ask it something.</p>}
      {isDemonstration && turns.length === 0 && (
        <ul className="examples" aria-label="Examples">
          {EXAMPLES.map((example) => (
            <li key={example}>
              <button type="button" onClick={() => send(example)}>
                {example}
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="turns" role="log" aria-live="polite" aria-busy={isAnswering}>
        {turns.map((turn) => (
          <TurnView key={turn.id} turn={turn} isChat={isChat} />
        ))}
        {!isChat && newest?.status.type === "finished" && (
          <button type="button" className="go-on" onClick={goOn}>
            Go on from here
          </button>
        )}
      </div>
      <div className="bottom">
        {notice}
        <Composer
          isChat={isChat}
          isAnswering={isAnswering}
          hasTurns={turns.length > 0}
          onSend={send}
          onStop={stop}
          unanswered={unanswered}
        />
      </div>
    </section>
  );
}

/** Keeps the end of the answer in view for a reader who is there, and leaves one alone who scrolled up. */
function useFollowedEnd(newest: Turn | undefined, turns: number): void {
  const lastTurns = useRef(0);
  useEffect(() => {
    if (newest === undefined) return;
    const page = document.documentElement;
    const isNew = turns !== lastTurns.current;
    lastTurns.current = turns;
    const below = page.scrollHeight - page.scrollTop - page.clientHeight;
    if (isNew || below < FOLLOW_PIXELS) page.scrollTop = page.scrollHeight;
  }, [newest, turns]);
}
