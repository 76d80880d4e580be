/** Whether the browser promised to keep the page's data when the disk is nearly full. It may ask the person, and it may never answer. */
import { create } from "zustand";

export type Keeping = "unknown" | "clearable" | "asking" | "unanswered" | "refused" | "kept";

/** A person who is asked has so long before the page says that an answer is awaited. */
const ANSWER_MILLIS = 5_000;

export const useKeeping = create<{ readonly keeping: Keeping }>()(() => ({ keeping: "unknown" }));

/** Not there without a secure context, and in old browsers. */
export function canAskToKeep(): boolean {
  return "storage" in navigator && "persist" in navigator.storage;
}

/** Finds out whether it promised before; where it does not answer, that stays unknown. */
export async function refreshKeeping(): Promise<void> {
  const isKept = await navigator.storage.persisted().catch(() => undefined);
  if (isKept === undefined) return;
  // What came of a question meanwhile is newer.
  useKeeping.setState(({ keeping }) => ({ keeping: isKept ? "kept" : keeping === "unknown" ? "clearable" : keeping }));
}

/** Asks for the promise. An answer counts however late it comes. */
export async function askToKeep(): Promise<void> {
  useKeeping.setState({ keeping: "asking" });
  const late = setTimeout(() => useKeeping.setState({ keeping: "unanswered" }), ANSWER_MILLIS);
  const isKept = await navigator.storage.persist().catch(() => false);
  clearTimeout(late);
  useKeeping.setState({ keeping: isKept ? "kept" : "refused" });
}
