import { DEFAULT_SETTINGS, type Settings } from "../settings.js";

interface Props {
  readonly settings: Settings;
  readonly onChange: (settings: Settings) => void;
}

export function SettingsPanel({ settings, onChange }: Props) {
  const { temperature, maxTokens, seed } = settings;
  return (
    <details
      className="settings"
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) currentTarget.open = false;
      }}
    >
      <summary>Settings</summary>
      <div className="settings-panel card" tabIndex={-1}>
        <label>
          Temperature
          <input
            type="number"
            min="0"
            max="2"
            step="0.1"
            value={temperature}
            onChange={({ target }) => onChange({ ...settings, temperature: within(target.valueAsNumber, 0, 2, DEFAULT_SETTINGS.temperature) })}
          />
          <span className="hint">0 always takes the likeliest word; more is more varied.</span>
        </label>
        <label>
          Most tokens of an answer
          <input
            type="number"
            min="1"
            max="32768"
            step="1"
            value={maxTokens}
            onChange={({ target }) =>
              onChange({ ...settings, maxTokens: Math.round(within(target.valueAsNumber, 1, 32_768, DEFAULT_SETTINGS.maxTokens)) })
            }
          />
        </label>
        <label>
          Seed
          <input
            type="number"
            min="0"
            step="1"
            value={seed ?? ""}
            placeholder="random"
            onChange={({ target }) =>
              onChange({ ...settings, seed: Number.isNaN(target.valueAsNumber) ? undefined : Math.round(within(target.valueAsNumber, 0, 2 ** 53 - 1, 0)) })
            }
          />
          <span className="hint">The same seed gives the same answer.</span>
        </label>
      </div>
    </details>
  );
}

function within(value: number, least: number, most: number, otherwise: number): number {
  return Number.isNaN(value) ? otherwise : Math.min(most, Math.max(least, value));
}
