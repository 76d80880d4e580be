/** Deletes all that the page keeps in this browser, but for the page itself, which works offline. */
import { forgetMachine } from "@hearth/sdk";
import { startNew, stopAll } from "./chat/chat.js";
import { deleteAll } from "./conversations/list.js";
import { forgetRuns } from "./device/benchmark.js";
import { closeModel } from "./engine/engine.js";
import { deleteStored } from "./models/downloads.js";
import { forgetAllLocal } from "./models/open-local.js";
import { forgetSpeeds } from "./models/measured-speed.js";
import { forgetPreferences } from "./preferences.js";

/** Fails where something is left, as a model is that another tab reads; all else is deleted nevertheless. */
export async function deleteEverything(): Promise<void> {
  const stopped = stopAll();
  // A model that is read cannot be deleted.
  closeModel();
  await stopped;
  const results = await Promise.allSettled([deleteAll(), deleteStored(), forgetAllLocal(), forgetMachine()]);
  forgetRuns();
  forgetSpeeds();
  forgetPreferences();
  startNew();
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
