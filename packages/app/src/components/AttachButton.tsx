/** Chooses text files for the message. */
import { useRef } from "react";
import { useWords } from "../words/words.js";

export function AttachButton({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const { attachments } = useWords();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="attach" onClick={() => input.current?.click()}>
        <svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
          <path d="m20 11-8.6 8.6a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8L9.5 17a1.7 1.7 0 0 1-2.4-2.4L15 6.8" />
        </svg>
        <span>{attachments.attach}</span>
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={attachments.files}
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          // The same file can be chosen again.
          target.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}
