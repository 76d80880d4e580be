/**
 * `pipeline` of `@huggingface/transformers` for GGUF models: programs written for it change their import, and name a GGUF file.
 *
 * ```ts
 * import { pipeline, TextStreamer } from "@hearth/sdk/compat/transformers";
 *
 * const generator = await pipeline("text-generation", "Qwen/Qwen3-0.6B-GGUF", { model_file_name: "Qwen3-0.6B-Q8_0.gguf" });
 * const streamer = new TextStreamer(generator.tokenizer, { skip_prompt: true, callback_function: write });
 * const output = await generator([{ role: "user", content: "Hello" }], { max_new_tokens: 128, streamer });
 * console.log(output[0].generated_text.at(-1).content);
 * ```
 */
import { HearthError } from "../error.js";
import { Hearth } from "../hearth.js";
import type { HearthOptions, LoadProgress, ModelSource } from "../interface.js";
import { modelName } from "../model-source.js";
import { type Chat, generateText, type TextGenerationConfig, type TextGenerationResult } from "./transformers/generation.js";
import type { PipelineTokenizer } from "./transformers/streamer.js";
import { quantizeEmbeddings, Tensor } from "./transformers/tensor.js";

export type {
  Chat,
  Message,
  TextGenerationChatOutput,
  TextGenerationConfig,
  TextGenerationResult,
  TextGenerationStringOutput,
} from "./transformers/generation.js";
export { InterruptableStoppingCriteria, type PipelineTokenizer, TextStreamer, type TextStreamerOptions } from "./transformers/streamer.js";
export { Tensor } from "./transformers/tensor.js";

/** How far a load has come. */
export type ProgressInfo =
  | { readonly status: "initiate" | "download" | "done"; readonly name: string; readonly file: string }
  | {
      readonly status: "progress";
      readonly name: string;
      readonly file: string;
      /** From 0 to 100. */
      readonly progress: number;
      readonly loaded: number;
      readonly total: number;
    }
  | {
      readonly status: "progress_total";
      readonly name: string;
      readonly progress: number;
      readonly loaded: number;
      readonly total: number;
      readonly files: Readonly<Record<string, { readonly loaded: number; readonly total: number }>>;
    }
  | { readonly status: "ready"; readonly task: string; readonly model: string };

export type ProgressCallback = (progress: ProgressInfo) => void;

/** How a model is found, loaded and run. */
export interface PipelineOptions {
  readonly progress_callback?: ProgressCallback | null;
  /** Where it runs: `webgpu` on the graphics card; `wasm`, the default, on the processor. */
  readonly device?: "webgpu" | "gpu" | "wasm" | "cpu" | "auto" | null;
  /** The GGUF file of a repository. */
  readonly model_file_name?: string | null;
  /** The folder of the file in its repository. */
  readonly subfolder?: string | null;
  /** The branch, tag or commit of a repository: `main` unless said otherwise. */
  readonly revision?: string;
  /** How Hearth is started. */
  readonly hearth?: Omit<HearthOptions, "model" | "models" | "onProgress" | "device">;
}

interface Pipeline {
  readonly task: string;
  readonly tokenizer: PipelineTokenizer;
  /** Frees the model. */
  dispose(): Promise<void>;
}

export interface TextGenerationPipeline extends Pipeline {
  <T extends string | readonly string[] | Readonly<Chat> | readonly Readonly<Chat>[]>(
    texts: T,
    options?: TextGenerationConfig,
  ): Promise<TextGenerationResult<T>>;
}

/** A GGUF file says how its model pools, and vectors are of length 1: both have to be asked for, so that nobody expects something else. */
export interface FeatureExtractionOptions {
  /** The model's own, by one of its names; `none` would be vectors of single tokens, which are not given. */
  readonly pooling: "mean" | "cls" | "first_token" | "eos" | "last_token";
  readonly normalize: true;
  /** Whether to keep one bit of each number. */
  readonly quantize?: boolean;
  /** `binary` unless said otherwise. */
  readonly precision?: "binary" | "ubinary";
}

export interface FeatureExtractionPipeline extends Pipeline {
  (texts: string | readonly string[], options: FeatureExtractionOptions): Promise<Tensor>;
}

/** Pipelines by their tasks. */
export interface Pipelines {
  readonly "text-generation": TextGenerationPipeline;
  readonly "feature-extraction": FeatureExtractionPipeline;
  readonly embeddings: FeatureExtractionPipeline;
}

