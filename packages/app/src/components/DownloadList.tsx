/** Downloads that are under way, paused or failed. */
import { useEffect, useId, useRef } from "react";
import { type Download, pause, remove, useDownloads } from "../models/downloads.js";
import { openFiles } from "../models/open.js";
import { useWords } from "../words/words.js";
import { Notice } from "./Notice.js";

export function DownloadList() {
  const downloads = useDownloads((state) => state.downloads);
  return downloads.map((download) => <DownloadCard key={download.id} download={download} />);
}

function DownloadCard({ download }: { readonly download: Download }) {
  const card = useRef<HTMLElement>(null);
  // What was clicked to begin it may be far below.
  useEffect(() => {
    card.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const { downloads: words } = useWords();
  const { id, name, files, state, doneBytes, totalBytes, bytesPerSecond, problem } = download;
  const heading = useId();
  const isKnown = Number.isFinite(totalBytes);
  const secondsLeft = bytesPerSecond === undefined || bytesPerSecond === 0 || !isKnown ? undefined : (totalBytes - doneBytes) / bytesPerSecond;
  return (
    <section ref={card} className="card load" aria-labelledby={heading}>
      <h2 id={heading}>{words.title(name)}</h2>
      <progress aria-labelledby={heading} max={isKnown ? totalBytes : 1} value={isKnown ? doneBytes : undefined} />
      {problem && <Notice problem={problem} />}
      <div className="load-foot">
        <p role="status">{state === "running" ? words.progress(doneBytes, totalBytes, bytesPerSecond, secondsLeft) : words.paused(doneBytes, totalBytes)}</p>
        <div className="actions">
          {state === "running" ? (
            <button type="button" onClick={() => pause(id)}>
              {words.pause}
            </button>
          ) : (
            <button type="button" className="primary" onClick={() => void openFiles(id, name, files, totalBytes)}>
              {words.resume}
            </button>
          )}
          <button type="button" onClick={() => remove(id)}>
            {words.dismiss}
          </button>
        </div>
      </div>
    </section>
  );
}
