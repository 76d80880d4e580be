/** Models of the person's own disk that were opened here: opened again, or forgotten. */
import { useEffect } from "react";
import { chatAddress } from "../chat/chat.js";
import type { LocalModel } from "../models/local-models.js";
import { dismissLocalProblem, forgetLocal, openLocal, refreshLocal, useLocalModels } from "../models/open-local.js";
import { go } from "../route.js";
import { useWords } from "../words/words.js";
import { Notice } from "./Notice.js";

export function LocalModels() {
  const { local: words } = useWords();
  const { models, problem } = useLocalModels();
  useEffect(() => void refreshLocal(), []);
  if (models.length === 0 && problem === undefined) return null;
  return (
    <section className="stored" aria-labelledby="local">
      <h2 id="local">{words.title}</h2>
      {problem && <Notice problem={problem} onClose={dismissLocalProblem} />}
      {models.length > 0 && <p className="hint">{words.hint}</p>}
      <ul className="models">
        {models.map((model) => (
          <LocalLine key={model.id} model={model} />
        ))}
      </ul>
    </section>
  );
}

function LocalLine({ model }: { readonly model: LocalModel }) {
  const { local: words, format } = useWords();
  const { id, name, sizeBytes, folder, openedAt } = model;
  const open = (): void => {
    void openLocal(model);
    go(chatAddress());
  };
  const facts = [format.bytes(sizeBytes), ...(folder === undefined ? [] : [words.folder(folder.name)]), words.opened(format.when(openedAt))];
  return (
    <li className="stored-line">
      <button type="button" className="model" onClick={open}>
        <span className="model-name">{name}</span>
        <span className="model-facts">{facts.join(" · ")}</span>
      </button>
      <button type="button" aria-label={words.forgetThis(name)} onClick={() => void forgetLocal(id)}>
        {words.forget}
      </button>
    </li>
  );
}

/** The model that answered last, where the browser lets it be read after a click only. */
export function LastLocalModel() {
  const { local: words } = useWords();
  const model = useLocalModels((state) => state.offered);
  if (model === undefined) return null;
  return (
    <section className="card load" aria-label={model.name}>
      <p>{words.last(model.name)}</p>
      <div className="actions">
        <button type="button" className="primary" onClick={() => void openLocal(model)}>
          {words.openAgain(model.name)}
        </button>
      </div>
    </section>
  );
}
