/** Test models: the real one beside the checkout, and what is made of it. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gguf, readGguf, TENSOR, type Tensor, text, uint32, writeGguf } from "./gguf.js";
import { SHARED } from "./server.js";

/** The main test model's place in the folder of models, and its file. */
export const STORIES_ID = "llm/tinystories656K-Q8_0.gguf";
export const STORIES_NAME = "tinystories656K-Q8_0";
export const STORIES_FILE = join(SHARED ?? "", "models", STORIES_ID);
/** Its context, in tokens. */
export const STORIES_CONTEXT = 512;

/** What another implementation answered. */
export interface Reference {
  readonly prompt: string;
  readonly prompt_ids: readonly number[];
  readonly greedy64_ids: readonly number[];
  /** Prompt and answer. */
  readonly greedy64_text: string;
}

export function reference(): Reference {
  return JSON.parse(readFileSync(`${STORIES_FILE}.ref.json`, "utf8")) as Reference;
}

/** One line for each message, as plain text: the model has no tokens for roles. */
export const TEMPLATE =
  "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}" +
  "{% if add_generation_prompt %}assistant:{% endif %}";
export const TEMPLATE_THAT_LOOPS = "{% for i in range(1000000000) %}{% for j in range(1000000000) %}x{% endfor %}{% endfor %}";

/** A folder of made models, removed at the end. */
export class MadeModels {
  readonly #folder = mkdtempSync(join(tmpdir(), "hearth-models-"));
  readonly #stories: Buffer = readFileSync(STORIES_FILE);

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** The real model with a chat template. */
  withTemplate(name: string, template: string): string {
    return this.#changed(name, (metadata) => metadata.set("tokenizer.chat_template", text(template)));
  }

  ofArchitecture(architecture: string): string {
    return this.#changed(architecture, (metadata) => metadata.set("general.architecture", text(architecture)));
  }

  withoutTensor(tensor: string): string {
    const gguf = readGguf(this.#stories);
    return this.#write("without-tensor", { ...gguf, tensors: gguf.tensors.filter((one) => one.name !== tensor) });
  }

  /** All tensors claim to be of a type of that number. */
  ofTensorType(type: number): string {
    const gguf = readGguf(this.#stories);
    return this.#write(`type-${type}`, { ...gguf, tensors: gguf.tensors.map((tensor) => ({ ...tensor, type })) });
  }

  truncated(bytes: number): string {
    return this.raw("truncated", this.#stories.subarray(0, bytes));
  }

  wrongMagic(): string {
    return this.raw("wrong-magic", Buffer.concat([Buffer.from("JUNK"), this.#stories.subarray(4)]));
  }

  copy(name: string): string {
    return this.raw(name, this.#stories);
  }

  /** The real model in two files, as `gguf-split` writes them. */
  split(): string[] {
    const { metadata, tensors } = readGguf(this.#stories);
    const half = Math.ceil(tensors.length / 2);
    const keys = (no: number): [string, ReturnType<typeof text>][] => [
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

  /** A slow one: random weights of about 120 MB, with the real vocabulary, and a context that takes a while to fill. */
  large(): LargeModel {
    const { metadata } = readGguf(this.#stories);
    const size = LARGE;
    const changed = new Map(metadata);
    const set = (key: string, value: number): unknown => changed.set(`llama.${key}`, uint32(value));
    set("context_length", size.context);
    set("embedding_length", size.width);
    set("block_count", size.layers);
    set("feed_forward_length", size.feedForward);
    set("attention.head_count", size.width / size.headWidth);
    set("attention.head_count_kv", size.kvHeads);
    set("rope.dimension_count", size.headWidth);
    changed.set("tokenizer.chat_template", text(TEMPLATE));
    const path = this.#write("large", { metadata: changed, tensors: largeTensors() });
    // Keys and values, of two bytes each.
    const kvBytes = size.context * size.layers * 2 * size.kvHeads * size.headWidth * 2;
    return { path, name: "large", kvBytes };
  }

  #changed(name: string, change: (metadata: Map<string, ReturnType<typeof text>>) => void): string {
    const gguf = readGguf(this.#stories);
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

const LARGE = { width: 1024, feedForward: 2816, layers: 10, headWidth: 64, kvHeads: 4, context: 2048, vocabulary: 2048 };

function largeTensors(): Tensor[] {
  const { width, feedForward, layers, headWidth, kvHeads, vocabulary } = LARGE;
  const kvWidth = headWidth * kvHeads;
  const tensors = [weights("token_embd", width, vocabulary), ones("output_norm", width)];
  for (let layer = 0; layer < layers; layer++) {
    const name = (part: string): string => `blk.${layer}.${part}`;
    tensors.push(
      ones(name("attn_norm"), width),
      ones(name("ffn_norm"), width),
      weights(name("attn_q"), width, width),
      weights(name("attn_k"), width, kvWidth),
      weights(name("attn_v"), width, kvWidth),
      weights(name("attn_output"), width, width),
      weights(name("ffn_gate"), width, feedForward),
      weights(name("ffn_up"), width, feedForward),
      weights(name("ffn_down"), feedForward, width),
    );
  }
  return tensors;
}

const Q8_0_WEIGHTS = 32;
const Q8_0_BYTES = 34;
/** 2^-11 as an f16: weights of ± 0.06. A smaller one would make the kernels compute with denormal numbers. */
const SCALE = 0x1000;

function weights(name: string, columns: number, rows: number): Tensor {
  const data = Buffer.alloc(((columns * rows) / Q8_0_WEIGHTS) * Q8_0_BYTES);
  let random = 1;
  for (let block = 0; block < data.length; block += Q8_0_BYTES) {
    data.writeUInt16LE(SCALE, block);
    for (let i = 2; i < Q8_0_BYTES; i++) {
      // Numerical Recipes' generator; its upper bits are the random ones.
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      data[block + i] = random >>> 24;
    }
  }
  return { name: `${name}.weight`, dims: [columns, rows], type: TENSOR.q8_0, data };
}

function ones(name: string, length: number): Tensor {
  return { name: `${name}.weight`, dims: [length], type: TENSOR.f32, data: Buffer.from(new Float32Array(length).fill(1).buffer) };
}
