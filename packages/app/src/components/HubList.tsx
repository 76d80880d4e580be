/** All models of the catalogue, each in its quantisations, and whether they fit this machine. */
import { type HubModel, type Offer } from "../models/hub-catalogue.js";
import type { Machine } from "../models/machine.js";
import { useReadSpeed } from "../models/measured-speed.js";
import { offerId, openOffer } from "../models/open.js";
import { expectedSpeed, fits, memoryOf } from "../models/recommend.js";
import { useHubModels, useMachine } from "../models/useHub.js";
import { useWords } from "../words/words.js";

export function HubList() {
  const { hub } = useWords();
  const machine = useMachine();
  const models = useHubModels();
  if (machine === undefined || models === undefined || models.length === 0) return null;
  return (
    <section aria-labelledby="catalogue">
      <h2 id="catalogue">{hub.title}</h2>
      <p className="hint">{hub.hint}</p>
      <ul className="hub">
        {models.map((model) => (
          <li key={model.id} className="card">
            <HubModelCard model={model} machine={machine} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function HubModelCard({ model, machine }: { readonly model: HubModel; readonly machine: Machine }) {
  const { hub, format } = useWords();
  const { bytesPerSecond } = useReadSpeed();
  return (
    <>
      <h3>{model.name}</h3>
      <p className="hint">{[hub.parameters(model.parameters), hub.context(model.contextLength), model.license].join(" · ")}</p>
      <div className="table-frame" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{hub.quantization}</th>
              <th scope="col">{hub.download}</th>
              <th scope="col">{hub.memory}</th>
              <th scope="col">{hub.speed}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {model.variants.map((variant) => {
              const offer: Offer = { model, variant };
              const speed = expectedSpeed(offer, bytesPerSecond);
              return (
                <tr key={variant.quantization}>
                  <th scope="row">{variant.quantization}</th>
                  <td>{format.bytes(variant.sizeBytes)}</td>
                  <td>{format.bytes(memoryOf(offer))}</td>
                  <td>{speed === undefined ? "–" : hub.perSecond(speed)}</td>
                  <td>
                    {fits(offer, machine) ? (
                      <button type="button" data-offer={offerId(offer)} aria-label={hub.getThis(model.name, variant.quantization)} onClick={() => void openOffer(offer)}>
                        {hub.get}
                      </button>
                    ) : (
                      <span className="hint">{hub.tooLarge}</span>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
