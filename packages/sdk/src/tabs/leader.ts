/** The tab that has the engine: it serves its own requests and those of the other tabs. */
import type { EngineHost } from "../engine-worker.js";
import { toWireError } from "../error.js";
import type { LoadProgress } from "../interface.js";
import type { Model } from "../loaded-model.js";
import type { Event, RequestId } from "../protocol.js";
import type { Announcement, Names, ToClient, ToLeader, Welcome } from "./messages.js";
import type { Link } from "./running.js";

/** The requests of one tab, by the numbers that it gave them. */
export class Served implements Link {
  readonly #ids = new Map<RequestId, RequestId>();

  constructor(
    private readonly engine: EngineHost,
    private readonly tell: (event: Exclude<Event, { type: "crashed" }>) => void,
  ) {}

  send(id: RequestId, request: Parameters<Link["send"]>[1]): void {
    const over = (): void => void this.#ids.delete(id);
    const own = this.engine.send(request, {
      answered: (answer) => this.tell({ ...answer, id }),
      failed: (error) => {
        over();
        this.tell({ type: "failed", id, error: toWireError(error, "internal") });
      },
    });
    this.#ids.set(id, own);
  }

  interrupt({ type, id }: Parameters<Link["interrupt"]>[0]): void {
    const own = this.#ids.get(id);
    if (own !== undefined) this.engine[type](own);
  }

  /** Its tab is gone. */
  close(): void {
    for (const own of this.#ids.values()) this.engine.cancel(own);
    this.#ids.clear();
  }
}

/** Serves clients. */
export class Leader {
  readonly #clients = new Map<string, { readonly channel: BroadcastChannel; served: Served | undefined }>();
  readonly #announcements: BroadcastChannel;
  #welcome: Welcome | undefined;
  #model: Model | undefined;

  constructor(private readonly names: Names) {
    this.#announcements = new BroadcastChannel(names.channel);
    this.#announcements.onmessage = ({ data }: MessageEvent<Announcement>) => data.type === "hello" && this.#admit(data.client);
    this.#announcements.postMessage({ type: "leader" } satisfies Announcement);
  }

  progress(progress: LoadProgress): void {
    for (const { channel } of this.#clients.values()) channel.postMessage({ type: "progress", progress } satisfies ToClient);
  }

  /** The model is loaded: clients may ask. */
  serve(model: Model): void {
    const { info, build, threads } = model;
    if (info === undefined) return;
    this.#model = model;
    this.#welcome = { type: "welcome", info, build, threads };
    for (const { channel } of this.#clients.values()) channel.postMessage(this.#welcome);
  }

  /** Leaves the clients to the next leader. */
  close(): void {
    this.#announcements.close();
    for (const { channel } of this.#clients.values()) channel.close();
    this.#clients.clear();
  }

  #admit(id: string): void {
    if (!this.#clients.has(id)) {
      const channel = new BroadcastChannel(this.names.client(id));
      this.#clients.set(id, { channel, served: undefined });
      channel.onmessage = ({ data }: MessageEvent<ToLeader>) => this.#receive(id, data);
      // A client holds its lock as long as it lives.
      void navigator.locks.request(this.names.client(id), () => this.#dismiss(id));
    }
    if (this.#welcome !== undefined) this.#clients.get(id)?.channel.postMessage(this.#welcome);
  }

  #dismiss(id: string): void {
    const client = this.#clients.get(id);
    client?.served?.close();
    client?.channel.close();
    this.#clients.delete(id);
  }

  #receive(id: string, message: ToLeader): void {
    const client = this.#clients.get(id);
    if (client === undefined || this.#model === undefined) return;
    const tell = (event: Event): void => {
      // Not of one that was left to the next leader.
      if (this.#clients.has(id)) client.channel.postMessage({ type: "event", event } satisfies ToClient);
    };
    client.served ??= new Served(this.#model.host, tell);
    if (message.type === "request") client.served.send(message.id, message.request);
    else client.served.interrupt(message.interruption);
  }
}
