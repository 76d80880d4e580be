/** A server of the person's own, which can be chosen to answer instead of this machine. */
import { type FormEvent, useState } from "react";
import { isAddress } from "../host.js";
import { prefer, usePreferences } from "../preferences.js";
import { useWords } from "../words/words.js";

export function EndpointSettings() {
  const { endpoint: words } = useWords();
  const kept = usePreferences((preferences) => preferences.endpoint);
  const [baseURL, setBaseURL] = useState(kept?.baseURL ?? "");
  const [model, setModel] = useState(kept?.model ?? "");
  const [apiKey, setApiKey] = useState(kept?.apiKey ?? "");
  const isWhole = isAddress(baseURL.trim()) && model.trim() !== "";
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isWhole) return;
    const address = baseURL.trim();
    const key = apiKey.trim();
    prefer({ endpoint: { name: new URL(address).host, baseURL: address, model: model.trim(), ...(key !== "" && { apiKey: key }) } });
  };
  const forget = (): void => {
    prefer({ endpoint: undefined });
    for (const clear of [setBaseURL, setModel, setApiKey]) clear("");
  };
  return (
    <form className="card fields" aria-labelledby="endpoint" onSubmit={onSubmit}>
      <h2 id="endpoint">{words.settings}</h2>
      <p className="hint">{words.settingsHint}</p>
      <label>
        {words.address}
        <input type="text" inputMode="url" spellCheck={false} value={baseURL} placeholder="https://ai.example/v1" onChange={({ target }) => setBaseURL(target.value)} />
      </label>
      <label>
        {words.model}
        <input type="text" spellCheck={false} value={model} onChange={({ target }) => setModel(target.value)} />
      </label>
      <label>
        {words.key}
        <input type="password" autoComplete="off" value={apiKey} onChange={({ target }) => setApiKey(target.value)} />
      </label>
      <div className="actions">
        <button type="submit" className="primary" disabled={!isWhole}>
          {words.save}
        </button>
        {kept && (
          <button type="button" onClick={forget}>
            {words.forget}
          </button>
        )}
        <p className="hint" role="status">
          {kept && words.kept(kept.name)}
        </p>
      </div>
    </form>
  );
}
