/** The page: a model is chosen, or talked to. */
import { useEffect, useRef, useState } from "react";
import { Chooser } from "./components/Chooser.js";
import { ConversationView } from "./components/ConversationView.js";
import { DropZone } from "./components/DropZone.js";
import { Header } from "./components/Header.js";
import { Notice } from "./components/Notice.js";
import { SettingsPanel } from "./components/SettingsPanel.js";
import { StatusBar } from "./components/StatusBar.js";
import { useConversation } from "./engine/useConversation.js";
import { type EngineState, useEngine } from "./engine/useEngine.js";
import { type Model, modelOfFiles } from "./models/catalog.js";
import { EMBER } from "./models/ember.js";
import { type Catalog, useCatalog } from "./models/useCatalog.js";
import { DEFAULT_SETTINGS, type Settings } from "./settings.js";

export function App() {
  const engine = useEngine();
  const catalog = useCatalog();
  const [settings, setSettings] = useState<Settings>(DEFAULT_SETTINGS);
  const [isChoosing, setChoosing] = useState(false);
  const conversation = useConversation(engine, settings);
  const { state } = engine;

  const load: typeof engine.load = async (model) => {
    conversation.clear();
    setChoosing(false);
    await engine.load(model);
  };
  useModelInTheBox(catalog, state, load);
  const notice = state.problem && <Notice problem={state.problem} onClose={engine.dismiss} />;
  const showsChooser = isChoosing || state.phase !== "ready";

  return (
    <div className="page">
      <Header
        hasModel={state.phase === "ready"}
        isChoosing={showsChooser}
        onChangeModel={() => setChoosing(true)}
        onNewConversation={conversation.clear}
        settings={<SettingsPanel settings={settings} onChange={setSettings} />}
      />
      <main>
        {showsChooser ? (
          <>
            {notice}
            <Chooser state={state} catalog={catalog} onLoad={load} onCancel={engine.cancel} onBack={() => setChoosing(false)} />
          </>
        ) : (
          <ConversationView model={state.model} conversation={conversation} notice={notice} onLoad={load} />
        )}
      </main>
      <StatusBar state={state} />
      <DropZone onFiles={(files) => void load(modelOfFiles(files))} />
    </div>
  );
}

/** Loads the model in the box at the start, where the server has no other one and the person has not chosen any. */
function useModelInTheBox(catalog: Catalog, state: EngineState, load: (model: Model) => Promise<void>): void {
  const isDecided = useRef(false);
  useEffect(() => {
    if (state.phase !== "starting" && state.phase !== "choosing") isDecided.current = true;
    if (isDecided.current || catalog.entries === undefined) return;
    isDecided.current = true;
    if (!catalog.entries.some((entry) => entry.supported)) void load(EMBER);
  });
}
