/** The models of the server, and the one in the box. */
import { assets } from "#assets";
import { useState } from "react";
import { EMBER } from "../models/ember.js";
import { type CatalogEntry, firstToTry, type Model, modelOfEntry, title } from "../models/catalog.js";
import type { Catalog } from "../models/useCatalog.js";
import { useWords, type Words } from "../words/words.js";

/** A longer list can be searched. */
const LONG_LIST = 8;

interface Props {
  readonly catalog: Catalog;
  readonly onLoad: (model: Model) => void;
}

export function ModelList({ catalog, onLoad }: Props) {
  const { models } = useWords();
  const [wanted, setWanted] = useState("");
  const { entries } = catalog;
  const inTheBox = <ModelInTheBox onLoad={onLoad} />;
  if (entries === undefined) return <p className="hint">{models.looking}</p>;
  if (entries.length === 0) {
    return (
      <>
        <ul className="models">{inTheBox}</ul>
        {assets.isSingleFile ? <p className="hint">{models.singleFile}</p> : <NoModels hasFailed={catalog.hasFailed} onRefresh={catalog.refresh} />}
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
          placeholder={models.search}
          aria-label={models.search}
          onChange={({ target }) => setWanted(target.value)}
        />
      )}
      {matches.length === 0 && <p className="hint">{models.noMatch}</p>}
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
  const { models } = useWords();
  return (
    <li>
      <button type="button" className="model" data-model={EMBER.name} onClick={() => onLoad(EMBER)}>
        <span className="model-title">
          <span className="model-name">{EMBER.name}</span>
          <span className="badge quiet">{models.inTheBox}</span>
        </span>
        <span className="model-facts">{models.inTheBoxFacts}</span>
      </button>
    </li>
  );
}

interface ModelButtonProps {
  readonly entry: CatalogEntry;
  readonly isFirst: boolean;
  readonly onLoad: (model: Model) => void;
}

function ModelButton({ entry, isFirst, onLoad }: ModelButtonProps) {
  const words = useWords();
  return (
    <button type="button" className="model" data-model={entry.id} onClick={() => onLoad(modelOfEntry(entry))}>
      <span className="model-title">
        <span className="model-name">{title(entry)}</span>
        {isFirst && <span className="badge">{words.models.first}</span>}
      </span>
      <span className="model-facts">{facts(entry, words).join(" · ")}</span>
    </button>
  );
}

function facts(entry: CatalogEntry, { models, format }: Words): string[] {
  const found = entry.has_chat_template ? [] : [models.completes];
  if (entry.parameters !== null) found.push(models.parameters(entry.parameters));
  if (entry.quantization !== null) found.push(entry.quantization);
  found.push(format.bytes(entry.size_bytes));
  if (entry.context_length !== null) found.push(models.context(entry.context_length));
  return found;
}

function Unsupported({ entries }: { readonly entries: readonly CatalogEntry[] }) {
  const { models } = useWords();
  return (
    <details className="unsupported">
      <summary>{models.unsupported(entries.length)}</summary>
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
  const { models } = useWords();
  return (
    <div className="no-models">
      <p className="hint">
        {hasFailed ? models.unreachable : models.none} {models.openYours}
      </p>
      <button type="button" onClick={onRefresh}>
        {models.again}
      </button>
    </div>
  );
}
