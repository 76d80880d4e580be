/** Files that are read from one end to the other: to hash them, and to copy them into the store. */
import { RunningDigest } from "./digest.js";
import type { ReadProgress } from "./interface.js";
import type { Item } from "./item.js";

/** Read at once. */
const PIECE_BYTES = 4 << 20;

type Progressed = (progress: ReadProgress) => void;

/** The SHA-256 of what is there. `undefined` where it cannot be read. */
export async function digestOf(
  source: FileSystemFileHandle | Blob,
  progressed: Progressed,
  signal: AbortSignal,
): Promise<string | undefined> {
  const running = new RunningDigest();
  try {
    const blob = source instanceof Blob ? source : await source.getFile();
    for await (const bytes of pieces(blob, PIECE_BYTES, progressed, signal)) running.update(bytes);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DOMException) return undefined;
    throw error;
  }
  return running.finish();
}

/** Fills an item, chunk by chunk, and completes it. */
export async function copyInto(item: Item, blob: Blob, progressed: Progressed, signal: AbortSignal): Promise<void> {
  const running = new RunningDigest();
  let index = 0;
  for await (const bytes of pieces(blob, item.ledger.chunkBytes, progressed, signal)) {
    running.update(bytes);
    await item.save(index++, bytes);
  }
  await item.complete(running.finish());
}

async function* pieces(blob: Blob, pieceBytes: number, progressed: Progressed, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < blob.size; at += pieceBytes) {
    signal.throwIfAborted();
    yield new Uint8Array(await blob.slice(at, at + pieceBytes).arrayBuffer());
    progressed({ doneBytes: Math.min(blob.size, at + pieceBytes), totalBytes: blob.size });
  }
}
