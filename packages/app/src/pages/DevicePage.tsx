/** What this machine is, what the engine makes of it, and how fast that is. */
import { lazy, Suspense } from "react";
import { useChat } from "../chat/chat.js";
import { LiveCounters } from "../components/LiveCounters.js";
import { Notice } from "../components/Notice.js";
import { RunTable } from "../components/RunTable.js";
import { SelfTestCard } from "../components/SelfTestCard.js";
import { runBenchmark, useBenchmark } from "../device/benchmark.js";
import { useEngine } from "../engine/engine.js";
import { saveFile } from "../files.js";
import { useMachine } from "../models/useHub.js";
import { MachineNote } from "../components/MachineNote.js";
import { useWords } from "../words/words.js";

/** The plot's library is no part of the first screen. */
const LayerPlot = lazy(() => import("../components/LayerPlot.js"));

export function DevicePage() {
  const { device: words, format } = useWords();
  const machine = useMachine();
  const engine = useEngine();
  const isAnswering = useChat(({ live }) => live.size > 0);
  const { isRunning, runs, profile, problem } = useBenchmark();
  const model = engine.phase === "ready" ? engine.model : undefined;
  return (
    <>
      <header className="head">
        <h1>{words.title}</h1>
      </header>
      <section className="card fields" aria-labelledby="machine">
        <h2 id="machine">{words.machine}</h2>
        {machine && <MachineNote machine={machine} isTooWeak={false} />}
      </section>
      <section className="card fields" aria-labelledby="engine-report">
        <h2 id="engine-report">{words.engine}</h2>
        {model === undefined ? <p className="hint">{words.noModel}</p> : <Facts facts={words.facts(model.info, model.memoryBytes, engine.running?.build ?? "")} />}
        {model && model.info.notes.length > 0 && (
          <ul aria-label={words.notes}>
            {model.info.notes.map(({ message }) => (
              <li key={message}>{message}</li>
            ))}
          </ul>
        )}
        {model && <LiveCounters info={model.info} memoryBytes={model.memoryBytes} />}
      </section>
      <section className="card fields" aria-labelledby="benchmark">
        <h2 id="benchmark">{words.benchmark}</h2>
        <p className="hint">{words.benchmarkHint}</p>
        {problem && <Notice problem={problem} />}
        <div className="actions">
          <button type="button" className="primary" disabled={model === undefined || isRunning || isAnswering} onClick={() => void runBenchmark()}>
            {isRunning ? words.running : words.run}
          </button>
          {runs.length > 0 && (
            <button type="button" onClick={() => saveFile(new Blob([JSON.stringify(runs, null, 1)], { type: "application/json" }), "hearth-benchmark")}>
              {words.share}
            </button>
          )}
        </div>
        {runs.length > 0 && <RunTable runs={runs} />}
        {profile && (
          <Suspense fallback={null}>
            <LayerPlot profile={profile} label={words.layers} axis={words.microseconds} />
          </Suspense>
        )}
        {profile && (
          <table className="plain-table">
            <caption>{words.operations}</caption>
            <tbody>
              {profile.operations.map(({ operation, cost }) => (
                <tr key={operation}>
                  <th scope="row">{operation}</th>
                  <td>{words.milliseconds(cost.seconds * 1_000)}</td>
                  <td>{format.integer(cost.calls)}×</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <SelfTestCard hasModel={model !== undefined} canRun={model !== undefined && !isRunning && !isAnswering} />
    </>
  );
}

function Facts({ facts }: { readonly facts: readonly (readonly [string, string])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
