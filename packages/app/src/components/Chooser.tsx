/** The models that there are, and a file of the person's own. */
import type { ReactNode } from "react";
import type { Model } from "../models/catalog.js";
import type { Catalog } from "../models/useCatalog.js";
import { useWords } from "../words/words.js";
import { FileButton, FolderButton } from "./FileButton.js";
import { ModelList } from "./ModelList.js";

interface Props {
  readonly catalog: Catalog;
  readonly onLoad: (model: Model) => void;
  /** The way back, where there is one. */
  readonly back?: ReactNode;
}

export function Chooser({ catalog, onLoad, back }: Props) {
  const { models } = useWords();
  return (
    <section className="chooser" aria-labelledby="choose">
      <div className="chooser-head">
        <h2 id="choose">{models.title}</h2>
        <div className="actions">
          {back}
          <FileButton />
          <FolderButton />
        </div>
      </div>
      <p className="hint">{models.hint}</p>
      <ModelList catalog={catalog} onLoad={onLoad} />
    </section>
  );
}
