/**
 * What the tabs of an origin say to each other about one model. The leader has the engine; it is whoever holds the model's lock.
 * Each other tab is a client with a channel of its own to the leader, and holds a lock of its own, by which the leader sees that it is gone.
 */
import type { Unnumbered } from "../engine-worker.js";
import type { Build, LoadProgress, ModelInfo } from "../interface.js";
import type { Event, Interruption, Request, RequestId } from "../protocol.js";

/** To all tabs. */
export type Announcement =
  /** A client is there. */
  | { readonly type: "hello"; readonly client: string }
  /** Another tab has the engine from now on: say hello to it. */
  | { readonly type: "leader" };

/** A model that is loaded, as clients know it. */
export interface Welcome {
  readonly type: "welcome";
  readonly info: ModelInfo;
  readonly build: Build;
  readonly threads: number;
}

/** From the leader to a client. */
export type ToClient = Welcome | { readonly type: "progress"; readonly progress: LoadProgress } | { readonly type: "event"; readonly event: Event };

/** From a client to the leader. */
export type ToLeader =
  | { readonly type: "request"; readonly id: RequestId; readonly request: Unnumbered<Request> }
  | { readonly type: "interruption"; readonly interruption: Interruption };

/** The names of the locks and channels of a model. */
export interface Names {
  /** Held by the leader. */
  readonly lock: string;
  /** Announcements. */
  readonly channel: string;
  /** A client's own lock and channel. */
  client(id: string): string;
}

/** Of the model with this key. */
export function names(key: string): Names {
  const base = `hearth:${key}`;
  return { lock: base, channel: base, client: (id) => `${base}:${id}` };
}
