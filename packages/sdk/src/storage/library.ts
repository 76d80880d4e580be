/** The files of one store: finds them, downloads them once, takes them in, gives them out and deletes them. */
import { HearthError } from "../error.js";
import { append, contradiction, create, type Entry, entries, find, isStub, ledgerOf } from "./catalog.js";
import { Download } from "./download.js";
import { type Driver, newKey } from "./driver.js";
import { chooseDriver } from "./drivers/choose.js";
import { Feed } from "./feed.js";
import type {
  DownloadProgress,
  ListedFile,
  ReadProgress,
  RemoteFile,
  StorageKind,
  StorageReport,
  StorageTuning,
  StoredSource,
} from "./interface.js";
import { Item } from "./item.js";
import { JOURNAL_VERSION, type JournalRecord } from "./journal.js";
import { describe, type Ledger, stored } from "./ledger.js";
import { Locks } from "./locks.js";
import { copyInto, digestOf } from "./reading.js";
import { explainRoom, requireRoom } from "./room.js";
import { seldom } from "./seldom.js";

/** Held for moments, while files are looked for, begun and deleted. */
const INDEX = "index";

/** What a download is asked with. */
export interface DownloadRequest {
  readonly file: RemoteFile;
  readonly connections: number;
  readonly signal: AbortSignal;
  readonly progressed: (progress: DownloadProgress) => void;
}

/** Lives in the storage worker. */
export class Library {
  readonly #locks: Locks;
  readonly #feed: Feed;

  private constructor(
    private readonly driver: Driver,
    private readonly tuning: StorageTuning,
    readonly report: StorageReport,
    scope: string,
  ) {
    this.#locks = new Locks(scope);
    this.#feed = new Feed(scope, driver.isShared);
  }

  /** Chooses the kind of storage, and clears what a killed browser left without a use. */
  static async open(directory: string, without: readonly StorageKind[], tuning: StorageTuning): Promise<Library> {
    // While one tab tries out, no other one takes the trial for something left behind.
    return await new Locks(directory).run(INDEX, {}, async () => {
      const { driver, fallbacks } = await chooseDriver(directory, without);
      const scope = driver.isShared ? directory : `${directory}-${newKey()}`;
      const { unreadable, leftovers } = await sift(driver);
      const library = new Library(driver, tuning, { kind: driver.kind, fallbacks, unreadable }, scope);
      for (const key of leftovers) await library.#removeUnlessHeld(key).catch(() => undefined);
      return library;
    });
  }

  async list(): Promise<ListedFile[]> {
    return (await entries(this.driver)).map(({ key, ledger }) => describe(key, ledger));
  }

  /** By id, address or SHA-256; complete files only. */
  async get(name: string): Promise<StoredSource | undefined> {
    const isMeant = ({ key, ledger }: Entry): boolean => key === name || ledger.urls.includes(name) || ledger.complete?.sha256 === name;
    for (const { key, ledger } of (await entries(this.driver)).filter(isMeant)) {
      const source = await this.#source(key, ledger);
      if (source !== undefined) return source;
    }
    return undefined;
  }

