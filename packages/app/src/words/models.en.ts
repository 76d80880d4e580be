/** Texts about models, in English: choosing, downloading, keeping and opening them. */
import type { Rank } from "../models/recommend.js";
import { count } from "./counts.en.js";
import { formatOf } from "./format.js";

const format = formatOf("en");
const { integer, rate } = format;

export const MODELS = {
  models: {
    title: "Choose a model",
    back: (name: string) => `Back to ${name}`,
    hint: "One of these, or a GGUF file of yours: open it, or drop it anywhere on this page. Of a split model, take all its files at once.",
    open: "Open a file…",
    openFolder: "Open a folder…",
    file: "Model file",
    drop: "Drop a GGUF file to open it, or text files to attach them",
    looking: "Looking for models…",
    search: "Search the models",
    noMatch: "No model is called that.",
    unreachable: "The server does not tell which models it has.",
    none: "The server has no models of its own.",
    openYours: "Open a file of yours.",
    singleFile: "This page is one file and needs no server. Open a model of yours, or download one: only that needs a network.",
    again: "Look again",
    unsupported: (n: number) => `${count(n, "file", "files")} that cannot run here`,
    first: "Good to begin with",
    inTheBox: "In the box",
    inTheBoxFacts: "tiny demonstration · came with this page · works offline",
    parameters: (n: number) => `${format.short(n)} parameters`,
    context: (n: number) => `context ${integer(n)}`,
    completes: "Continues text only",
    loading: (name: string) => `Loading ${name}`,
    header: "Reading the file's header",
    progress: (done: number, total: number, secondsLeft: number | undefined) =>
      `${format.bytes(done)} of ${format.bytes(total)}${secondsLeft === undefined ? "" : `, ${format.duration(secondsLeft)} left`}`,
  },
  recommendations: {
    title: "Models that fit this machine",
    looking: "Looking at this machine…",
    ranks: { fast: "Fast", balanced: "Balanced", best: "Best" } satisfies Record<Rank, string>,
    download: (bytes: number) => `${format.bytes(bytes)} to download, once`,
    memory: (bytes: number) => `${format.bytes(bytes)} of memory`,
    speed: (perSecond: number) => `about ${rate(perSecond)} tokens/s here`,
    unknownSpeed: "speed here not measured yet",
    license: (name: string) => `Licence: ${name}`,
  },
  downloads: {
    title: (name: string) => `Downloading ${name}`,
    progress: (done: number, total: number, perSecond: number | undefined, secondsLeft: number | undefined) =>
      [
        Number.isFinite(total) ? `${format.bytes(done)} of ${format.bytes(total)}` : format.bytes(done),
        ...(perSecond === undefined ? [] : [`${format.bytes(perSecond)}/s`]),
        ...(secondsLeft === undefined ? [] : [`${format.duration(secondsLeft)} left`]),
      ].join(", "),
    paused: (done: number, total: number) =>
      `Paused at ${format.bytes(done)}${Number.isFinite(total) ? ` of ${format.bytes(total)}` : ""}. What is there stays, and need not be downloaded again.`,
    pause: "Pause",
    resume: "Go on",
    dismiss: "Take off the list",
  },
  stored: {
    title: "Downloaded models",
    none: "None yet.",
    singleFile: "The browser keeps them, and may let other pages that are opened from the disk read them. A model that you have as a file is opened without a copy.",
    usage: (files: number, quota: number | undefined, isKept: boolean) =>
      `${format.bytes(files)}${quota === undefined ? "" : ` of ${format.bytes(quota)} that this page may keep`}${isKept ? "" : ". The browser may clear them when the disk is full"}`,
    since: (when: string) => `since ${when}`,
    states: { verifying: "being checked…", sound: "checked: whole" },
    actions: (name: string) => `Actions for ${name}`,
    verify: "Check",
    delete: "Delete",
    deleteTitle: "Delete this model?",
    deleteText: (name: string, bytes: number) => `${name} is deleted from this browser, which frees ${format.bytes(bytes)}. It can be downloaded again.`,
  },
  local: {
    title: "Opened from this machine",
    hint: "They stay where they are, and are read from there: nothing is copied. The browser may ask whether this page may read them again.",
    folder: (name: string) => `in ${name}`,
    opened: (when: string) => `opened ${when}`,
    forget: "Forget",
    forgetThis: (name: string) => `Forget ${name}`,
    last: (name: string) => `${name} answered last. It is on this machine; the browser lets this page read it again once you open it.`,
    openAgain: (name: string) => `Open ${name}`,
  },
  address: {
    label: "By address",
    hint: "The address of a GGUF file, or hf:owner/repository/file.gguf. Only its server learns of it.",
    wrong: "This is neither an address (https://…) nor a file of a hub (hf:owner/repository/file.gguf).",
    open: "Open",
  },
  hub: {
    title: "All models of the catalogue",
    hint: "Downloaded from their hub when you ask for one, once.",
    parameters: (n: number) => `${format.short(n)} parameters`,
    context: (n: number) => `context ${integer(n)}`,
    quantization: "Quantisation",
    download: "Download",
    memory: "Memory",
    speed: "Speed here",
    perSecond: (n: number) => `about ${rate(n)} tokens/s`,
    get: "Get",
    getThis: (name: string, quantization: string) => `Get ${name} in ${quantization}`,
    tooLarge: "too large for this machine",
  },
  demonstration: {
    label: "About this model",
    what: "ember is a tiny demonstration model.",
    short: "What it says is often wrong: for real work open a real model.",
    long: "It has three million weights and came with this page. It tells little stories and says who it is; of the world it knows nothing, and what it says is often wrong.",
    real: (strong: string) => ({ before: "For real work ", strong, after: ": a GGUF file such as Qwen3 0.6B in Q4_K_M (about 400 MB), from any model hub. Open it here, or drop it anywhere on this page. It stays on your machine." }),
    openReal: "open a real model",
    examples: "Examples",
  },
};
