/** What runs, for those who want to know. */
import { type EngineState, useEngine } from "../engine/engine.js";
import { useUpdates } from "../updates.js";
import { useWords, type Words } from "../words/words.js";

export function StatusBar() {
  const state = useEngine();
  const words = useWords();
  const isOffline = useUpdates((updates) => updates.isOffline);
  const all = [...facts(state, words), ...(isOffline ? [words.status.offline] : [])];
  return (
    <footer className="status">
      {all.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
    </footer>
  );
}

function facts(state: EngineState, { status }: Words): string[] {
  if (state.phase === "remote") return [status.remote(state.endpoint.name)];
  const { running } = state;
  if (running === undefined) return [state.phase === "starting" ? status.starting : status.none];
  const found = [status.build(running.build), status.threads(running.threads)];
  if (state.phase === "ready") {
    const { name, info, memoryBytes } = state.model;
    found.push(name, info.architecture, status.context(info.contextLength), status.memory(memoryBytes));
  }
  return found;
}
