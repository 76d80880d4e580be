/** Whether a server still gives the same file. */
import { HearthError } from "../error.js";
import type { Found } from "./answer.js";
import type { RemoteFile } from "./interface.js";
import type { Item } from "./item.js";
import type { RemoteVersion } from "./journal.js";
import { Retry } from "./pace.js";

/** So many answers in a row make it certain: a single one may be a machine that errs. */
const CERTAIN = 2;

/** What is there belongs to a file that the server no longer has. */
export class Changed extends Error {}

/** The size that was told first is not the right one; the file is the same, and its last chunk is to be fetched again. */
export class Resized extends Error {}

/** Compares each answer with what the journal says. */
export class Version {
  #different = 0;

  constructor(
    private readonly item: Item,
    private readonly file: RemoteFile,
  ) {}

  /**
   * Notes what is new. Where the SHA-256 is known, a file of the same size goes on: its SHA-256 decides in the end, and
   * machines that serve the same bytes under different tags are common.
   */
  async settle(found: Found): Promise<void> {
    const { remote, expected } = this.item.ledger;
    const known = remote ?? { sizeBytes: this.file.sizeBytes };
    const isOfSize = known.sizeBytes === undefined || found.sizeBytes === undefined || known.sizeBytes === found.sizeBytes;
    const tag = compareTags(known, found);
    const isSame = isOfSize && tag !== "other";
    this.#different = isSame ? 0 : this.#different + 1;
    if (isSame) return await this.#note(known, found);
    if (this.#different < CERTAIN && known.isSizeGuessed !== true) throw new Retry(this.#error(known, found));
    this.#different = 0;
    if (isOfSize && expected !== undefined) return await this.#note(known, found);
    const isResized = remote !== undefined && this.#isWanted(found) && (tag === "same" || (tag === "unknown" && expected !== undefined));
    if (!isResized) throw this.#verdict(known, found);
    await this.#note(known, found);
    throw new Resized();
  }

  /** A stream whose size was not known came to its end. */
  async ended(sizeBytes: number): Promise<void> {
    await this.item.note({ type: "remote", ...this.item.ledger.remote, sizeBytes, isSizeGuessed: true });
  }

  /** Whether the size is what the catalogue says. */
  #isWanted({ sizeBytes }: Found): boolean {
    return this.file.sizeBytes === undefined || this.file.sizeBytes === sizeBytes;
  }

  async #note(known: RemoteVersion, { sizeBytes, etag, lastModified, sha256 }: Found): Promise<void> {
    const { remote, expected } = this.item.ledger;
    const size = sizeBytes === undefined ? { sizeBytes: known.sizeBytes, isSizeGuessed: known.isSizeGuessed } : { sizeBytes };
    const isNew =
      remote === undefined ||
      remote.sizeBytes !== size.sizeBytes ||
      remote.isSizeGuessed !== size.isSizeGuessed ||
      remote.etag !== etag ||
      remote.lastModified !== lastModified;
    if (isNew) await this.item.note({ type: "remote", ...size, etag, lastModified });
    if (expected === undefined && sha256 !== undefined) await this.item.note({ type: "expected", sha256 });
  }

  #verdict(known: RemoteVersion, found: Found): Error {
    const isWanted = this.file.sha256 === undefined && this.#isWanted(found);
    return isWanted && this.item.ledger.remote !== undefined ? new Changed() : this.#error(known, found);
  }

  #error(known: RemoteVersion, found: Found): HearthError {
    const message = `${this.file.url} is another file than was asked for: ${tell(found)} in place of ${tell(known)}.`;
    return new HearthError("content_changed", `${message} Check the address and the catalogue; what is downloaded is kept until it is deleted.`);
  }
}

function compareTags(known: RemoteVersion, found: RemoteVersion): "same" | "other" | "unknown" {
  if (known.etag !== undefined && found.etag !== undefined) return known.etag === found.etag ? "same" : "other";
  if (known.lastModified === undefined || found.lastModified === undefined) return "unknown";
  return known.lastModified === found.lastModified ? "same" : "other";
}

function tell({ sizeBytes, etag, lastModified }: RemoteVersion): string {
  const parts = [
    sizeBytes === undefined ? [] : `${sizeBytes} bytes`,
    etag === undefined ? [] : `tag ${etag}`,
    lastModified === undefined ? [] : `of ${lastModified}`,
  ].flat();
  return parts.length === 0 ? "an unknown version" : parts.join(", ");
}
