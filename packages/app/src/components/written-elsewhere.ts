/** Whether an answer is being written in another tab, which holds the message's lock meanwhile. */
import { useEffect, useState } from "react";
import { refreshOpen } from "../chat/chat.js";
import { lockOf } from "../chat/writing-lock.js";
import type { Message } from "../conversations/protocol.js";

/** Whether another tab writes it; what is written there comes by itself. */
export function useWrittenElsewhere({ id, status }: Message, isWrittenHere: boolean): boolean {
  const [isElsewhere, setElsewhere] = useState(false);
  const mayBe = status === "writing" && !isWrittenHere;
  useEffect(() => {
    if (!mayBe) return;
    const leave = new AbortController();
    void followed(id, setElsewhere, leave.signal);
    return () => {
      leave.abort();
      setElsewhere(false);
    };
  }, [id, mayBe]);
  return mayBe && isElsewhere;
}

async function followed(message: string, tell: (isElsewhere: boolean) => void, signal: AbortSignal): Promise<void> {
  const { locks } = navigator;
  if (locks === undefined) return;
  const name = lockOf(message);
  const { held = [] } = await locks.query();
  if (signal.aborted || !held.some((lock) => lock.name === name)) return;
  tell(true);
  // It is free when the other tab has finished, or is gone; what it kept last is read before anything is said of it.
  await locks.request(name, { mode: "shared", signal }, () => undefined).then(
    () => refreshOpen(undefined),
    () => undefined,
  );
  if (!signal.aborted) tell(false);
}
