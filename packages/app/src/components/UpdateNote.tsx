/** Asks before a new version of the page takes the place of this one. */
import { applyUpdate, useUpdates } from "../updates.js";
import { useWords } from "../words/words.js";

export function UpdateNote() {
  const { updates } = useWords();
  const isWaiting = useUpdates((state) => state.isWaiting);
  if (!isWaiting) return null;
  return (
    <section className="card load-foot" role="status">
      <p>{updates.waiting}</p>
      <button type="button" className="primary" onClick={applyUpdate}>
        {updates.apply}
      </button>
    </section>
  );
}
