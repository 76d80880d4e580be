/** Markdown, loaded apart from the first screen: it is as large as all else. Where it cannot be fetched, texts are shown as they are. */
import { lazy, memo } from "react";
import type { MarkdownProps } from "./Markdown.js";

function PlainText({ text }: MarkdownProps) {
  return <p className="plain">{text}</p>;
}

const load = () => import("./Markdown.js");

export const Markdown = lazy(() => load().catch(() => ({ default: memo(PlainText) })));

/** Fetches it before it is needed. */
export function prepareMarkdown(): void {
  // It is tried again when a text is drawn.
  load().catch(() => undefined);
}
