/** The files that will go with the message, and why others will not. */
import { type Attachment, sizeOf } from "../chat/attachments.js";
import { detach, useDraft } from "../chat/draft.js";
import { useWords } from "../words/words.js";

export function DraftAttachments() {
  const { attachments: words } = useWords();
  const { attachments, refusals } = useDraft();
  return (
    <>
      {refusals.length > 0 && (
        <div className="refusals" role="alert">
          <ul>
            {refusals.map(({ name, reason }, at) => (
              <li key={at}>{words.refused[reason](name)}</li>
            ))}
          </ul>
        </div>
      )}
      {attachments.length > 0 && (
        <ul className="chips" aria-label={words.label}>
          {attachments.map((attachment, at) => (
            <Chip key={at} attachment={attachment} />
          ))}
        </ul>
      )}
    </>
  );
}

function Chip({ attachment }: { readonly attachment: Attachment }) {
  const { attachments: words, format } = useWords();
  const { name, text } = attachment;
  const remove = (): void => {
    detach(attachment);
    // The button that had the focus is gone.
    document.getElementById("prompt")?.focus();
  };
  return (
    <li className="chip">
      <span className="file-name" dir="auto" title={name}>
        {name}
      </span>
      <span className="file-size">{format.bytes(sizeOf(text))}</span>
      <button type="button" className="quiet" aria-label={words.remove(name)} onClick={remove}>
        <span aria-hidden="true">✕</span>
      </button>
    </li>
  );
}
