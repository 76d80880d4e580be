/** The field for the next message. */
import { type FormEvent, type KeyboardEvent, useEffect, useRef } from "react";
import { useWords } from "../words/words.js";

interface Props {
  readonly isChat: boolean;
  readonly isAnswering: boolean;
  readonly isEmpty: boolean;
  /** Whether there is a model, or one is loaded. */
  readonly canSend: boolean;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
}

export function Composer({ isChat, isAnswering, isEmpty, canSend, text, onText, onSend, onStop }: Props) {
  const { composer, chat } = useWords();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // On a touch screen the keyboard would cover the page.
    if (matchMedia("(hover: hover)").matches) field.current?.focus({ preventScroll: true });
  }, []);

  const send = (): void => {
    if (isAnswering || !canSend || text.trim() === "") return;
    onSend(text);
    onText("");
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    send();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // While a word is being composed, Enter chooses it.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const tryExample = (): void => {
    onText(composer.example);
    field.current?.focus();
  };

  return (
    <form className="composer" onSubmit={onSubmit}>
      <label htmlFor="prompt">{isChat ? composer.message : composer.continueText}</label>
      <textarea
        id="prompt"
        ref={field}
        rows={2}
        dir="auto"
        value={text}
        placeholder={isChat ? composer.ask : composer.example}
        onChange={({ target }) => onText(target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="composer-foot">
        {canSend ? <Keys isChat={isChat} /> : <p className="hint keys">{chat.noModel}</p>}
        {!isChat && isEmpty && text === "" && (
          <button type="button" onClick={tryExample}>
            {composer.useExample}
          </button>
        )}
        {isAnswering ? (
          <button type="button" className="primary" onClick={onStop}>
            {composer.stop}
          </button>
        ) : (
          <button type="submit" className="primary" disabled={!canSend || text.trim() === ""}>
            {isChat ? composer.send : composer.continue}
          </button>
        )}
      </div>
    </form>
  );
}

function Keys({ isChat }: { readonly isChat: boolean }) {
  const { keys } = useWords().composer;
  return (
    <p className="hint keys">
      <kbd>{keys.enter}</kbd> {isChat ? keys.sends : keys.continues}, <kbd>{keys.shift}</kbd>+<kbd>{keys.enter}</kbd> {keys.line}, <kbd>{keys.escape}</kbd>{" "}
      {keys.stops}
    </p>
  );
}
