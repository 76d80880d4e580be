/**
 * A person's disk, for browsers that show no pickers: a folder of the origin private file system. Its handles are what pickers of the page give here, and
 * IndexedDB keeps them as it keeps those of a real disk.
 */
import type { Page } from "@playwright/test";

declare global {
  interface Window {
    /** What the person will choose: a file, or a folder, by its path. */
    chosenPath: string;
    /** Whether the person refuses what the browser asks. */
    isRefusing: boolean;
  }
}

export class Disk {
  private constructor(private readonly page: Page) {}

  /** Before the page is opened. With `asks`, the browser forgets with each load of the page that files may be read. */
  static async of(page: Page, { asks = false } = {}): Promise<Disk> {
    await page.addInitScript(stage, asks);
    return new Disk(page);
  }

  /** Writes a file; its folders are made. */
  async write(path: string, bytes: Buffer): Promise<void> {
    await this.page.evaluate(
      async ([path, base64]) => {
        const names = path.split("/");
        const file = names.pop() ?? "";
        let folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("disk", { create: true });
        for (const name of names) folder = await folder.getDirectoryHandle(name, { create: true });
        const stream = await (await folder.getFileHandle(file, { create: true })).createWritable();
        await stream.write(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
        await stream.close();
      },
      [path, bytes.toString("base64")] as const,
    );
  }

  /** Deletes a file at the top. */
  async delete(name: string): Promise<void> {
    await this.page.evaluate(async (name) => {
      const disk = await (await navigator.storage.getDirectory()).getDirectoryHandle("disk");
      await disk.removeEntry(name);
    }, name);
  }

  /** Opens a file at the top by the button. */
  async openFile(name: string): Promise<void> {
    await this.#choose("Open a file…", name);
  }

  /** Opens a folder by the button. */
  async openFolder(name: string): Promise<void> {
    await this.#choose("Open a folder…", name);
  }

  /** What the person answers from now on, when the browser asks. */
  async refuse(isRefusing: boolean): Promise<void> {
    await this.page.evaluate((isRefusing) => {
      window.isRefusing = isRefusing;
    }, isRefusing);
  }

  async #choose(button: string, path: string): Promise<void> {
    await this.page.evaluate((path) => {
      window.chosenPath = path;
    }, path);
    await this.page.getByRole("button", { name: button }).click();
  }
}

/** Runs in the page, before its own script: pickers give what was chosen, at the top of the disk. */
function stage(asks: boolean): void {
  const disk = async (): Promise<FileSystemDirectoryHandle> => (await navigator.storage.getDirectory()).getDirectoryHandle("disk");
  let state: PermissionState = asks ? "prompt" : "granted";
  const picked = async <T>(get: (path: string, disk: FileSystemDirectoryHandle) => Promise<T>): Promise<T> => {
    const { chosenPath } = window;
    state = "granted";
    return await get(chosenPath, await disk());
  };
  Object.assign(window, {
    showOpenFilePicker: () => picked(async (path, disk) => [await disk.getFileHandle(path)]),
    showDirectoryPicker: () => picked((path, disk) => disk.getDirectoryHandle(path)),
  });
  if (!asks) return;
  Object.assign(FileSystemHandle.prototype, {
    queryPermission: async () => state,
    requestPermission: async () => {
      state = window.isRefusing ? "denied" : "granted";
      return state;
    },
  });
  const { getFile } = FileSystemFileHandle.prototype;
  FileSystemFileHandle.prototype.getFile = async function () {
    if (state !== "granted") throw new DOMException("not allowed", "NotAllowedError");
    return await getFile.call(this);
  };
}
