/** Whether the browser may delete the page's data by itself, and a button that asks it not to. */
import { useEffect } from "react";
import { askToKeep, canAskToKeep, refreshKeeping, useKeeping } from "../keeping.js";
import { useWords } from "../words/words.js";

export function KeepData() {
  const { settings } = useWords();
  const { keeping } = useKeeping();
  useEffect(() => {
    if (canAskToKeep()) void refreshKeeping();
  }, []);
  if (!canAskToKeep()) return null;
  return (
    <>
      <p role="status">{settings.keeping[keeping]}</p>
      {keeping !== "kept" && (
        <div className="actions">
          <button type="button" disabled={keeping === "asking"} onClick={() => void askToKeep()}>
            {settings.keep}
          </button>
        </div>
      )}
    </>
  );
}
