/** How the engine computes. Changes take effect when they are applied, as the model is loaded again. */
import type { CacheType, Device } from "@hearth/sdk";
import { assets } from "#assets";
import { useState } from "react";
import { restartEngine } from "../engine/engine.js";
import { prefer, usePreferences } from "../preferences.js";
import { useWords } from "../words/words.js";
import { NumberField } from "./NumberField.js";
import { SelectField } from "./SelectField.js";

const DEVICES: readonly Device[] = ["auto", "cpu", "gpu"];
const CACHES: readonly (CacheType | undefined)[] = [undefined, "f32", "f16", "q8_0"];

export function EngineSettings() {
  const { settings } = useWords();
  const { device, threads, contextLength, cacheType } = usePreferences();
  const [wanted, setWanted] = useState({ device, threads, contextLength, cacheType });
  const isChanged = wanted.device !== device || wanted.threads !== threads || wanted.contextLength !== contextLength || wanted.cacheType !== cacheType;
  const apply = (): void => {
    prefer(wanted);
    void restartEngine();
  };
  return (
    <section className="card fields" aria-labelledby="engine">
      <h2 id="engine">{settings.engine}</h2>
      <SelectField label={settings.device} value={wanted.device} options={DEVICES.map((one) => [one, settings.devices[one]])} onChange={(device) => setWanted({ ...wanted, device })} />
      {/* Pages of files have one thread. */}
      {!assets.isSingleFile && (
        <NumberField label={settings.threads} value={wanted.threads} least={1} most={navigator.hardwareConcurrency} step={1} otherwise={undefined} placeholder={settings.fastest} onChange={(threads) => setWanted({ ...wanted, threads })} />
      )}
      <NumberField label={settings.context} value={wanted.contextLength} least={1} most={1_048_576} step={1} otherwise={undefined} placeholder={settings.ofModel} onChange={(contextLength) => setWanted({ ...wanted, contextLength })} />
      <SelectField
        label={settings.cache}
        value={wanted.cacheType}
        options={CACHES.map((one) => [one, one === undefined ? settings.automatic : settings.caches[one]])}
        onChange={(cacheType) => setWanted({ ...wanted, cacheType })}
      />
      <div className="actions">
        <button type="button" className="primary" disabled={!isChanged} onClick={apply}>
          {settings.apply}
        </button>
        <p className="hint">{settings.engineHint}</p>
      </div>
    </section>
  );
}
