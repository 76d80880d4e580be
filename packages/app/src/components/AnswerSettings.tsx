/** How the answers of this conversation are drawn, what the model is told before it, and the tools that it may call. */
import { useRef } from "react";
import { change } from "../chat/chat.js";
import { BALANCED, type Preset, presetOf, PRESETS, type Sampling, samplingOf } from "../chat/sampling.js";
import type { Open } from "../chat/state.js";
import { type Offer, offerOf, settingsOf } from "../chat/tools.js";
import { useWords } from "../words/words.js";
import { useLateText } from "./late-text.js";
import { NumberField } from "./NumberField.js";
import { ToolSettings } from "./ToolSettings.js";

/** The texts in it belong to one conversation: another one needs another key. */
export function AnswerSettings({ open }: { readonly open: Open }) {
  const { answers } = useWords();
  const { conversation } = open;
  const panel = useRef<HTMLDetailsElement>(null);
  const sampling = samplingOf(conversation.settings);
  const offer = offerOf(conversation.settings);
  const set = (changes: Partial<Sampling>): void => void change({ settings: { ...conversation.settings, ...sampling, ...changes } }, open);
  const setOffer = (changes: Partial<Offer>): void => void change({ settings: { ...conversation.settings, ...settingsOf({ ...offer, ...changes }) } }, open);
  const systemPrompt = useLateText(conversation.systemPrompt, (text) => void change({ systemPrompt: text }, open));
  const preset = presetOf(sampling);
  return (
    <details
      ref={panel}
      className="settings"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !panel.current?.open) return;
        event.preventDefault();
        panel.current.open = false;
        panel.current.querySelector("summary")?.focus();
      }}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) currentTarget.open = false;
      }}
    >
      <summary>{answers.title}</summary>
      <div className="settings-panel card" tabIndex={-1}>
        <label>
          {answers.systemPrompt}
          <textarea rows={3} dir="auto" {...systemPrompt} />
          <span className="hint">{answers.systemPromptHint}</span>
        </label>
        <label>
          {answers.preset}
          <select value={preset ?? ""} onChange={({ target }) => target.value !== "" && set(PRESETS[target.value as Preset])}>
            {preset === undefined && <option value="">{answers.own}</option>}
            {(Object.keys(PRESETS) as Preset[]).map((name) => (
              <option key={name} value={name}>
                {answers.presets[name]}
              </option>
            ))}
          </select>
        </label>
        <NumberField label={answers.temperature} hint={answers.temperatureHint} value={sampling.temperature} least={0} most={2} step={0.1} otherwise={BALANCED.temperature} onChange={(temperature) => set({ temperature })} />
        <NumberField label={answers.topP} hint={answers.topPHint} value={sampling.topP} least={0.01} most={1} step={0.01} otherwise={BALANCED.topP} onChange={(topP) => set({ topP })} />
        <NumberField label={answers.maxTokens} value={sampling.maxTokens} least={1} most={32_768} step={1} otherwise={BALANCED.maxTokens} onChange={(maxTokens) => set({ maxTokens })} />
        <NumberField label={answers.seed} hint={answers.seedHint} value={sampling.seed} least={0} most={2 ** 53 - 1} step={1} otherwise={undefined} placeholder={answers.random} onChange={(seed) => set({ seed })} />
        <ToolSettings offer={offer} onChange={setOffer} />
      </div>
    </details>
  );
}
