/** How far a load has come as one number, for those who ask for no more. */
import type { LoadProgress } from "./interface.js";

/** Of a load that begins with a download: the network is slower than the disk. */
const DOWNLOAD_SHARE = 0.9;

/** From 0 to 1, and never back. */
export class LoadShare {
  #hasDownload = false;
  #share = 0;

  update({ phase, doneBytes, totalBytes }: Pick<LoadProgress, "phase" | "doneBytes" | "totalBytes">): number {
    this.#hasDownload ||= phase === "download";
    const part = totalBytes === 0 ? 0 : doneBytes / totalBytes;
    const whole = phase === "download" ? part * DOWNLOAD_SHARE : this.#hasDownload ? DOWNLOAD_SHARE + part * (1 - DOWNLOAD_SHARE) : part;
    this.#share = Math.max(this.#share, Math.min(whole, 1));
    return this.#share;
  }
}
