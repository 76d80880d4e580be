/** What runs, for those who want to know. */
import type { EngineState } from "../engine/useEngine.js";
import { bytes, integer } from "../format.js";

export function StatusBar({ state }: { readonly state: EngineState }) {
  return (
    <footer className="status">
      {facts(state).map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
    </footer>
  );
}

function facts(state: EngineState): string[] {
  const { running } = state;
  if (running === undefined) return [state.phase === "starting" ? "The engine starts…" : "The engine does not run"];
  const found = [`${running.build} build`, running.threads === 1 ? "1 thread" : `${running.threads} threads`];
  if (state.phase === "ready") {
    const { name, info, memoryBytes } = state.model;
    found.push(name, info.architecture, `context ${integer(info.contextLength)}`, `${bytes(memoryBytes)} of memory`);
  }
  return found;
}
