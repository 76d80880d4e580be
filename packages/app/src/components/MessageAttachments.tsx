/** The files of a message, folded. */
import { useState } from "react";
import { type Attachment, attachmentsOf, sizeOf } from "../chat/attachments.js";
import type { Message } from "../conversations/protocol.js";
import { useWords } from "../words/words.js";

export function MessageAttachments({ message }: { readonly message: Message }) {
  return attachmentsOf(message).map((attachment, at) => <Folded key={at} attachment={attachment} />);
}

function Folded({ attachment: { name, text } }: { readonly attachment: Attachment }) {
  const { attachments, format } = useWords();
  // A long text takes a while to lay out: most are never opened.
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="attachment" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <span className="file-name" dir="auto">
          {name}
        </span>{" "}
        <span className="file-size">{format.bytes(sizeOf(text))}</span>
      </summary>
      {isOpen && (
        <pre dir="auto" tabIndex={0} aria-label={attachments.contentOf(name)} role="region">
          {text}
        </pre>
      )}
    </details>
  );
}
