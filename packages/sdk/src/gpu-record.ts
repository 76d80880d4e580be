/** What the engine found out about this machine's GPU. Nothing depends on it but the time of a first load. */
import { RecordStore } from "./record-store.js";

const records = new RecordStore("hearth-gpu");
const KEY = "record";

export async function readGpuRecord(): Promise<string | undefined> {
  const record = await records.get(KEY);
  return typeof record === "string" ? record : undefined;
}

export async function writeGpuRecord(record: string): Promise<void> {
  await records.put(KEY, record);
}

export async function forgetGpu(): Promise<void> {
  await records.drop();
}
