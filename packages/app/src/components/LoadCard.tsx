import type { LoadProgress } from "@hearth/sdk";
import { useWords } from "../words/words.js";

interface Props {
  readonly name: string;
  readonly progress: LoadProgress | undefined;
  readonly onCancel: () => void;
}

export function LoadCard({ name, progress, onCancel }: Props) {
  const { models, cancel } = useWords();
  return (
    <section className="card load" aria-labelledby="loading">
      <h2 id="loading">{models.loading(name)}</h2>
      <progress aria-labelledby="loading" max={progress?.totalBytes ?? 1} value={progress?.doneBytes} />
      <div className="load-foot">
        <p role="status">{progress === undefined ? models.header : models.progress(progress.doneBytes, progress.totalBytes, progress.secondsLeft)}</p>
        <button type="button" onClick={onCancel}>
          {cancel}
        </button>
      </div>
    </section>
  );
}
