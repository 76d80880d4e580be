/** Deletes all that the page keeps in this browser, but for the page itself, which works offline. */
import { startNew, stopAll } from "./chat/chat.js";
import { deleteAll } from "./conversations/list.js";
import { forgetRuns } from "./device/benchmark.js";
import { closeModel } from "./engine/engine.js";
import { deleteDatabase } from "./indexed-db.js";
import { deleteStored } from "./models/downloads.js";
import { forgetAllLocal } from "./models/open-local.js";
import { forgetSpeeds } from "./models/measured-speed.js";
import { forgetPreferences } from "./preferences.js";

/** What the engine's SDK notes of this machine: which of a graphics card's ways are right, and how fast models ran. */
const RECORDS = ["hearth-gpu", "hearth-speed"] as const;

/** Fails where something is left, as a model is that another tab reads; all else is deleted nevertheless. */
export async function deleteEverything(): Promise<void> {
  const stopped = stopAll();
  // A model that is read cannot be deleted.
  closeModel();
  await stopped;
  const results = await Promise.allSettled([deleteAll(), deleteStored(), forgetAllLocal(), ...RECORDS.map(deleteDatabase)]);
  forgetRuns();
  forgetSpeeds();
  forgetPreferences();
  startNew();
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
