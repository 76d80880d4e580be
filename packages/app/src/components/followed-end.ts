/** Keeps the end of the answer in view for a reader who is there, and leaves one alone who scrolled up. */
import { useEffect, useRef } from "react";
import type { Growing } from "../chat/answer.js";

/** A reader this near to the end is following it. */
const FOLLOW_PIXELS = 160;
/** What is drawn late (Markdown, the note about the model, the meter of the context) is there after so long. */
const SETTLE_MILLIS = 3_000;
/** What a person does who looks at something else. */
const HANDS = ["wheel", "touchstart", "pointerdown", "keydown"] as const;

export function useFollowedEnd(messages: number, growing: Growing | undefined): void {
  const lastMessages = useRef(0);
  useEffect(() => {
    if (messages === 0) return;
    const page = document.documentElement;
    const isNew = messages !== lastMessages.current;
    lastMessages.current = messages;
    const below = page.scrollHeight - page.scrollTop - page.clientHeight;
    if (!isNew && below >= FOLLOW_PIXELS) return;
    page.scrollTop = page.scrollHeight;
    // The next piece of the answer will be followed.
    if (growing !== undefined) return;
    return keepAtEnd(page);
  }, [messages, growing]);
}

/** Keeps the end in view while the page settles, unless the person does something; gives what ends it. */
function keepAtEnd(page: HTMLElement): () => void {
  const observer = new ResizeObserver(() => {
    page.scrollTop = page.scrollHeight;
  });
  const ended = new AbortController();
  const end = (): void => {
    observer.disconnect();
    ended.abort();
  };
  observer.observe(document.body);
  for (const hand of HANDS) addEventListener(hand, end, { signal: ended.signal, passive: true });
  const timer = setTimeout(end, SETTLE_MILLIS);
  ended.signal.addEventListener("abort", () => clearTimeout(timer));
  return end;
}
