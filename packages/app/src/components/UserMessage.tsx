/** What the person said; it can be said otherwise, on a branch of its own. */
import { type FormEvent, type KeyboardEvent, memo, useState } from "react";
import { attachmentsOf } from "../chat/attachments.js";
import type { Message } from "../conversations/protocol.js";
import { useWords } from "../words/words.js";
import { BranchPicker } from "./BranchPicker.js";
import { CopyButton } from "./CopyButton.js";
import { MessageAttachments } from "./MessageAttachments.js";
import type { MessageActions } from "./MessageList.js";

interface Props {
  readonly message: Message;
  readonly siblings: readonly Message[];
  readonly actions: MessageActions;
  readonly isAnswering: boolean;
  readonly isChat: boolean;
}

export const UserMessage = memo(function UserMessage({ message, siblings, actions, isAnswering, isChat }: Props) {
  const words = useWords();
  const [isEditing, setEditing] = useState(false);
  if (isEditing) {
    return <Editor message={message} onClose={() => setEditing(false)} onSend={(text) => actions.edit(message.id, text)} />;
  }
  return (
    <div className={isChat ? "said by-person" : "said continued"} data-message={message.id}>
      {isChat && <h2 className="visually-hidden">{words.chat.you}</h2>}
      <MessageAttachments message={message} />
      {message.content !== "" && (
        <p className="prompt" dir="auto">
          {message.content}
        </p>
      )}
      <div className="message-actions" role="group" aria-label={words.message.actions}>
        <BranchPicker message={message} siblings={siblings} onChoose={actions.showBranch} isDisabled={isAnswering} />
        {message.content !== "" && <CopyButton text={message.content} />}
        <button type="button" className="quiet" disabled={isAnswering} onClick={() => setEditing(true)}>
          {words.message.edit}
        </button>
      </div>
    </div>
  );
});

interface EditorProps {
  readonly message: Message;
  readonly onClose: () => void;
  readonly onSend: (text: string) => void;
}

/** Its files stay with what is said instead. */
function Editor({ message, onClose, onSend }: EditorProps) {
  const words = useWords();
  const [changed, setChanged] = useState(message.content);
  const canSend = changed.trim() !== "" || attachmentsOf(message).length > 0;
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (!canSend) return;
    onClose();
    onSend(changed);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      onClose();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      event.currentTarget.form?.requestSubmit();
    }
  };
  return (
    <form className="editor" onSubmit={onSubmit}>
      <MessageAttachments message={message} />
      <textarea aria-label={words.message.edited} value={changed} dir="auto" autoFocus rows={3} onChange={({ target }) => setChanged(target.value)} onKeyDown={onKeyDown} />
      <div className="actions">
        <button type="button" onClick={onClose}>
          {words.cancel}
        </button>
        <button type="submit" className="primary" disabled={!canSend}>
          {words.message.sendEdited}
        </button>
      </div>
    </form>
  );
}
