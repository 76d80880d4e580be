/** The model in the box: it comes with the page, so it answers where nothing can be downloaded. */
import { assets } from "#assets";
import type { Model } from "./catalog.js";

export const EMBER: Model = { name: "ember", source: assets.ember };

/** What it is good for, as a person may try it. */
export const EXAMPLES = [
  "Tell me a short story.",
  "Who are you?",
  "Pepper is a grey cat that likes fish. Rufus is a brown dog that likes carrots. What does Rufus like?",
] as const;
