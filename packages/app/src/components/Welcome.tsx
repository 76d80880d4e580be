/** What stands above a conversation: the load under way, what kind of model it is, and, before the first message, models to choose from. */
import { cancelLoad, loadModel, useEngine } from "../engine/engine.js";
import { EMBER, EXAMPLES } from "../models/ember.js";
import type { Catalog } from "../models/useCatalog.js";
import { useWords } from "../words/words.js";
import { Chooser } from "./Chooser.js";
import { DemonstrationNote } from "./DemonstrationNote.js";
import { DownloadList } from "./DownloadList.js";
import { EndpointNote, EndpointOffers } from "./EndpointOffer.js";
import { LastLocalModel } from "./LocalModels.js";
import { LoadCard } from "./LoadCard.js";
import { Recommendations } from "./Recommendations.js";

interface Props {
  readonly isEmpty: boolean;
  readonly catalog: Catalog;
  readonly onExample: (text: string) => void;
}

export function Welcome({ isEmpty, catalog, onExample }: Props) {
  const words = useWords();
  const state = useEngine();
  if (state.phase === "starting" && !isEmpty) return null;
  if (state.phase === "remote") return <EndpointNote />;
  if (state.phase !== "ready") {
    return (
      <>
        {state.phase === "loading" && <LoadCard name={state.name} progress={state.progress} onCancel={cancelLoad} />}
        {state.phase === "choosing" && <LastLocalModel />}
        <DownloadList />
        {isEmpty && <Recommendations />}
        {isEmpty && <EndpointOffers />}
        {(state.phase === "choosing" || isEmpty) && <Chooser catalog={catalog} onLoad={(model) => void loadModel(model)} />}
      </>
    );
  }
  const { name, source, info } = state.model;
  const isDemonstration = source === EMBER.source;
  return (
    <>
      <DownloadList />
      {!info.hasChatTemplate && <p className="card completion-note">{words.chat.noTemplate(name)}</p>}
      {isDemonstration && <DemonstrationNote isShort={!isEmpty} />}
      {info.hasChatTemplate && isEmpty && <p className="hint">{words.chat.ready(name)}</p>}
      {isDemonstration && isEmpty && (
        <ul className="examples" aria-label={words.demonstration.examples}>
          {EXAMPLES.map((example) => (
            <li key={example}>
              <button type="button" onClick={() => onExample(example)}>
                {example}
              </button>
            </li>
          ))}
        </ul>
      )}
      {isDemonstration && isEmpty && <Recommendations />}
      {isDemonstration && isEmpty && <EndpointOffers />}
    </>
  );
}
