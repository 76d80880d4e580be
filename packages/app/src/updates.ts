/** The service worker's registration: whether a new version waits, and what lets it in. */
import { assets } from "#assets";
import { create } from "zustand";

export interface UpdatesState {
  /** Whether a new version waits for the person's word. */
  readonly isWaiting: boolean;
  /** Whether the page works without a network from now on. */
  readonly isOffline: boolean;
}

export const useUpdates = create<UpdatesState>()(() => ({ isWaiting: false, isOffline: false }));

/** Reloads once, and never in a circle. */
const RELOADED = "hearth-reloaded-for-threads";

let registration: ServiceWorkerRegistration | undefined;
let hasPersonBegun = false;

/** Registers it, where the browser has service workers and the page comes from a server. */
export async function registerServiceWorker(): Promise<void> {
  if (assets.isSingleFile || !import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, () => (hasPersonBegun = true), { once: true, capture: true });
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener("controllerchange", () => {
    if (useUpdates.getState().isWaiting) location.reload();
    else reloadForThreads();
  });
  try {
    registration = await serviceWorker.register("service-worker.js");
    follow(registration);
  } catch {
    // Without it the page works, with a network.
    return;
  }
  // The browser looks for a new version when a page is opened; this one may stay open for days.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") registration?.update().catch(() => undefined);
  });
}

/** Lets the new version in, which reloads the page. */
export function applyUpdate(): void {
  registration?.waiting?.postMessage({ type: "SKIP_WAITING" });
}

function follow(registered: ServiceWorkerRegistration): void {
  const isFirst = (): boolean => navigator.serviceWorker.controller === null;
  useUpdates.setState({ isOffline: registered.active !== null, isWaiting: registered.waiting !== null && !isFirst() });
  const watch = (installing: ServiceWorker | null): void =>
    installing?.addEventListener("statechange", () => {
      if (installing.state === "installed" && !isFirst()) useUpdates.setState({ isWaiting: true });
      if (installing.state === "activated") useUpdates.setState({ isOffline: true });
    });
  watch(registered.installing);
  registered.addEventListener("updatefound", () => watch(registered.installing));
}

/** A host without the headers for threads: the service worker has them, from the next load on. A person who has begun is not disturbed. */
function reloadForThreads(): void {
  if (crossOriginIsolated || hasPersonBegun || sessionStorage.getItem(RELOADED) !== null) return;
  sessionStorage.setItem(RELOADED, "yes");
  location.reload();
}
