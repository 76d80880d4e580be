/** Models that were downloaded: checked, deleted, and how much room they take. */
import type { StorageUsage, StoredFile } from "@hearth/sdk";
import { assets } from "#assets";
import { useEffect, useState } from "react";
import { loadModel } from "../engine/engine.js";
import { type Problem, problemOf } from "../engine/problem.js";
import { chatAddress } from "../chat/chat.js";
import { useKeeping } from "../keeping.js";
import { modelStore, refreshStored, useDownloads } from "../models/downloads.js";
import { go } from "../route.js";
import { useWords } from "../words/words.js";
import { Dialog } from "./Dialog.js";
import { Menu } from "./Menu.js";
import { Notice } from "./Notice.js";

export function StoredModels() {
  const { stored: words } = useWords();
  const stored = useDownloads((state) => state.stored);
  const [problem, setProblem] = useState<Problem>();
  const usage = useUsage(stored);
  const isKept = useKeeping(({ keeping }) => keeping === "kept");
  useEffect(() => {
    refreshStored().catch((error: unknown) => setProblem(problemOf(error)));
  }, []);
  if (stored === undefined && problem === undefined) return null;
  return (
    <section className="stored" aria-labelledby="stored">
      <h2 id="stored">{words.title}</h2>
      {problem && <Notice problem={problem} onClose={() => setProblem(undefined)} />}
      {usage && <p className="hint">{words.usage(usage.filesBytes, usage.quotaBytes, usage.persisted === true || isKept)}</p>}
      {assets.isSingleFile && <p className="hint">{words.singleFile}</p>}
      {stored?.length === 0 && <p className="hint">{words.none}</p>}
      <ul className="models">
        {stored?.map((file) => (
          <StoredLine key={file.id} file={file} onProblem={setProblem} />
        ))}
      </ul>
    </section>
  );
}

interface LineProps {
  readonly file: StoredFile;
  readonly onProblem: (problem: Problem) => void;
}

function StoredLine({ file, onProblem }: LineProps) {
  const { stored: words, format } = useWords();
  const [state, setState] = useState<"idle" | "verifying" | "sound">("idle");
  const [isAsking, setAsking] = useState(false);
  const { id, name, sizeBytes, storedAt } = file;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    await work().catch((error: unknown) => onProblem(problemOf(error)));
  };
  const open = (): Promise<void> =>
    attempt(async () => {
      const found = await (await modelStore()).get(id);
      if (found === undefined) return await refreshStored();
      go(chatAddress());
      await loadModel({ name: name.replace(/\.gguf$/i, ""), source: found.source });
    });
  const verify = (): Promise<void> =>
    attempt(async () => {
      setState("verifying");
      const isSound = await (await modelStore()).verify(id);
      setState(isSound ? "sound" : "idle");
      if (!isSound) onProblem({ code: "hash_mismatch", detail: name });
    });
  const erase = (): Promise<void> =>
    attempt(async () => {
      await (await modelStore()).delete(id);
      await refreshStored();
    });
  return (
    <li className="stored-line">
      <button type="button" className="model" onClick={() => void open()}>
        <span className="model-name">{name}</span>
        <span className="model-facts">
          {[format.bytes(sizeBytes), words.since(format.when(storedAt.getTime())), ...(state === "idle" ? [] : [words.states[state]])].join(" · ")}
        </span>
      </button>
      <Menu
        label={words.actions(name)}
        actions={[
          [words.verify, () => void verify()],
          [words.delete, () => setAsking(true)],
        ]}
      />
      {isAsking && (
        <Dialog title={words.deleteTitle} action={words.delete} isDangerous onClose={() => setAsking(false)} onAgree={() => void erase()}>
          <p>{words.deleteText(name, sizeBytes)}</p>
        </Dialog>
      )}
    </li>
  );
}

function useUsage(changed: unknown): StorageUsage | undefined {
  const [usage, setUsage] = useState<StorageUsage>();
  useEffect(() => {
    let isHere = true;
    modelStore()
      .then((store) => store.usage())
      .then(
        (found) => isHere && setUsage(found),
        // The list tells of the same failure.
        () => undefined,
      );
    return () => {
      isHere = false;
    };
  }, [changed]);
  return usage;
}
