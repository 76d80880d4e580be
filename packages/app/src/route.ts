/** Which page is shown: the part of the address behind `#`, so that any static host serves all of them. */
import { useSyncExternalStore } from "react";

export type Route =
  /** A new conversation, or a kept one. */
  { readonly page: "chat"; readonly conversation: string | undefined } | { readonly page: "models" | "device" | "settings" };

export const ADDRESSES = { chat: "#/", models: "#/models", device: "#/device", settings: "#/settings" } as const;

export function conversationAddress(id: string): string {
  return `#/c/${encodeURIComponent(id)}`;
}

export function routeOf(hash: string): Route {
  const [, first, second] = hash.split("/");
  if (first === "c" && second !== undefined && second !== "") return { page: "chat", conversation: decodeURIComponent(second) };
  if (first === "models" || first === "device" || first === "settings") return { page: first };
  return { page: "chat", conversation: undefined };
}

/** Shows a page; the browser's back button returns. */
export function go(address: string): void {
  location.hash = address;
}

/** Gives the page that is shown another address. */
export function rename(address: string): void {
  history.replaceState(history.state, "", address);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(
    (changed) => {
      addEventListener("hashchange", changed);
      return () => removeEventListener("hashchange", changed);
    },
    () => location.hash,
  );
  return routeOf(hash);
}
