/** Opens a model's files, or a folder with models. */
import { useRef } from "react";
import { chatAddress } from "../chat/chat.js";
import { canPickFiles, canPickFolders, type GivenFile, pickFiles, pickFolder } from "../models/given.js";
import { addFolder, openGiven } from "../models/open-local.js";
import { ADDRESSES, go } from "../route.js";
import { useWords } from "../words/words.js";

export function FileButton() {
  const { models } = useWords();
  const input = useRef<HTMLInputElement>(null);
  const open = (given: readonly GivenFile[]): void => {
    if (given.length === 0) return;
    go(chatAddress());
    void openGiven(given);
  };
  // A frame of another origin has the picker and may not use it.
  const choose = (): void => (canPickFiles() ? void pickFiles().then(open, () => input.current?.click()) : input.current?.click());
  return (
    <>
      <button type="button" onClick={choose}>
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
          open(files);
        }}
      />
    </>
  );
}

/** Its models are listed on their page. */
export function FolderButton() {
  const { models } = useWords();
  const choose = async (): Promise<void> => {
    const folder = await pickFolder().catch(() => undefined);
    if (folder === undefined) return;
    go(ADDRESSES.models);
    await addFolder(folder);
  };
  if (!canPickFolders()) return null;
  return (
    <button type="button" onClick={() => void choose()}>
      {models.openFolder}
    </button>
  );
}
