/** Searches the conversations, a moment after the last letter. */
import { useEffect, useState } from "react";
import { search, useList } from "../conversations/list.js";
import { useWords } from "../words/words.js";

const PAUSE_MILLIS = 150;

export function SearchField() {
  const words = useWords();
  const [text, setText] = useState("");
  const isThere = useList((state) => state.total > 0 || state.query !== "");
  useEffect(() => {
    const timer = setTimeout(() => void search(text), PAUSE_MILLIS);
    return () => clearTimeout(timer);
  }, [text]);
  if (!isThere) return null;
  return <input type="search" value={text} placeholder={words.list.search} aria-label={words.list.search} onChange={({ target }) => setText(target.value)} />;
}
