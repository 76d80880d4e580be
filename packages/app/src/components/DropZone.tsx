/** Takes files and folders that are dropped anywhere on the page, and says so while they hover. */
import { useEffect, useRef, useState } from "react";
import { dropped, type Given } from "../models/given.js";
import { useWords } from "../words/words.js";

export function DropZone({ onGiven }: { readonly onGiven: (given: readonly Given[]) => void }) {
  const words = useWords();
  const [isOver, setOver] = useState(false);
  const newest = useRef(onGiven);
  newest.current = onGiven;

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
      if (event.dataTransfer === null) return;
      void dropped(event.dataTransfer).then((given) => given.length > 0 && newest.current(given));
    });
    return () => stop.abort();
  }, []);

  return isOver ? <div className="drop-zone">{words.models.drop}</div> : null;
}
