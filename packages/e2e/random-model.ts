/** Models of random weights with a trained one's vocabulary: they write on and on, whatever training made of the other. */
import { type Gguf, type MetadataValue, TENSOR, type Tensor, uint32 } from "./gguf.js";

/** Qwen3's hyperparameters. */
export interface Shape {
  readonly width: number;
  readonly feedForward: number;
  readonly layers: number;
  readonly headWidth: number;
  readonly kvHeads: number;
  readonly context: number;
}

/** Of ember's vocabulary: so many tokens, of which so many first ones are control tokens. */
const VOCABULARY = 4096;
const CONTROL_TOKENS = 3;

const Q8_0_WEIGHTS = 32;
const Q8_0_BYTES = 34;
/** 2^-11 as an f16: weights of ± 0.06. A smaller one would make the kernels compute with denormal numbers. */
const SCALE = 0x1000;
/** 2^-7: logits that are far apart. */
const OUTPUT_SCALE = 0x2000;

/** Each tensor has its own numbers: with those of the embeddings, outputs would repeat the newest token. */
const FNV_PRIME = 16_777_619;

/** A model of that shape; all else is told by the other one's metadata. */
export function randomModel(trained: ReadonlyMap<string, MetadataValue>, shape: Shape): Gguf {
  const metadata = new Map(trained);
  const set = (key: string, value: number): unknown => metadata.set(`qwen3.${key}`, uint32(value));
  set("context_length", shape.context);
  set("embedding_length", shape.width);
  set("block_count", shape.layers);
  set("feed_forward_length", shape.feedForward);
  set("attention.head_count", shape.width / shape.headWidth);
  set("attention.head_count_kv", shape.kvHeads);
  set("attention.key_length", shape.headWidth);
  set("attention.value_length", shape.headWidth);
  return { metadata, tensors: tensors(shape) };
}

function tensors({ width, feedForward, layers, headWidth, kvHeads }: Shape): Tensor[] {
  const kvWidth = headWidth * kvHeads;
  const made = [weights("token_embd", width, VOCABULARY), ones("output_norm", width), outputs(width)];
  for (let layer = 0; layer < layers; layer++) {
    const name = (part: string): string => `blk.${layer}.${part}`;
    made.push(
      ones(name("attn_norm"), width),
      ones(name("attn_q_norm"), headWidth),
      ones(name("attn_k_norm"), headWidth),
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
  return made;
}

/** What makes logits. Those of control tokens are 0 where others are far above, so that no answer ends by itself. */
function outputs(width: number): Tensor {
  const tensor = weights("output", width, VOCABULARY, OUTPUT_SCALE);
  tensor.data.fill(0, 0, (CONTROL_TOKENS * width * Q8_0_BYTES) / Q8_0_WEIGHTS);
  return tensor;
}

function weights(name: string, columns: number, rows: number, scale = SCALE): Tensor {
  const data = Buffer.alloc(((columns * rows) / Q8_0_WEIGHTS) * Q8_0_BYTES);
  let random = [...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), FNV_PRIME), 0);
  for (let block = 0; block < data.length; block += Q8_0_BYTES) {
    data.writeUInt16LE(scale, block);
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