/** Loads a model for a task. The model is a repository with `model_file_name`, an address, `hf:owner/repo/file.gguf`, or a file. */
export async function pipeline<Task extends keyof Pipelines>(task: Task, model: ModelSource, options: PipelineOptions = {}): Promise<Pipelines[Task]> {
  const make = Object.hasOwn(MAKERS, task) ? MAKERS[task] : undefined;
  if (make === undefined) {
    const message = `The task "${task}" takes an ONNX model, and only GGUF models run here so far. Their tasks are ${Object.keys(MAKERS).join(", ")}.`;
    throw new HearthError("unsupported_task", message, { param: "task" });
  }
  if ("dtype" in options && options.dtype != null) {
    throw new HearthError("bad_argument", "A GGUF file has its types of numbers in it: name the file of the type that you want, and no `dtype`.", {
      param: "dtype",
    });
  }
  const source = fileOf(model, options);
  const tell = options.progress_callback ?? (() => undefined);
  const named = { name: typeof model === "string" ? model : modelName(model), file: modelName(source) };
  const hearth = await Hearth.create({ ...options.hearth, device: DEVICES[options.device ?? "wasm"] });
  tell({ status: "initiate", ...named });
  tell({ status: "download", ...named });
  try {
    await hearth.load(source, { onProgress: progressTeller(named, tell) });
  } catch (error) {
    hearth.unload();
    throw error;
  }
  tell({ status: "done", ...named });
  tell({ status: "ready", task, model: named.name });
  const dispose = async (): Promise<void> => hearth.unload();
  return Object.assign(make(hearth), { task, tokenizer: { model: named.name }, dispose }) as unknown as Pipelines[Task];
}

const DEVICES = { webgpu: "gpu", gpu: "gpu", wasm: "cpu", cpu: "cpu", auto: "auto" } as const;

type Call = (input: never, options?: never) => Promise<unknown>;

const MAKERS: Readonly<Record<keyof Pipelines, (hearth: Hearth) => Call>> = {
  "text-generation": (hearth) => (texts: Chat, options: TextGenerationConfig = {}) => generateText(hearth, texts, options),
  "feature-extraction": (hearth) => (texts: string | readonly string[], options?: FeatureExtractionOptions) => extractFeatures(hearth, texts, options),
  embeddings: (hearth) => (texts: string | readonly string[], options?: FeatureExtractionOptions) => extractFeatures(hearth, texts, options),
};

/** Names of poolings, as GGUF files have them. */
const POOLINGS: Readonly<Record<string, string>> = { mean: "mean", cls: "cls", first_token: "cls", eos: "last", last_token: "last" };

async function extractFeatures(hearth: Hearth, texts: string | readonly string[], options: Partial<FeatureExtractionOptions> = {}): Promise<Tensor> {
  const { pooling = "none", normalize = false, quantize = false, precision = "binary" } = options as { pooling?: string } & typeof options;
  if (pooling === "none") {
    throw new HearthError("bad_argument", "Vectors of single tokens are not given: ask for a pooling, such as `pooling: \"mean\"`.", { param: "pooling" });
  }
  const own = hearth.info?.pooling;
  if (own !== undefined && POOLINGS[pooling] !== own) {
    const names = Object.keys(POOLINGS).filter((name) => POOLINGS[name] === own);
    const message = `This model pools in its own way: ask for ${names.map((name) => `\`pooling: "${name}"\``).join(" or ")}.`;
    throw new HearthError("bad_argument", message, { param: "pooling" });
  }
  if (!normalize) throw new HearthError("bad_argument", "Vectors have length 1 here: ask for `normalize: true`.", { param: "normalize" });
  const input = typeof texts === "string" ? [texts] : [...texts];
  const { data } = await hearth.embeddings.create({ input, encoding_format: "float" });
  const vectors = data.map(({ embedding }) => embedding as number[]);
  const tensor = new Tensor("float32", Float32Array.from(vectors.flat()), [vectors.length, vectors[0]?.length ?? 0]);
  return quantize ? quantizeEmbeddings(tensor, precision) : tensor;
}

/** The file that a repository and its options name. */
function fileOf(model: ModelSource, { model_file_name, subfolder, revision }: PipelineOptions): ModelSource {
  if (typeof model !== "string" || !/^[\w.-]+\/[\w.-]+$/.test(model) || model.endsWith(".gguf")) return model;
  if (model_file_name == null) {
    const message = `"${model}" is a repository: name its GGUF file by \`model_file_name\`, or write hf:${model}/file.gguf.`;
    throw new HearthError("bad_argument", message, { param: "model_file_name" });
  }
  const file = model_file_name.endsWith(".gguf") ? model_file_name : `${model_file_name}.gguf`;
  return `hf:${model}${revision === undefined ? "" : `@${revision}`}/${subfolder ? `${subfolder}/` : ""}${file}`;
}

/** Tells of the download; of a model that needs none, how far it is read. */
function progressTeller({ name, file }: { name: string; file: string }, tell: ProgressCallback): (progress: LoadProgress) => void {
  let hasDownload = false;
  return ({ phase, doneBytes: loaded, totalBytes: total }) => {
    hasDownload ||= phase === "download";
    if (hasDownload && phase === "load") return;
    const progress = total === 0 ? 0 : (100 * loaded) / total;
    tell({ status: "progress", name, file, progress, loaded, total });
    tell({ status: "progress_total", name, progress, loaded, total, files: { [file]: { loaded, total } } });
  };
}
