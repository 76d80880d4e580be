/** The page: a model is chosen, or talked to. */
import { useState } from "react";
import { Chooser } from "./components/Chooser.js";
import { ConversationView } from "./components/ConversationView.js";
import { DropZone } from "./components/DropZone.js";
import { Header } from "./components/Header.js";
import { Notice } from "./components/Notice.js";
import { SettingsPanel } from "./components/SettingsPanel.js";
import { StatusBar } from "./components/StatusBar.js";
import { useConversation } from "./engine/useConversation.js";
import { useEngine } from "./engine/useEngine.js";
import { modelOfFiles } from "./models/catalog.js";
import { DEFAULT_SETTINGS, type Settings } from "./settings.js";

export function App() {
  const engine = useEngine();
  const [settings, setSettings] = useState<Settings>(DEFAULT_SETTINGS);
  const [isChoosing, setChoosing] = useState(false);
  const conversation = useConversation(engine, settings);
  const { state } = engine;

  const load: typeof engine.load = async (model) => {
    conversation.clear();
    setChoosing(false);
    await engine.load(model);
  };
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
            <Chooser state={state} onLoad={load} onCancel={engine.cancel} onBack={() => setChoosing(false)} />
          </>
        ) : (
          <ConversationView model={state.model} conversation={conversation} notice={notice} />
        )}
      </main>
      <StatusBar state={state} />
      <DropZone onFiles={(files) => void load(modelOfFiles(files))} />
    </div>
  );
}
