/** Failures in plain words: what happened, and what to do. The engine's own message follows as the detail. */
import { HearthError } from "@hearth/sdk";

export interface Problem {
  readonly title: string;
  readonly advice: string;
  readonly detail: string;
}

type Words = readonly [title: string, advice: string];

const WORDS: Readonly<Record<string, Words>> = {
  bad_file: [
    "This is not a GGUF file that can be used.",
    "It may be cut off, or of another kind. Download it again, or choose another model.",
  ],
  bad_model: ["This model's file contradicts itself.", "Download it again, or choose another model."],
  bad_vocabulary: ["This model's vocabulary cannot be used.", "Choose another file of the model, or another model."],
  engine_crashed: ["The engine stopped unexpectedly.", "Load the model again. If it happens again, choose a smaller one."],
  missing_tensor: ["A part of this model is missing from its file.", "Download it again, or choose another file of the model."],
  no_model: ["No model is loaded.", "Choose one first."],
  no_template: ["This model has no chat template.", "Load it again to use it for completion, or choose another model."],
  not_enough_memory: ["This model does not fit into this tab's memory.", "Choose a smaller model, or a smaller quantisation of it."],
  prompt_too_long: [
    "The text is too long for this model.",
    "Shorten it, or begin a new conversation.",
  ],
  ranges_unsupported: ["The server cannot send this model piece by piece.", "Download the file, and open it here."],
  read_failed: [
    "The model could not be read to its end.",
    "It was moved, changed or cut off meanwhile. Look whether it is still there, and load it again.",
  ],
  source_not_found: ["The model is no longer there.", "Refresh the list, or choose another one."],
  source_unreachable: ["The server does not answer.", "Look whether it still runs, and load the model again."],
  start_failed: ["The engine could not start.", "Reload the page. If that does not help, use a current browser."],
  template_failed: [
    "This model's chat template failed.",
    "The template comes with the file: choose another file of the model, or another model.",
  ],
  unknown_architecture: ["This kind of model is not supported yet.", "Choose another model."],
  unsupported_browser: ["This browser cannot run the engine.", "Use a current Chrome, Edge, Firefox or Safari."],
  unsupported_type: ["This model is quantised in a way that is not supported yet.", "Choose another quantisation of it."],
};

const UNKNOWN: Words = ["Something went wrong.", "Try again, or reload the page."];

export function problemOf(error: unknown): Problem {
  const code = error instanceof HearthError ? error.code : "";
  const [title, advice] = WORDS[code] ?? UNKNOWN;
  return { title, advice, detail: error instanceof Error ? error.message : String(error) };
}

/** Whether a person gave up, which is no problem. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
