/** What a person sees before there is a model: the load under way, the server's models, a file of their own. */
import type { EngineState } from "../engine/useEngine.js";
import { type Model, modelOfFiles } from "../models/catalog.js";
import type { Catalog } from "../models/useCatalog.js";
import { FileButton } from "./FileButton.js";
import { LoadCard } from "./LoadCard.js";
import { ModelList } from "./ModelList.js";

interface Props {
  readonly state: EngineState;
  readonly catalog: Catalog;
  readonly onLoad: (model: Model) => Promise<void>;
  readonly onCancel: () => void;
  readonly onBack: () => void;
}

export function Chooser({ state, catalog, onLoad, onCancel, onBack }: Props) {
  return (
    <>
      {state.phase === "loading" && <LoadCard name={state.name} progress={state.progress} onCancel={onCancel} />}
      <section className="chooser" aria-labelledby="choose">
        <div className="chooser-head">
          <h2 id="choose">Choose a model</h2>
          <div className="actions">
            {state.phase === "ready" && (
              <button type="button" onClick={onBack}>
                Back to {state.model.name}
              </button>
            )}
            <FileButton onFiles={(files) => void onLoad(modelOfFiles(files))} />
          </div>
        </div>
        <p className="hint">
          One of these, or a GGUF file of yours: open it, or drop it anywhere on this page. Of a split model, take all
          its files at once.
        </p>
        <ModelList catalog={catalog} onLoad={onLoad} />
      </section>
    </>
  );
}
