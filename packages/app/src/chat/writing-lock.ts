/**
 * The Web Lock that a tab holds while it writes an answer: the browser frees it when the tab is closed or crashes. Pages that are no secure context
 * have no locks, and tell nothing.
 */

export function lockOf(message: string): string {
  return `hearth-writing-${message}`;
}

/** Tells the other tabs that this one writes the message, until the function is called that it gives. */
export function holdWriting(message: string): () => void {
  let release = (): void => undefined;
  const written = new Promise<void>((done) => {
    release = done;
  });
  // Without the lock the other tabs say that it was broken off, and nothing else is lost.
  navigator.locks?.request(lockOf(message), () => written).catch(() => undefined);
  return release;
}