  async download(request: DownloadRequest): Promise<StoredSource> {
    const { file, signal, progressed } = request;
    const key = await this.#locks.run(INDEX, { signal }, () => this.#findOrCreate(file));
    const there = await this.#get(key);
    if (there !== undefined) return await this.#withUrl(there, file.url);
    const unlisten = this.#feed.listen(key, progressed);
    try {
      const isDone = await this.#locks.run(key, { signal }, () => {
        unlisten();
        return this.#downloadInto(key, request);
      });
      const source = isDone ? await this.#locks.run(INDEX, { signal }, () => this.#withoutDouble(key)) : undefined;
      // Deleted by somebody while this one waited: begun anew.
      return source ?? (await this.download(request));
    } finally {
      unlisten();
    }
  }

  /** Reads all of it. A file that is damaged is no longer given out, and its next download repairs it. */
  async verify(key: string, progressed: (progress: ReadProgress) => void, signal: AbortSignal): Promise<boolean> {
    const ledger = await ledgerOf(this.driver, key);
    if (ledger?.complete === undefined) throw notStored(key);
    const source = await this.#source(key, ledger);
    const isWhole = source !== undefined && (await digestOf(source.source, progressed, signal)) === ledger.complete.sha256;
    if (!isWhole) await this.#locks.run(key, { signal }, () => append(this.driver, key, { type: "damaged" }));
    return isWhole;
  }

  async delete(key: string): Promise<void> {
    if ((await ledgerOf(this.driver, key)) === undefined) return;
    if (!(await this.#removeUnlessHeld(key))) {
      throw new HearthError("in_use", "This file is being downloaded, here or in another tab. Stop that, and delete it then.");
    }
  }

  /** Copies a file of the person's disk into the store. */
  async import(blob: Blob, name: string, progressed: (progress: ReadProgress) => void, signal: AbortSignal): Promise<StoredSource> {
    const key = newKey();
    await this.#locks.run(key, { signal }, async () => {
      try {
        await append(this.driver, key, this.#header(name, "import"), { type: "remote", sizeBytes: blob.size });
        await this.#explained(key, async () => {
          await this.#requireRoom(blob.size);
          await this.#using(key, (item) => copyInto(item, blob, progressed, signal));
        });
      } catch (error) {
        await this.driver.remove(key);
        throw error;
      }
    });
    const source = await this.#locks.run(INDEX, {}, () => this.#withoutDouble(key));
    if (source === undefined) throw notStored(key);
    return source;
  }

  async #findOrCreate(file: RemoteFile): Promise<string> {
    const all = await entries(this.driver);
    const other = contradiction(all, file);
    if (other !== undefined) throw changed(file, other);
    const found = find(all, file);
    if (found !== undefined) return found.key;
    const name = file.name ?? nameIn(file.url);
    const expected: JournalRecord[] = file.sha256 === undefined ? [] : [{ type: "expected", sha256: file.sha256 }];
    return await create(this.driver, this.#header(name, "download"), { type: "url", url: file.url }, ...expected);
  }

  #header(name: string, origin: "download" | "import"): JournalRecord {
    return { type: "file", version: JOURNAL_VERSION, name, chunkBytes: this.tuning.chunkBytes, origin };
  }

  /** `false` when the file was deleted meanwhile. */
  async #downloadInto(key: string, { progressed, ...request }: DownloadRequest): Promise<boolean> {
    const ledger = await ledgerOf(this.driver, key);
    if (ledger === undefined) return false;
    // Another tab completed it.
    if ((await this.#source(key, ledger)) !== undefined) return true;
    if (ledger.complete !== undefined) await append(this.driver, key, { type: "damaged" });
    const tell = seldom((progress: DownloadProgress): void => {
      progressed(progress);
      this.#feed.tell(key, progress);
    });
    const room = (neededBytes: number): Promise<void> => this.#requireRoom(neededBytes);
    try {
      await this.#explained(key, () =>
        this.#using(key, (item) => new Download({ ...request, item, tuning: this.tuning, progressed: tell, room }).run()),
      );
    } catch (error) {
      // Nothing came of it: an address that is wrong would be in the list for ever.
      if ((await ledgerOf(this.driver, key))?.chunks.size === 0) await this.driver.remove(key);
      throw error;
    }
    return true;
  }

  async #using(key: string, work: (item: Item) => Promise<void>): Promise<void> {
    const item = await Item.open(this.driver, key);
    try {
      await work(item);
    } finally {
      item.close();
    }
  }

  async #requireRoom(neededBytes: number): Promise<void> {
    if (this.driver.isShared) await requireRoom(neededBytes);
  }

  async #explained(key: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof HearthError) || error.code !== "quota_exceeded") throw error;
      const ledger = await ledgerOf(this.driver, key);
      throw await explainRoom(error, (ledger?.sizeBytes ?? 0) - (ledger?.verifiedBytes ?? 0), await this.list());
    }
  }

  async #get(key: string): Promise<StoredSource | undefined> {
    const ledger = await ledgerOf(this.driver, key);
    return ledger === undefined ? undefined : await this.#source(key, ledger);
  }

  async #source(key: string, ledger: Ledger): Promise<StoredSource | undefined> {
    const file = stored(key, ledger);
    const source = file === undefined ? undefined : await this.driver.source(key, file.sizeBytes);
    return file === undefined || source === undefined ? undefined : { file, source };
  }

  /** The same content from two addresses is kept once. */
  async #withoutDouble(key: string): Promise<StoredSource | undefined> {
    const mine = await this.#get(key);
    if (mine === undefined) return undefined;
    for (const { key: other, ledger } of await entries(this.driver)) {
      if (other === key || ledger.complete?.sha256 !== mine.file.sha256) continue;
      const source = await this.#source(other, ledger);
      if (source === undefined || !(await this.#removeUnlessHeld(key))) continue;
      let kept = source;
      for (const url of mine.file.urls) kept = await this.#withUrl(kept, url);
      return kept;
    }
    return mine;
  }

  /** Notes one more address of a file. */
  async #withUrl({ file, source }: StoredSource, url: string): Promise<StoredSource> {
    if (file.urls.includes(url)) return { file, source };
    await this.#locks.run(file.id, { ifAvailable: true }, async (isHeld) => {
      if (isHeld) await append(this.driver, file.id, { type: "url", url });
    });
    return { file: { ...file, url: file.url ?? url, urls: [...file.urls, url] }, source };
  }

  async #removeUnlessHeld(key: string): Promise<boolean> {
    return await this.#locks.run(key, { ifAvailable: true }, async (isHeld) => {
      if (isHeld) await this.driver.remove(key);
      return isHeld;
    });
  }
}

/** What can never be of use again, and what only others can read. */
async function sift(driver: Driver): Promise<{ readonly unreadable: number; readonly leftovers: readonly string[] }> {
  const leftovers: string[] = [];
  let unreadable = 0;
  for (const key of await driver.keys()) {
    const journal = await driver.readJournal(key).catch(() => undefined);
    const ledger = journal === undefined ? undefined : await ledgerOf(driver, key);
    const isBrokenImport = ledger?.origin === "import" && ledger.complete === undefined && ledger.urls.length === 0;
    if (journal !== undefined && (isBrokenImport || isStub(journal))) leftovers.push(key);
    else if (ledger === undefined) unreadable += 1;
  }
  return { unreadable, leftovers };
}

/** The last part of an address, as a person would write it. */
function nameIn(url: string): string {
  const last = new URL(url).pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last) || "model";
  } catch {
    return last;
  }
}

function notStored(key: string): HearthError {
  return new HearthError("not_stored", `There is no complete file with the id ${key}. Download or import it again.`);
}

function changed({ url, sha256 }: RemoteFile, { key, ledger }: Entry): HearthError {
  const message = `${url} was stored with the SHA-256 ${ledger.sha256}, and ${sha256} is asked for now.`;
  return new HearthError("content_changed", `${message} Delete the stored file (id ${key}) if it is to be replaced.`);
}
