/** Tells everybody who waits for a download how far it is: in this worker and in other tabs. */
import type { DownloadProgress } from "./interface.js";

interface Message {
  readonly key: string;
  readonly progress: DownloadProgress;
}

type Listener = (progress: DownloadProgress) => void;

/** Progress of the downloads of one store. */
export class Feed {
  readonly #channel: BroadcastChannel | undefined;
  readonly #listeners = new Map<Listener, string>();

  constructor(name: string, isShared: boolean) {
    this.#channel = isShared ? new BroadcastChannel(name) : undefined;
    if (this.#channel !== undefined) this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#deliver(data);
  }

  tell(key: string, progress: DownloadProgress): void {
    this.#channel?.postMessage({ key, progress } satisfies Message);
    this.#deliver({ key, progress });
  }

  /** Gives how to stop listening. */
  listen(key: string, listener: Listener): () => void {
    this.#listeners.set(listener, key);
    return () => this.#listeners.delete(listener);
  }

  #deliver({ key, progress }: Message): void {
    for (const [listener, of] of this.#listeners) if (of === key) listener({ ...progress, elsewhere: true });
  }
}
