/** Three models that fit this machine, with what they cost and what can be expected of them. */
import { useDownloads } from "../models/downloads.js";
import { offerId, offerName, openOffer } from "../models/open.js";
import { type Recommendation, recommend } from "../models/recommend.js";
import { useHubModels, useMachine } from "../models/useHub.js";
import { useReadSpeed } from "../models/measured-speed.js";
import { useWords } from "../words/words.js";
import { MachineNote } from "./MachineNote.js";

export function Recommendations() {
  const { recommendations: words } = useWords();
  const machine = useMachine();
  const models = useHubModels();
  const { bytesPerSecond, isMeasuring } = useReadSpeed();
  if (machine === undefined || models === undefined || isMeasuring) return <p className="hint">{words.looking}</p>;
  if (models.length === 0) return null;
  const found = recommend(models, machine, bytesPerSecond);
  return (
    <section className="recommendations" aria-labelledby="fitting">
      <h2 id="fitting">{words.title}</h2>
      <MachineNote machine={machine} isTooWeak={found.length === 0} />
      <ul>
        {found.map((one) => (
          <li key={one.rank}>
            <Card recommendation={one} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Card({ recommendation }: { readonly recommendation: Recommendation }) {
  const { recommendations: words } = useWords();
  const { rank, model, variant, memoryBytes, tokensPerSecond } = recommendation;
  const id = offerId(recommendation);
  const isUnderWay = useDownloads(({ downloads }) => downloads.some((one) => one.id === id));
  return (
    <button type="button" className="card recommendation" data-offer={id} disabled={isUnderWay} onClick={() => void openOffer(recommendation)}>
      <span className="badge">{words.ranks[rank]}</span>
      <strong>{offerName(recommendation)}</strong>
      <span className="hint">{words.download(variant.sizeBytes)}</span>
      <span className="hint">{words.memory(memoryBytes)}</span>
      <span className="hint">{tokensPerSecond === undefined ? words.unknownSpeed : words.speed(tokensPerSecond)}</span>
      <span className="hint">{words.license(model.license)}</span>
    </button>
  );
}
