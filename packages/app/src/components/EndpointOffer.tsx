/** A server that could answer instead of this machine: never without the person's word. */
import { useEffect, useState } from "react";
import { answerRemotely, useEngine } from "../engine/engine.js";
import { type Endpoint, hostConfig } from "../host.js";
import { usePreferences } from "../preferences.js";
import { useWords } from "../words/words.js";
import { Dialog } from "./Dialog.js";

/** All that there are: the host's, and the person's own. */
export function EndpointOffers() {
  const own = usePreferences((preferences) => preferences.endpoint);
  const [ofHost, setOfHost] = useState<Endpoint>();
  useEffect(() => {
    void hostConfig().then(({ endpoint }) => setOfHost(endpoint));
  }, []);
  return (
    <>
      {ofHost && <EndpointOffer endpoint={ofHost} />}
      {own && <EndpointOffer endpoint={own} />}
    </>
  );
}

function EndpointOffer({ endpoint }: { readonly endpoint: Endpoint }) {
  const { endpoint: words } = useWords();
  const [isAsking, setAsking] = useState(false);
  const isUsed = useEngine((state) => state.phase === "remote" && state.endpoint === endpoint);
  if (isUsed) return null;
  return (
    <section className="card load-foot" aria-label={words.label(endpoint.name)}>
      <p>{words.offer(endpoint.name, endpoint.model)}</p>
      <button type="button" onClick={() => setAsking(true)}>
        {words.use}
      </button>
      {isAsking && (
        <Dialog title={words.title} action={words.agree} onClose={() => setAsking(false)} onAgree={() => answerRemotely(endpoint)}>
          <p>{words.text(endpoint.name, new URL(endpoint.baseURL).origin)}</p>
        </Dialog>
      )}
    </section>
  );
}

/** Stands above conversations as long as a server answers. */
export function EndpointNote() {
  const { endpoint: words } = useWords();
  const state = useEngine();
  if (state.phase !== "remote") return null;
  const { name, baseURL } = state.endpoint;
  return (
    <p className="card" role="status">
      {words.note(name, new URL(baseURL).origin)}
    </p>
  );
}
