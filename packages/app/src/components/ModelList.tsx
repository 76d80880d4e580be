import { useState } from "react";
import { bytes, integer, parameters } from "../format.js";
import { EMBER } from "../models/ember.js";
import { type CatalogEntry, firstToTry, type Model, modelOfEntry, title } from "../models/catalog.js";
import type { Catalog } from "../models/useCatalog.js";

/** A longer list can be searched. */
const LONG_LIST = 8;

interface Props {
  readonly catalog: Catalog;
  readonly onLoad: (model: Model) => Promise<void>;
}

export function ModelList({ catalog, onLoad }: Props) {
  const [wanted, setWanted] = useState("");
  const { entries } = catalog;
  const inTheBox = <ModelInTheBox onLoad={onLoad} />;
  if (entries === undefined) return <p className="hint">Looking for models…</p>;
  if (entries.length === 0) {
    return (
      <>
        <ul className="models">{inTheBox}</ul>
        <NoModels hasFailed={catalog.hasFailed} onRefresh={catalog.refresh} />
      </>
    );
  }

  const first = firstToTry(entries);
  const words = wanted.toLowerCase();
  const matches = entries.filter((entry) => `${entry.id} ${entry.name ?? ""} ${entry.architecture ?? ""}`.toLowerCase().includes(words));
  const runnable = matches.filter((entry) => entry.supported).sort((a, b) => Number(b === first) - Number(a === first));
  const others = matches.filter((entry) => !entry.supported);
  return (
    <>
      {entries.length > LONG_LIST && (
        <input
          type="search"
          value={wanted}
          placeholder="Search the models"
          aria-label="Search the models"
          onChange={({ target }) => setWanted(target.value)}
        />
      )}
      {matches.length === 0 && <p className="hint">No model is called that.</p>}
      <ul className="models">
        {runnable.map((entry) => (
          <li key={entry.id}>
            <ModelButton entry={entry} isFirst={entry === first} onLoad={onLoad} />
          </li>
        ))}
        {inTheBox}
      </ul>
      {others.length > 0 && <Unsupported entries={others} />}
    </>
  );
}

/** The one that comes with the page: the last choice where there are others. */
function ModelInTheBox({ onLoad }: Pick<Props, "onLoad">) {
  return (
    <li>
      <button type="button" className="model" data-model={EMBER.name} onClick={() => void onLoad(EMBER)}>
        <span className="model-title">
          <span className="model-name">{EMBER.name}</span>
          <span className="badge quiet">Demonstration</span>
        </span>
        <span className="model-facts">comes with this page, tiny: to try things, not for real work</span>
      </button>
    </li>
  );
}

interface ModelButtonProps {
  readonly entry: CatalogEntry;
  readonly isFirst: boolean;
  readonly onLoad: (model: Model) => Promise<void>;
}

function ModelButton({ entry, isFirst, onLoad }: ModelButtonProps) {
  return (
    <button type="button" className="model" data-model={entry.id} onClick={() => void onLoad(modelOfEntry(entry))}>
      <span className="model-title">
        <span className="model-name">{title(entry)}</span>
        {isFirst && <span className="badge">Start here</span>}
      </span>
      <span className="model-facts">{facts(entry).join(" · ")}</span>
    </button>
  );
}

function facts(entry: CatalogEntry): string[] {
  const found = [entry.has_chat_template ? "chat" : "completes text"];
  if (entry.parameters !== null) found.push(`${parameters(entry.parameters)} parameters`);
  if (entry.quantization !== null) found.push(entry.quantization);
  found.push(bytes(entry.size_bytes));
  if (entry.context_length !== null) found.push(`context ${integer(entry.context_length)}`);
  return found;
}

function Unsupported({ entries }: { readonly entries: readonly CatalogEntry[] }) {
  return (
    <details className="unsupported">
      <summary>{entries.length === 1 ? "1 file" : `${entries.length} files`} that cannot run here</summary>
      <ul>
        {entries.map((entry) => (
          <li key={entry.id}>
            <span className="model-name">{title(entry)}</span> <span className="hint">{entry.reason}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function NoModels({ hasFailed, onRefresh }: { readonly hasFailed: boolean; readonly onRefresh: () => void }) {
  return (
    <div className="no-models">
      <p className="hint">{hasFailed ? "The server does not tell which models it has." : "The server has no models of its own."} Open a file of yours.</p>
      <button type="button" onClick={onRefresh}>
        Look again
      </button>
    </div>
  );
}
