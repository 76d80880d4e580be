/** Checks the kernels at a click, and says what came of it. */
import type { SelfTest } from "@hearth/sdk";
import { failedNames, nameOf, runSelfTest, useSelfTest } from "../device/self-test.js";
import { useWords } from "../words/words.js";
import { Notice } from "./Notice.js";

/** A deviation, of which the magnitude is what counts. */
const shortened = (n: number): string => (n === 0 ? "0" : n.toExponential(1));

export function SelfTestCard({ canRun, hasModel }: { readonly canRun: boolean; readonly hasModel: boolean }) {
  const words = useWords().device.selfTest;
  const { isRunning, result, problem } = useSelfTest();
  return (
    <section className="card fields" aria-labelledby="self-test">
      <h2 id="self-test">{words.title}</h2>
      <p className="hint">{words.hint}</p>
      {!hasModel && <p className="hint">{words.noModel}</p>}
      {problem && <Notice problem={problem} />}
      <div className="actions">
        <button type="button" disabled={!canRun || isRunning} onClick={() => void runSelfTest()}>
          {isRunning ? words.running : words.run}
        </button>
      </div>
      <div role="status">{result && <Summary result={result} />}</div>
      {result && <Checks result={result} />}
    </section>
  );
}

function Summary({ result }: { readonly result: SelfTest }) {
  const words = useWords().device.selfTest;
  const { checks, isa, passed } = result;
  if (passed) return <p>{words.passed(checks.length, isa)}</p>;
  const failed = failedNames(result);
  return (
    <>
      <p>
        <strong>{words.failed(failed.length, checks.length, isa, failed)}</strong>
      </p>
      <p>{words.meaning}</p>
    </>
  );
}

function Checks({ result: { checks } }: { readonly result: SelfTest }) {
  const words = useWords().device.selfTest;
  // Functions among them are called what they are called.
  const variants: Readonly<Record<string, string>> = words.variants;
  return (
    <details>
      <summary>{words.table}</summary>
      <div className="table-frame" tabIndex={0}>
        <table className="plain-table" aria-label={words.table}>
          <thead>
            <tr>
              <th scope="col">{words.kernel}</th>
              <th scope="col">{words.type}</th>
              <th scope="col">{words.variant}</th>
              <th scope="col">{words.deviation}</th>
              <th scope="col">{words.tolerance}</th>
              <th scope="col">{words.result}</th>
            </tr>
          </thead>
          <tbody>
            {checks.map((check) => (
              <tr key={nameOf(check)}>
                <th scope="row">{check.kernel}</th>
                <td>{check.dtype ?? ""}</td>
                <td>{check.variant === undefined ? "" : (variants[check.variant] ?? check.variant)}</td>
                <td>{shortened(check.deviation)}</td>
                <td>{shortened(check.tolerance)}</td>
                <td>{check.passed ? words.right : words.wrong}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
