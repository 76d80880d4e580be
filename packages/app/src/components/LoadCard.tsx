import type { LoadProgress } from "@hearth/sdk";
import { useEffect } from "react";
import { bytes, duration } from "../format.js";

interface Props {
  readonly name: string;
  readonly progress: LoadProgress | undefined;
  readonly onCancel: () => void;
}

export function LoadCard({ name, progress, onCancel }: Props) {
  // The model may have been chosen far down in the list.
  useEffect(() => {
    window.scrollTo({ top: 0 });
  }, [name]);
  return (
    <section className="card load" aria-labelledby="loading">
      <h2 id="loading">Loading {name}</h2>
      <progress aria-labelledby="loading" max={progress?.totalBytes ?? 1} value={progress?.doneBytes} />
      <div className="load-foot">
        <p role="status">{progress === undefined ? "Reading the file's header" : describe(progress)}</p>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </section>
  );
}

function describe({ doneBytes, totalBytes, secondsLeft }: LoadProgress): string {
  const done = `${bytes(doneBytes)} of ${bytes(totalBytes)}`;
  return secondsLeft === undefined ? done : `${done}, ${duration(secondsLeft)} left`;
}
