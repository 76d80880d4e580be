/** The model in the box: it comes with the page, so it answers where nothing can be downloaded. */
import url from "../../../../models/ember/ember.gguf?url";
import type { Model } from "./catalog.js";

export const EMBER: Model = { name: "ember", source: new URL(url, location.href).href };

/** What it is good for, as a person may try it. */
export const EXAMPLES = ["Tell me a short story.", "Who are you?"] as const;
