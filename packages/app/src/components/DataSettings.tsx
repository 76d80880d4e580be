/** What is kept in this browser: to take it along, to bring it back, to delete it. */
import { assets } from "#assets";
import { useEffect, useRef, useState } from "react";
import { library } from "../conversations/library.js";
import { exportConversations, importConversations, useList } from "../conversations/list.js";
import type { Reply } from "../conversations/protocol.js";
import { type Problem, problemOf } from "../engine/problem.js";
import { deleteEverything } from "../everything.js";
import { saveFile } from "../files.js";
import { useWords } from "../words/words.js";
import { Dialog } from "./Dialog.js";
import { KeepData } from "./KeepData.js";
import { Notice } from "./Notice.js";

type Statistics = Extract<Reply, { type: "statistics" }>;
type Imported = Extract<Reply, { type: "imported" }>;

export function DataSettings() {
  const { settings, places } = useWords();
  const { place, conversations } = useList();
  const statistics = useStatistics(conversations);
  const file = useRef<HTMLInputElement>(null);
  const [imported, setImported] = useState<Imported>();
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const bring = async (chosen: File): Promise<void> => {
    setImported(undefined);
    setImported(await importConversations(chosen));
  };
  const forget = async (): Promise<void> => {
    setProblem(undefined);
    await deleteEverything().catch((error: unknown) => setProblem(problemOf(error)));
  };
  return (
    <section className="card fields" aria-labelledby="data">
      <h2 id="data">{settings.data}</h2>
      {statistics && place && <p>{settings.kept(statistics.conversations, statistics.messages, statistics.bytes, places[place])}</p>}
      {assets.isSingleFile && <p className="hint">{settings.singleFile}</p>}
      <KeepData />
      <div className="actions">
        <button type="button" onClick={() => void exportConversations().then((all) => all && saveFile(all, "hearth-conversations"))}>
          {settings.exportAll}
        </button>
        <button type="button" onClick={() => file.current?.click()}>
          {settings.import}
        </button>
        <button type="button" className="danger" onClick={() => setAsking(true)}>
          {settings.deleteAll}
        </button>
      </div>
      <input
        ref={file}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label={settings.importFile}
        onChange={({ target }) => {
          const [chosen] = target.files ?? [];
          if (chosen !== undefined) void bring(chosen);
          target.value = "";
        }}
      />
      <p role="status">{imported && settings.imported(imported.added, imported.replaced, imported.kept)}</p>
      {problem && <Notice problem={problem} onClose={() => setProblem(undefined)} />}
      {isAsking && (
        <Dialog title={settings.deleteAllTitle} action={settings.deleteAll} isDangerous onClose={() => setAsking(false)} onAgree={() => void forget()}>
          <p>{settings.deleteAllText}</p>
        </Dialog>
      )}
    </section>
  );
}

/** How much there is, asked again when the list changes. */
function useStatistics(changed: unknown): Statistics | undefined {
  const [statistics, setStatistics] = useState<Statistics>();
  useEffect(() => {
    let isHere = true;
    library.statistics().then(
      (found) => isHere && setStatistics(found),
      // The list tells of the same failure.
      () => undefined,
    );
    return () => {
      isHere = false;
    };
  }, [changed]);
  return statistics;
}
