/** The page: conversations at the side, and the one, or the page, that was chosen. */
import { useEffect, useRef } from "react";
import { chatAddress, open, refreshOpen, startNew, useChat } from "./chat/chat.js";
import { attach } from "./chat/draft.js";
import { DropZone } from "./components/DropZone.js";
import { ListNotice } from "./components/Notice.js";
import { Sidebar } from "./components/Sidebar.js";
import { StatusBar } from "./components/StatusBar.js";
import { UpdateNote } from "./components/UpdateNote.js";
import { library } from "./conversations/library.js";
import { refreshList, useList } from "./conversations/list.js";
import { loadModel, startEngine, useEngine } from "./engine/engine.js";
import { prepareMarkdown } from "./markdown/lazy.js";
import { storedSources } from "./models/downloads.js";
import { EMBER } from "./models/ember.js";
import { type Given, isFile, isFolder, isModelFile } from "./models/given.js";
import { addFolder, openGiven, reopenLocal } from "./models/open-local.js";
import { type Catalog, useCatalog } from "./models/useCatalog.js";
import { ChatPage } from "./pages/ChatPage.js";
import { DevicePage } from "./pages/DevicePage.js";
import { ModelsPage } from "./pages/ModelsPage.js";
import { SettingsPage } from "./pages/SettingsPage.js";
import { type LastModel, usePreferences } from "./preferences.js";
import { ADDRESSES, conversationAddress, go, rename, type Route, useRoute } from "./route.js";
import { useWords } from "./words/words.js";

export function App() {
  const words = useWords();
  const route = useRoute();
  const catalog = useCatalog();
  useStart();
  useAppearance();
  useFirstModel(catalog);
  useRoutedConversation(route);
  return (
    <div className="page">
      <a className="skip" href="#main" onClick={skipToMain}>
        {words.nav.skip}
      </a>
      <Sidebar route={route} />
      <div className="content">
        <main id="main" tabIndex={-1}>
          <UpdateNote />
          <ListNotice />
          {route.page === "chat" && <ChatPage catalog={catalog} />}
          {route.page === "models" && <ModelsPage catalog={catalog} />}
          {route.page === "device" && <DevicePage />}
          {route.page === "settings" && <SettingsPage />}
        </main>
        <StatusBar />
      </div>
      <DropZone onGiven={(given) => void take(given)} />
    </div>
  );
}

/** The model that answered last; a downloaded one that is no longer there is not fetched again unasked. */
async function openLast(last: LastModel): Promise<void> {
  if ("isInTheBox" in last) return await loadModel(EMBER);
  if ("source" in last) return await loadModel(last);
  if ("localId" in last) return await reopenLocal(last.localId);
  const sources = await storedSources(last.files).catch(() => undefined);
  if (sources !== undefined) await loadModel({ name: last.name, source: sources });
}

/** Models are opened, those in folders are listed; all else goes with the next message. */
async function take(given: readonly Given[]): Promise<void> {
  const folders = given.filter(isFolder);
  const models = given.filter(isFile).filter(isModelFile);
  const others = given.filter((one) => one instanceof File).filter((file) => !isModelFile(file));
  go(models.length + others.length > 0 ? chatAddress() : ADDRESSES.models);
  for (const folder of folders) await addFolder(folder);
  await Promise.all([...(models.length > 0 ? [openGiven(models)] : []), ...(others.length > 0 ? [attach(others)] : [])]);
}

function skipToMain(event: { preventDefault: () => void }): void {
  // The part behind # is the route.
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** Starts the engine, and the list of conversations with what other tabs do to it. */
function useStart(): void {
  useEffect(() => {
    void startEngine().then(prepareMarkdown);
    library.onOpen = (place) => useList.setState({ place });
    library.onChange = (conversation) => {
      void refreshList();
      void refreshOpen(conversation);
    };
    void refreshList();
  }, []);
}

/** Theme, text size and language, as the whole document has them. */
function useAppearance(): void {
  const { theme, textSize, language } = usePreferences();
  useEffect(() => {
    const { documentElement: page } = document;
    page.style.colorScheme = theme === "system" ? "light dark" : theme;
    page.style.fontSize = `${textSize}%`;
    page.lang = language;
  }, [theme, textSize, language]);
}

/** Loads, at the start, the model that answered last; else the model in the box, where the server has no other one. A person who chooses is first. */
function useFirstModel(catalog: Catalog): void {
  const phase = useEngine((state) => state.phase);
  const isDecided = useRef(false);
  useEffect(() => {
    if (phase !== "starting" && phase !== "choosing") isDecided.current = true;
    if (isDecided.current || catalog.entries === undefined) return;
    isDecided.current = true;
    const { lastModel } = usePreferences.getState();
    if (lastModel !== undefined) void openLast(lastModel);
    else if (!catalog.entries.some((entry) => entry.supported)) void loadModel(EMBER);
  });
}

/** Shows the conversation that the address names; gives a new one its address once it is kept. */
function useRoutedConversation(route: Route): void {
  const wanted = route.page === "chat" ? route.conversation : undefined;
  const { page } = route;
  const shown = useChat((state) => state.open.conversation.id);
  const isKept = useChat((state) => state.open.isKept);
  useEffect(() => {
    if (page !== "chat") return;
    const { open: now } = useChat.getState();
    if (wanted === undefined && now.isKept) startNew();
    else if (wanted !== undefined && wanted !== now.conversation.id) void open(wanted);
  }, [page, wanted]);
  useEffect(() => {
    // The effect above may have begun another one.
    const { conversation, isKept } = useChat.getState().open;
    if (page === "chat" && wanted === undefined && isKept) rename(conversationAddress(conversation.id));
  }, [page, wanted, shown, isKept]);
}
