/** Copies a text, and says whether the browser let it. */
import { useEffect, useState } from "react";
import { useWords } from "../words/words.js";

const SHOWN_MILLIS = 2_000;

/** `text` may be found only when it is wanted. */
export function CopyButton({ text }: { readonly text: string | (() => string) }) {
  const { message } = useWords();
  const [outcome, setOutcome] = useState<"copied" | "notCopied">();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MILLIS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setOutcome("copied");
    } catch {
      setOutcome("notCopied");
    }
  };
  return (
    <button type="button" className="quiet" onClick={() => void copy()}>
      <span aria-live="polite">{message[outcome ?? "copy"]}</span>
    </button>
  );
}
