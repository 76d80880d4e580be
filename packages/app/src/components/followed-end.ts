/** Keeps the end of the answer in view for a reader who is there, and leaves one alone who scrolled up. */
import { useEffect, useRef } from "react";
import type { Growing } from "../chat/answer.js";

/** A reader this near to the end is following it. */
const FOLLOW_PIXELS = 160;

export function useFollowedEnd(messages: number, growing: Growing | undefined): void {
  const lastMessages = useRef(0);
  useEffect(() => {
    if (messages === 0) return;
    const page = document.documentElement;
    const isNew = messages !== lastMessages.current;
    lastMessages.current = messages;
    const below = page.scrollHeight - page.scrollTop - page.clientHeight;
    if (isNew || below < FOLLOW_PIXELS) page.scrollTop = page.scrollHeight;
  }, [messages, growing]);
}
