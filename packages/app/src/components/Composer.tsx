/** The field for the next message. */
import { type ClipboardEvent, type FormEvent, type KeyboardEvent, useEffect, useRef } from "react";
import type { Attachment } from "../chat/attachments.js";
import { attach, clearDraft, isSendable, useDraft } from "../chat/draft.js";
import { useWords } from "../words/words.js";
import { AttachButton } from "./AttachButton.js";
import { DraftAttachments } from "./DraftAttachments.js";

interface Props {
  readonly isChat: boolean;
  readonly isAnswering: boolean;
  readonly isEmpty: boolean;
  /** Whether there is a model, or one is loaded. */
  readonly canSend: boolean;
  readonly onSend: (text: string, attachments: readonly Attachment[]) => void;
  readonly onStop: () => void;
}

export function Composer({ isChat, isAnswering, isEmpty, canSend, onSend, onStop }: Props) {
  const { composer, chat } = useWords();
  const draft = useDraft();
  const { text } = draft;
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // On a touch screen the keyboard would cover the page.
    if (matchMedia("(hover: hover)").matches) field.current?.focus({ preventScroll: true });
  }, []);

  const send = (): void => {
    if (isAnswering || !canSend || !isSendable(draft)) return;
    onSend(text, draft.attachments);
    clearDraft();
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
  const onPaste = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData.files];
    // Some programs add a picture to the text that they copy.
    const isText = event.clipboardData.types.includes("text/plain") && files.every(({ type }) => type.startsWith("image/"));
    if (files.length === 0 || isText) return;
    event.preventDefault();
    void attach(files);
  };
  const tryExample = (): void => {
    setText(composer.example);
    field.current?.focus();
  };

  return (
    <form className="composer" onSubmit={onSubmit}>
      <label htmlFor="prompt">{isChat ? composer.message : composer.continueText}</label>
      <DraftAttachments />
      <textarea
        id="prompt"
        ref={field}
        rows={2}
        dir="auto"
        value={text}
        placeholder={isChat ? composer.ask : composer.example}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <div className="composer-foot">
        <AttachButton onFiles={(files) => void attach(files)} />
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
          <button type="submit" className="primary" disabled={!canSend || !isSendable(draft)}>
            {isChat ? composer.send : composer.continue}
          </button>
        )}
      </div>
    </form>
  );
}

function setText(text: string): void {
  useDraft.setState({ text });
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
