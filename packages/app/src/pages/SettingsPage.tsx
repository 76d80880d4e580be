/** What a person can set for this browser, and what is kept in it. */
import { DataSettings } from "../components/DataSettings.js";
import { EndpointSettings } from "../components/EndpointSettings.js";
import { EngineSettings } from "../components/EngineSettings.js";
import { SelectField } from "../components/SelectField.js";
import { type Language, prefer, TEXT_SIZES, type Theme, usePreferences } from "../preferences.js";
import { LANGUAGES, useWords } from "../words/words.js";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function SettingsPage() {
  const { settings, format } = useWords();
  const { language, theme, textSize } = usePreferences();
  return (
    <>
      <header className="head">
        <h1>{settings.title}</h1>
      </header>
      <section className="card fields" aria-labelledby="appearance">
        <h2 id="appearance">{settings.appearance}</h2>
        <SelectField
          label={settings.language}
          value={language}
          options={(Object.keys(LANGUAGES) as Language[]).map((one) => [one, LANGUAGES[one]])}
          onChange={(language) => prefer({ language })}
        />
        <SelectField label={settings.theme} value={theme} options={THEMES.map((one) => [one, settings.themes[one]])} onChange={(theme) => prefer({ theme })} />
        <SelectField label={settings.textSize} value={textSize} options={TEXT_SIZES.map((one) => [one, format.percent(one / 100)])} onChange={(textSize) => prefer({ textSize })} />
      </section>
      <EngineSettings />
      <EndpointSettings />
      <DataSettings />
    </>
  );
}
