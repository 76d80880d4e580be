/** Opens a model's files. */
import { useRef } from "react";
import { useWords } from "../words/words.js";

export function FileButton({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const { models } = useWords();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => input.current?.click()}>
        {models.open}
      </button>
      <input
        ref={input}
        type="file"
        accept=".gguf"
        multiple
        hidden
        aria-label={models.file}
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
