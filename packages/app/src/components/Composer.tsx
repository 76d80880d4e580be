import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";

interface Props {
  readonly isChat: boolean;
  readonly isAnswering: boolean;
  readonly hasTurns: boolean;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
  /** A text that could not be answered, to be changed and sent again. */
  readonly unanswered: string | undefined;
}

const EXAMPLE = "Once upon a time, there was a little";

export function Composer({ isChat, isAnswering, hasTurns, unanswered, onSend, onStop }: Props) {
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
  }, []);
  useEffect(() => {
    if (unanswered !== undefined) setText((begun) => (begun === "" ? unanswered : begun));
  }, [unanswered]);

  const send = (): void => {
    if (isAnswering || text.trim() === "") return;
    onSend(text);
    setText("");
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
    setText(EXAMPLE);
    field.current?.focus();
  };

  return (
    <form className="composer" onSubmit={onSubmit}>
      <label htmlFor="prompt">{isChat ? "Your message" : "Continue this text"}</label>
      <textarea
        id="prompt"
        ref={field}
        rows={2}
        value={text}
        placeholder={isChat ? "Ask something" : EXAMPLE}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="composer-foot">
        <p className="hint keys">
          <kbd>Enter</kbd> {isChat ? "sends" : "continues"}, <kbd>Shift</kbd>+<kbd>Enter</kbd> begins a line, <kbd>Esc</kbd> stops
        </p>
        {!isChat && !hasTurns && text === "" && (
          <button type="button" onClick={tryExample}>
            Use the example
          </button>
        )}
        {isAnswering ? (
          <button type="button" className="primary" onClick={onStop}>
            Stop
          </button>
        ) : (
          <button type="submit" className="primary" disabled={text.trim() === ""}>
            {isChat ? "Send" : "Continue"}
          </button>
        )}
      </div>
    </form>
  );
}
