/** Copies a text, and says so. */
import { useEffect, useState } from "react";
import { useWords } from "../words/words.js";

const SHOWN_MILLIS = 2_000;

/** `text` may be found only when it is wanted. */
export function CopyButton({ text }: { readonly text: string | (() => string) }) {
  const { message } = useWords();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MILLIS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(typeof text === "string" ? text : text());
    setCopied(true);
  };
  return (
    <button type="button" className="quiet" onClick={() => void copy()}>
      <span aria-live="polite">{isCopied ? message.copied : message.copy}</span>
    </button>
  );
}
