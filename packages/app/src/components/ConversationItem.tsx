/** One line of the list, with what can be done to it. */
import { useRef, useState } from "react";
import { refreshOpen } from "../chat/chat.js";
import { deleteConversation, exportConversations, saveConversation } from "../conversations/list.js";
import type { Conversation } from "../conversations/protocol.js";
import { saveFile } from "../files.js";
import { ADDRESSES, conversationAddress, go } from "../route.js";
import { useWords } from "../words/words.js";
import { Dialog } from "./Dialog.js";
import { Menu } from "./Menu.js";

interface Props {
  readonly conversation: Conversation;
  readonly isShown: boolean;
}

export function ConversationItem({ conversation, isShown }: Props) {
  const words = useWords();
  const [asks, setAsks] = useState<"rename" | "delete">();
  const { id, title, isPinned } = conversation;
  const name = title === "" ? words.list.untitled : title;
  const save = async (changes: Partial<Conversation>): Promise<void> => {
    await saveConversation({ ...conversation, ...changes });
    await refreshOpen(id);
  };
  const remove = async (): Promise<void> => {
    await deleteConversation(id);
    if (isShown) go(ADDRESSES.chat);
  };
  const close = (): void => setAsks(undefined);

  return (
    <li className="item">
      <a href={conversationAddress(id)} aria-current={isShown ? "page" : undefined} dir="auto">
        {name}
      </a>
      <Menu
        label={words.list.actions(name)}
        actions={[
          [words.list.rename, () => setAsks("rename")],
          [isPinned ? words.list.unpin : words.list.pin, () => void save({ isPinned: !isPinned })],
          [words.list.export, () => void exportConversations([id]).then((file) => file && saveFile(file, name))],
          [words.list.delete, () => setAsks("delete")],
        ]}
      />
      {asks === "rename" && <Rename title={title} onClose={close} onRename={(title) => void save({ title })} />}
      {asks === "delete" && (
        <Dialog title={words.list.deleteTitle} action={words.list.delete} isDangerous onClose={close} onAgree={() => void remove()}>
          <p>{words.list.deleteText(name)}</p>
        </Dialog>
      )}
    </li>
  );
}

interface RenameProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly onRename: (title: string) => void;
}

function Rename({ title, onClose, onRename }: RenameProps) {
  const words = useWords();
  const field = useRef<HTMLInputElement>(null);
  return (
    <Dialog
      title={words.list.rename}
      action={words.save}
      onClose={onClose}
      onAgree={() => {
        const text = field.current?.value.trim() ?? "";
        if (text !== "") onRename(text);
      }}
    >
      <label>
        {words.list.newTitle}
        <input ref={field} defaultValue={title} maxLength={200} autoFocus dir="auto" />
      </label>
    </Dialog>
  );
}
