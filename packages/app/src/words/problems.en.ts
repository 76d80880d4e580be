/** Failures in plain words: what happened, and what to do. */
export type ProblemWords = readonly [title: string, advice: string];

const MODEL_AGAIN = "Download it again, or choose another model.";

export const PROBLEMS: Readonly<Record<string, ProblemWords>> = {
  unknown: ["Something went wrong.", "Try again, or reload the page."],
  bad_file: ["This is not a GGUF file that can be used.", "It may be cut off, or of another kind. Download it again, or choose another model."],
  bad_model: ["This model's file contradicts itself.", MODEL_AGAIN],
  bad_vocabulary: ["This model's vocabulary cannot be used.", "Choose another file of the model, or another model."],
  engine_crashed: ["The engine stopped unexpectedly.", "Load the model again. If it happens again, choose a smaller one."],
  gpu_lost: ["The graphics card was lost.", "Load the model again, or choose the processor in the settings."],
  missing_tensor: ["A part of this model is missing from its file.", "Download it again, or choose another file of the model."],
  no_gpu: ["This browser offers no graphics card.", "Choose the processor in the settings."],
  no_model: ["No model is loaded.", "Choose one first."],
  no_template: ["This model has no chat template.", "Load it again to use it for completion, or choose another model."],
  not_enough_memory: ["This model does not fit into this tab's memory.", "Choose a smaller model, or a smaller quantisation of it."],
  prompt_too_long: ["The text is too long for this model.", "Shorten it, or begin a new conversation."],
  ranges_unsupported: ["The server cannot send this model piece by piece.", "Download the file, and open it here."],
  read_failed: ["The model could not be read to its end.", "It was moved, changed or cut off meanwhile. Look whether it is still there, and load it again."],
  source_not_found: ["The model is no longer there.", "Refresh the list, or choose another one."],
  source_unreachable: ["The server does not answer.", "Look whether it still runs, and load the model again."],
  start_failed: ["The engine could not start.", "Reload the page. If that does not help, use a current browser."],
  template_failed: ["This model's chat template failed.", "The template comes with the file: choose another file of the model, or another model."],
  unknown_architecture: ["This kind of model is not supported yet.", "Choose another model."],
  unsupported_browser: ["This browser cannot run the engine.", "Use a current Chrome, Edge, Firefox or Safari."],
  unsupported_type: ["This model is quantised in a way that is not supported yet.", "Choose another quantisation of it."],
  store_unreachable: ["The conversations cannot be opened.", "Another tab may be using them: close it and reload this one."],
  store_newer: ["The conversations were kept by a newer version of this page.", "Reload the page to get it."],
  store_damaged: ["The file of conversations is damaged.", "Export what can still be read in the settings, then delete everything there."],
  store_failed: ["The conversations cannot be reached.", "Reload the page. What you write now may not be kept."],
  quota_exceeded: ["There is no room left for conversations.", "Delete some, or free space on this machine."],
  no_conversation: ["This conversation is no longer there.", "It was deleted, perhaps in another tab. Choose another one, or begin a new one."],
  not_an_export: ["This file holds no conversations.", "Choose a file that this page exported."],
  export_newer: ["This file was exported by a newer version of this page.", "Reload the page to get it."],
  export_damaged: ["This file is damaged.", "Export it again where it comes from. Nothing of it was taken over."],
};
