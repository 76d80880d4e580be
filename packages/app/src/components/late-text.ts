/** A text that is kept when the person pauses, or leaves the field, and not with every letter; nothing of it is lost. */
import { useEffect, useRef, useState } from "react";

const PAUSE_MILLIS = 400;

interface LateText {
  readonly value: string;
  readonly onChange: (event: { readonly target: { readonly value: string } }) => void;
  readonly onBlur: () => void;
}

/** `kept` is what is kept by now; a field that shows another text by then has to have another key. */
export function useLateText(kept: string, keep: (text: string) => void): LateText {
  const [written, setWritten] = useState<string>();
  const unkept = useRef<string>(undefined);
  const newest = useRef(keep);
  newest.current = keep;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [keepNow] = useState(() => (): void => {
    clearTimeout(timer.current);
    const text = unkept.current;
    unkept.current = undefined;
    if (text !== undefined) newest.current(text);
    // From here on other tabs may change it.
    setWritten(undefined);
  });
  useEffect(() => {
    addEventListener("pagehide", keepNow);
    return () => {
      removeEventListener("pagehide", keepNow);
      keepNow();
    };
  }, [keepNow]);
  return {
    value: written ?? kept,
    onChange: ({ target }) => {
      setWritten(target.value);
      unkept.current = target.value;
      clearTimeout(timer.current);
      timer.current = setTimeout(keepNow, PAUSE_MILLIS);
    },
    onBlur: keepNow,
  };
}
