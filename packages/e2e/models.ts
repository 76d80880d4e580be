/** Test models: ember, which comes with the checkout, and what is made of it. */
import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gguf, type MetadataValue, readGguf, text, textOf, uint32, writeGguf } from "./gguf.js";
import { randomModel, type Shape } from "./random-model.js";
import { ROOT } from "./server.js";

/** The main test model: talks, calls tools as Hermes does, and tells stories. */
export const EMBER_FILE = join(ROOT, "models/ember/ember.gguf");
export const EMBER_NAME = "ember";
/** Its context, in tokens. */
export const EMBER_CONTEXT = 1024;
/** The numbers in its vectors. */
export const EMBER_WIDTH = 192;

/** Places in the folder of models that tests' servers offer. */
export const OFFERED = {
  ember: "ember.gguf",
  /** Ember without its chat template: it goes on with texts. */
  stories: "stories.gguf",
  /** Ember's vectors of tokens, of which the mean is a text's. */
  embedding: "embedding.gguf",
  /** Random weights, for answers that end with the context only. Its template knows tools and reasoning. */
  endless: "endless.gguf",
} as const;
export const STORIES_NAME = "stories";

/** What another implementation answers to a prompt, up to an end of its own. */
export interface Reference {
  readonly prompt: string;
  readonly promptIds: readonly number[];
  /** Tokens of the answer; of a story, 64. */
  readonly ids: readonly number[];
  readonly answer: string;
}

interface RecordedAnswer {
  readonly prompt: string;
  readonly prompt_ids: readonly number[];
  /** The token that ends the answer is the last one, if there is one. */
  readonly greedy64_ids: readonly number[];
  /** Prompt and answer, with the text of special tokens. */
  readonly greedy64_text: string;
}

/** Ends of answers, as they are written. */
const ENDS = ["<|endoftext|>", "<|im_end|>"];

function recorded(): readonly RecordedAnswer[] {
  const text = readFileSync(join(ROOT, "models/ember/reference.json"), "utf8");
  return (JSON.parse(text) as { answers: readonly RecordedAnswer[] }).answers;
}

function asReference({ prompt, prompt_ids: promptIds, greedy64_ids, greedy64_text }: RecordedAnswer): Reference {
  const answer = greedy64_text.slice(prompt.length);
  const end = ENDS.find((end) => answer.endsWith(end));
  if (end === undefined) return { prompt, promptIds, ids: greedy64_ids, answer };
  return { prompt, promptIds, ids: greedy64_ids.slice(0, -1), answer: answer.slice(0, -end.length) };
}

/** How ember begins a story. */
export function reference(): Reference {
  const [story] = recorded();
  if (story === undefined) throw new Error("models/ember/reference.json has no answers");
  return asReference(story);
}

/** How ember answers the only message of a conversation. */
export function chatReference(): Reference & { readonly message: string } {
  for (const one of recorded()) {
    const message = /^<\|im_start\|>user\n([^<]*)<\|im_end\|>\n<\|im_start\|>assistant\n$/.exec(one.prompt)?.[1];
    if (message !== undefined) return { ...asReference(one), message };
  }
  throw new Error("models/ember/reference.json has no conversation of one message");
}

/** Whatever is said, a story begins, so that answers are of many words. */
export const STORY_TEMPLATE = "Once upon a time";
export const TEMPLATE_THAT_LOOPS = "{% for i in range(1000000000) %}{% for j in range(1000000000) %}x{% endfor %}{% endfor %}";
/** At the end of a template: the prompt ends where the model thinks. */
export const BEGINS_REASONING = "{%- if add_generation_prompt %}{{- '<think>\\n' }}{%- endif %}";
/** What Qwen3's template has at its end: reasoning that is over before it begins. */
const LEAVES_REASONING_OUT =
  "{%- if add_generation_prompt and enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}";

const TEMPLATE_KEY = "tokenizer.chat_template";
const POOLING_KEY = "qwen3.pooling_type";
const MEAN_POOLING = 1;

/** A slow one, of about 120 MB, with a context that takes a while to fill. */
const LARGE: Shape = { width: 1024, feedForward: 2816, layers: 10, headWidth: 64, kvHeads: 4, context: 2048 };
/** About as slow as ember. */
const ENDLESS: Shape = { width: 256, feedForward: 768, layers: 6, headWidth: 64, kvHeads: 1, context: 2048 };

