/**
 * Programs typed for `@huggingface/transformers` fit the adapter: compiled, never run. The package itself brings hundreds of megabytes of ONNX
 * Runtime, so the shapes that its version 4.3.1 documents are written down here.
 */
import { type FeatureExtractionPipeline, pipeline, type ProgressCallback, type Tensor, TextStreamer } from "@hearth/sdk/compat/transformers";

/** Accepts what is assignable to `Target`. */
declare function accepts<Target>(value: Target): void;

interface OriginalMessage {
  role: string;
  content: string;
}

/** `ProgressInfo` of its `utils/core`. */
type OriginalProgress =
  | { status: "initiate"; name: string; file: string }
  | { status: "download"; name: string; file: string }
  | { status: "progress"; name: string; file: string; progress: number; loaded: number; total: number }
  | { status: "progress_total"; name: string; progress: number; loaded: number; total: number; files: Record<string, { loaded: number; total: number }> }
  | { status: "done"; name: string; file: string }
  | { status: "ready"; task: string; model: string };

accepts<OriginalProgress>({} as Parameters<ProgressCallback>[0]);
accepts<ProgressCallback>((() => undefined) as (progress: OriginalProgress) => void);
accepts<(texts: string | string[], options: { pooling: "mean"; normalize: true }) => Promise<Tensor>>({} as FeatureExtractionPipeline);
accepts<{ readonly type: string; readonly data: Float32Array | Int8Array | Uint8Array; readonly dims: readonly number[]; tolist(): unknown }>({} as Tensor);

/** The example of `TextGenerationPipeline`. */
export async function example(): Promise<void> {
  const generator = await pipeline("text-generation", "onnx-community/Qwen3-0.6B-ONNX");
  const messages = [
    { role: "system", content: "You are a helpful assistant." },
    { role: "user", content: "Write me a poem about Machine Learning." },
  ];
  const output = await generator(messages, {
    max_new_tokens: 512,
    do_sample: false,
    streamer: new TextStreamer(generator.tokenizer, { skip_prompt: true, skip_special_tokens: true }),
  });
  accepts<{ generated_text: OriginalMessage[] }[]>(output);
  accepts<string | undefined>(output[0]?.generated_text.at(-1)?.content);
  accepts<{ generated_text: string }[]>(await generator("Once upon a time,", { max_new_tokens: 8 }));
  accepts<{ generated_text: string }[][]>(await generator(["One", "Two"]));
  accepts<{ generated_text: OriginalMessage[] }[][]>(await generator([messages, messages]));
  await generator.dispose();
}
