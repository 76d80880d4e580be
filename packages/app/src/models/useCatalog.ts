/** Fetches the list of models once, and again when asked. */
import { useCallback, useEffect, useState } from "react";
import { type CatalogEntry, fetchCatalog } from "./catalog.js";

export interface Catalog {
  /** `undefined` until it is there. */
  readonly entries: readonly CatalogEntry[] | undefined;
  readonly hasFailed: boolean;
  readonly refresh: () => void;
}

export function useCatalog(): Catalog {
  const [entries, setEntries] = useState<readonly CatalogEntry[]>();
  const [hasFailed, setFailed] = useState(false);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const leaving = new AbortController();
    fetchCatalog(leaving.signal).then(
      (found) => {
        setEntries(found);
        setFailed(false);
      },
      () => {
        if (leaving.signal.aborted) return;
        setEntries([]);
        setFailed(true);
      },
    );
    return () => leaving.abort();
  }, [attempt]);

  return { entries, hasFailed, refresh: useCallback(() => setAttempt((n) => n + 1), []) };
}
