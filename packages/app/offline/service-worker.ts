/**
 * The service worker: after the first visit the page works without a network. It adds the headers under which a page may use threads, so that any static host
 * serves them; and it lets a new version wait until the person agrees.
 */
import { addPlugins, cleanupOutdatedCaches, type PrecacheEntry, precacheAndRoute } from "workbox-precaching";
import { RangeRequestsPlugin } from "workbox-range-requests";
import { registerRoute } from "workbox-routing";
import { NetworkFirst } from "workbox-strategies";

declare const self: ServiceWorkerGlobalScope;
/** The files of the page, each with what tells that it changed: the build puts them here. */
declare const FILES: readonly PrecacheEntry[];

const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
} as const;

/** What a host changes without building the page again. */
const OF_THE_HOST = ["catalogue.json", "config.json"].map((name) => new URL(name, self.registration.scope).href);

addPlugins([
  // The engine reads the model in the box piece by piece.
  new RangeRequestsPlugin(),
  { handlerWillRespond: async ({ response }) => isolated(response) },
]);
const newest = new NetworkFirst({ cacheName: "of-the-host" });
registerRoute(({ url }) => OF_THE_HOST.includes(url.href), newest);
// What stands behind `?` is for the page.
precacheAndRoute([...FILES], { ignoreURLParametersMatching: [/.*/] });
cleanupOutdatedCaches();

// The first page asked for those before this worker could keep them.
self.addEventListener("install", (event) => {
  const asked = OF_THE_HOST.map((url) => newest.handle({ event, request: new Request(url) }).catch(() => undefined));
  event.waitUntil(Promise.all(asked));
});
self.addEventListener("message", ({ data }) => {
  if (data?.type === "SKIP_WAITING") void self.skipWaiting();
});
// The first page of all is served by the host, perhaps without those headers: it can be loaded again at once.
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

function isolated(response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
