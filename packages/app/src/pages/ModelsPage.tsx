/** Another model for the conversation. */
import { chatAddress } from "../chat/chat.js";
import { AddressForm } from "../components/AddressForm.js";
import { Chooser } from "../components/Chooser.js";
import { DownloadList } from "../components/DownloadList.js";
import { EndpointOffers } from "../components/EndpointOffer.js";
import { HubList } from "../components/HubList.js";
import { LocalModels } from "../components/LocalModels.js";
import { Recommendations } from "../components/Recommendations.js";
import { StoredModels } from "../components/StoredModels.js";
import { loadModel, useEngine } from "../engine/engine.js";
import type { Model } from "../models/catalog.js";
import type { Catalog } from "../models/useCatalog.js";
import { go } from "../route.js";
import { useWords } from "../words/words.js";

export function ModelsPage({ catalog }: { readonly catalog: Catalog }) {
  const words = useWords();
  const state = useEngine();
  const load = (model: Model): void => {
    go(chatAddress());
    void loadModel(model);
  };
  const back = state.phase === "ready" && (
    <a className="button" href={chatAddress()}>
      {words.models.back(state.model.name)}
    </a>
  );
  return (
    <>
      <header className="head">
        <h1>{words.nav.models}</h1>
      </header>
      <DownloadList />
      <Recommendations />
      <EndpointOffers />
      <Chooser catalog={catalog} onLoad={load} back={back} />
      <LocalModels />
      <StoredModels />
      <AddressForm />
      <HubList />
    </>
  );
}
