/** Takes files that are dropped anywhere on the page, and says so while they hover. */
import { useEffect, useRef, useState } from "react";
import { useWords } from "../words/words.js";

export function DropZone({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const words = useWords();
  const [isOver, setOver] = useState(false);
  const newest = useRef(onFiles);
  newest.current = onFiles;

  useEffect(() => {
    const stop = new AbortController();
    const on = (type: "dragover" | "dragleave" | "drop", handle: (event: DragEvent) => void): void =>
      window.addEventListener(type, handle, { signal: stop.signal });
    on("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    });
    on("dragleave", (event) => {
      // Without a target that it goes to, it leaves the page.
      if (event.relatedTarget === null) setOver(false);
    });
    on("drop", (event) => {
      event.preventDefault();
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) newest.current(files);
    });
    return () => stop.abort();
  }, []);

  return isOver ? <div className="drop-zone">{words.models.drop}</div> : null;
}