/** A folder of made models, removed at the end. */
export class MadeModels {
  readonly #folder = mkdtempSync(join(tmpdir(), "hearth-models-"));
  readonly #ember: Buffer = readFileSync(EMBER_FILE);

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** A folder with those that servers offer. */
  offered(): string {
    const folder = join(this.#folder, "offered");
    mkdirSync(folder);
    const name = (place: string): string => join("offered", place.replace(/\.gguf$/, ""));
    copyFileSync(EMBER_FILE, join(folder, OFFERED.ember));
    this.withoutTemplate(name(OFFERED.stories));
    this.embedding(name(OFFERED.embedding));
    this.endless(name(OFFERED.endless), LEAVES_REASONING_OUT);
    return folder;
  }

  /** Ember with another chat template. */
  withTemplate(name: string, template: string): string {
    return this.#changed(name, (metadata) => metadata.set(TEMPLATE_KEY, text(template)));
  }

  /** Ember as it completes texts. */
  withoutTemplate(name: string): string {
    return this.#changed(name, (metadata) => metadata.delete(TEMPLATE_KEY));
  }

  /** Ember as it makes vectors. */
  embedding(name: string): string {
    return this.#changed(name, (metadata) => metadata.set(POOLING_KEY, uint32(MEAN_POOLING)));
  }

  ofArchitecture(architecture: string): string {
    return this.#changed(architecture, (metadata) => metadata.set("general.architecture", text(architecture)));
  }

  withoutTensor(tensor: string): string {
    const gguf = readGguf(this.#ember);
    return this.#write("without-tensor", { ...gguf, tensors: gguf.tensors.filter((one) => one.name !== tensor) });
  }

  /** All tensors claim to be of a type of that number. */
  ofTensorType(type: number): string {
    const gguf = readGguf(this.#ember);
    return this.#write(`type-${type}`, { ...gguf, tensors: gguf.tensors.map((tensor) => ({ ...tensor, type })) });
  }

  truncated(bytes: number): string {
    return this.raw("truncated", this.#ember.subarray(0, bytes));
  }

  wrongMagic(): string {
    return this.raw("wrong-magic", Buffer.concat([Buffer.from("JUNK"), this.#ember.subarray(4)]));
  }

  copy(name: string): string {
    return this.raw(name, this.#ember);
  }

  /** Ember in two files, as `gguf-split` writes them. */
  split(): string[] {
    const { metadata, tensors } = readGguf(this.#ember);
    const half = Math.ceil(tensors.length / 2);
    const keys = (no: number): [string, MetadataValue][] => [
      ["split.no", { type: 2, bytes: Buffer.from([no, 0]) }],
      ["split.count", { type: 2, bytes: Buffer.from([2, 0]) }],
      ["split.tensors.count", { type: 5, bytes: uint32(tensors.length).bytes }],
    ];
    return [
      this.#write("split-00001-of-00002", { metadata: new Map([...metadata, ...keys(0)]), tensors: tensors.slice(0, half) }),
      this.#write("split-00002-of-00002", { metadata: new Map(keys(1)), tensors: tensors.slice(half) }),
    ];
  }

  raw(name: string, bytes: Buffer): string {
    const path = join(this.#folder, `${name}.gguf`);
    writeFileSync(path, bytes);
    return path;
  }

  /** Random weights that write on and on, with ember's template and what else there is at its end. */
  endless(name: string, atItsEnd: string): string {
    const metadata = new Map(readGguf(this.#ember).metadata);
    const template = metadata.get(TEMPLATE_KEY);
    if (template === undefined) throw new Error(`${EMBER_FILE} has no chat template`);
    return this.#write(name, randomModel(metadata.set(TEMPLATE_KEY, text(textOf(template) + atItsEnd)), ENDLESS));
  }

  /** One that takes seconds to load, and to read a long prompt. */
  large(): LargeModel {
    const path = this.#write("large", randomModel(readGguf(this.#ember).metadata, LARGE));
    // Keys and values, of two bytes each.
    const kvBytes = LARGE.context * LARGE.layers * 2 * LARGE.kvHeads * LARGE.headWidth * 2;
    return { path, name: "large", kvBytes };
  }

  #changed(name: string, change: (metadata: Map<string, MetadataValue>) => unknown): string {
    const gguf = readGguf(this.#ember);
    const metadata = new Map(gguf.metadata);
    change(metadata);
    return this.#write(name, { ...gguf, metadata });
  }

  #write(name: string, gguf: Gguf): string {
    const path = join(this.#folder, `${name}.gguf`);
    const file = openSync(path, "w");
    for (const piece of writeGguf(gguf)) writeSync(file, piece);
    closeSync(file);
    return path;
  }
}

/** A model that takes a while, and what its KV cache takes. */
export interface LargeModel {
  readonly path: string;
  readonly name: string;
  readonly kvBytes: number;
}
