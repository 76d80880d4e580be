/** The files of a model that servers have, brought into the storage of this browser before they are loaded. */
import type { LoadProgress } from "./interface.js";
import type { ResolvedFile, ServerFile } from "./model-source.js";
import { filePart } from "./parts.js";
import type { SourcePart } from "./protocol.js";
import type { Downloads } from "./storage/interface.js";
import { TimeLeft } from "./time-left.js";

/** The parts of a model, from the storage where they can be there. */
export async function storedParts(
  files: readonly ResolvedFile[],
  store: Downloads | undefined,
  onProgress: ((progress: LoadProgress) => void) | undefined,
  signal: AbortSignal,
): Promise<readonly SourcePart[]> {
  // What is kept in memory only would be there twice: such models are read from the server as they are loaded.
  if (store === undefined || store.kind === "memory") return files.map(filePart);
  const timeLeft = new TimeLeft();
  const known = new Map<ResolvedFile, number>();
  let doneBytes = 0;
  const parts: SourcePart[] = [];
  for (const file of files) {
    if (file.type === "local" || !isOfServer(file.file)) {
      parts.push(filePart(file));
      continue;
    }
    const before = doneBytes;
    const report = (done: number, total: number): void => {
      known.set(file, total);
      doneBytes = before + done;
      const totalBytes = files.reduce((sum, one) => sum + (known.get(one) ?? sizeOf(one)), 0);
      onProgress?.({ phase: "download", doneBytes, totalBytes, secondsLeft: timeLeft.update(doneBytes, totalBytes, performance.now()) });
    };
    const { source } = await store.download(file.file, { signal, onProgress: (progress) => report(progress.doneBytes, progress.totalBytes) });
    parts.push(filePart({ type: "local", file: source }));
  }
  return parts;
}

/** Whether all of a model is here, so that loading it downloads nothing. Asks no server. */
export async function isStored(files: readonly ResolvedFile[], store: Downloads | undefined): Promise<boolean> {
  for (const { type, file } of files) {
    if (type === "local") continue;
    const found = await store?.get?.(file.sha256?.toLowerCase() ?? file.url);
    if (found === undefined) return false;
  }
  return true;
}

function isOfServer({ url }: ServerFile): boolean {
  return /^https?:/.test(url);
}

function sizeOf(file: ResolvedFile): number {
  return file.type === "local" ? ("size" in file.file ? file.file.size : 0) : (file.file.sizeBytes ?? 0);
}
