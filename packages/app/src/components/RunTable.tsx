/** The runs on this machine, the newest first, each compared with the one before it of the same model. */
import type { Run } from "../device/benchmark.js";
import { useWords } from "../words/words.js";

export function RunTable({ runs }: { readonly runs: readonly Run[] }) {
  const { device: words, format } = useWords();
  return (
    <div className="table-frame" tabIndex={0}>
      <table className="plain-table">
        <caption>{words.runs}</caption>
        <thead>
          <tr>
            <th scope="col">{words.when}</th>
            <th scope="col">{words.model}</th>
            <th scope="col">{words.where}</th>
            <th scope="col">{words.reads}</th>
            <th scope="col">{words.writes}</th>
            <th scope="col">{words.change}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run, at) => {
            const before = runs.slice(at + 1).find(({ model }) => model === run.model);
            return (
              <tr key={run.at}>
                <td>{format.when(run.at)}</td>
                <td>{run.model}</td>
                <td>{words.place(run.device, run.build, run.threads)}</td>
                <td>{words.perSecond(run.prefillTokensPerSecond)}</td>
                <td>{words.perSecond(run.decodeTokensPerSecond)}</td>
                <td>{before === undefined ? "–" : `${format.decimal(run.decodeTokensPerSecond / before.decodeTokensPerSecond)}×`}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
