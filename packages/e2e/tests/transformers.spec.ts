/** Programs that were written for `@huggingface/transformers` run on its adapter: its published examples, with another import. */
import type * as Transformers from "@hearth/sdk/compat/transformers";
import { expect, MODELS, test, testInBoth } from "../compat.js";
import { EMBER_WIDTH, reference, STORIES_NAME } from "../models.js";

/** What examples are run with. */
interface Job {
  readonly chat: string;
  readonly embedding: string;
  readonly stories: string;
  readonly prompt: string;
}

test.describe("transformers", () => {
  testInBoth("a text is gone on with as another implementation does, streamed or not", async ({ tab }) => {
    const { prompt, ids, answer } = reference();
    const { whole, streamed, events } = await tab.evaluate(generate, { ...MODELS, prompt });
    expect(whole.text).toEqual([{ generated_text: prompt + answer }]);
    expect(whole.added).toEqual([{ generated_text: answer }]);
    expect(whole.batch.map((one) => one.length)).toEqual([2, 2]);
    expect(streamed.pieces).toBe(prompt + answer);
    expect(streamed.tokens).toEqual(ids);
    expect(streamed.isOver).toBe(true);
    expect(streamed.interrupted.length).toBeLessThan(200);
    expect(events.map(({ status }) => status).filter((status) => !status.startsWith("progress"))).toEqual(["initiate", "download", "done", "ready"]);
    const progress = events.filter(({ status }) => status === "progress");
    expect(progress.at(-1)).toMatchObject({ file: STORIES_NAME, progress: 100, loaded: expect.any(Number) as unknown });
    expect(events.at(-1)).toMatchObject({ task: "text-generation" });
  });

  testInBoth("a conversation gets its answer as the last message, and texts get vectors", async ({ tab }) => {
    const { chat, vectors, errors } = await tab.evaluate(chatAndEmbed, { ...MODELS, prompt: "" });
    expect(chat.roles).toEqual(["system", "user", "assistant"]);
    expect(chat.pieces).toBe(chat.content);
    expect(vectors.dims).toEqual([2, EMBER_WIDTH]);
    expect(vectors.type).toBe("float32");
    for (const row of vectors.rows) expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    // One bit for each number, the first one highest; signed bytes count from -128.
    const bits = vectors.rows.map((row) => row.map((number) => (number > 0 ? "1" : "0")).join(""));
    const bytes = bits.map((row) => Array.from({ length: EMBER_WIDTH / 8 }, (_, at) => Number.parseInt(row.slice(at * 8, at * 8 + 8), 2)));
    expect(vectors.unsigned).toEqual({ type: "uint8", dims: [2, EMBER_WIDTH / 8], rows: bytes });
    expect(vectors.signed).toEqual({ type: "int8", dims: [2, EMBER_WIDTH / 8], rows: bytes.map((row) => row.map((byte) => byte - 128)) });
    expect(errors).toEqual({
      task: expect.stringMatching(/"fill-mask" takes an ONNX model, and only GGUF models run here so far/) as unknown,
      repository: expect.stringMatching(/name its GGUF file by `model_file_name`/) as unknown,
      dtype: expect.stringMatching(/no `dtype`/) as unknown,
      parameter: expect.stringMatching(/`num_beams` is not known/) as unknown,
      prompt: expect.stringMatching(/skip_prompt: true/) as unknown,
      pooling: expect.stringMatching(/pooling: "mean"/) as unknown,
      otherPooling: expect.stringMatching(/in its own way: ask for `pooling: "mean"`/) as unknown,
      normalize: expect.stringMatching(/normalize: true/) as unknown,
    });
  });
});

/** Runs in the page. */
async function generate({ stories, prompt }: Job) {
  const { pipeline, TextStreamer, InterruptableStoppingCriteria } = (await import(
    new URL("/compat/transformers.js", location.href).href
  )) as typeof Transformers;
  const events: Transformers.ProgressInfo[] = [];
  const generator = await pipeline("text-generation", stories, { hearth: { build: "compat" }, progress_callback: (event) => void events.push(event) });
  const whole = {
    text: await generator(prompt, { max_new_tokens: 64 }),
    added: await generator(prompt, { max_new_tokens: 64, return_full_text: false }),
    batch: await generator(["One day", "Two cats"], { max_new_tokens: 4, num_return_sequences: 2, do_sample: true, temperature: 0.7, repetition_penalty: 1.1 }),
  };
  let pieces = "";
  let isOver = false;
  const tokens: number[] = [];
  class Watching extends TextStreamer {
    override on_finalized_text(text: string, streamEnd: boolean): void {
      super.on_finalized_text(text, streamEnd);
      isOver = streamEnd;
    }
  }
  const streamer = new Watching(generator.tokenizer, {
    callback_function: (text) => void (pieces += text),
    token_callback_function: (ids) => void tokens.push(...ids.map(Number)),
  });
  await generator(prompt, { max_new_tokens: 64, streamer });
  const stopping_criteria = new InterruptableStoppingCriteria();
  const interrupting = new TextStreamer(generator.tokenizer, { callback_function: () => stopping_criteria.interrupt() });
  const [answer] = await generator(prompt, { max_new_tokens: 400, streamer: interrupting, stopping_criteria });
  await generator.dispose();
  return { whole, streamed: { pieces, tokens, isOver, interrupted: answer?.generated_text ?? "" }, events };
}

/** Runs in the page. */
async function chatAndEmbed({ chat: model, embedding }: Job) {
  const { pipeline, TextStreamer } = (await import(new URL("/compat/transformers.js", location.href).href)) as typeof Transformers;
  const hearth = { build: "compat" } as const;
  const message = async (work: () => Promise<unknown>): Promise<string> => await work().then(() => "none", (error: Error) => error.message);
  const generator = await pipeline("text-generation", model, { hearth });
  const messages = [
    { role: "system", content: "You are a helpful assistant." },
    { role: "user", content: "Write me a poem about Machine Learning." },
  ];
  let pieces = "";
  const streamer = new TextStreamer(generator.tokenizer, { skip_prompt: true, callback_function: (text) => void (pieces += text) });
  const options = { max_new_tokens: 6, tokenizer_encode_kwargs: { enable_thinking: false } };
  const [output] = await generator(messages, { ...options, streamer });
  const chat = { roles: output?.generated_text.map(({ role }) => role), pieces, content: output?.generated_text.at(-1)?.content };
  const told = new TextStreamer(generator.tokenizer);
  const generation = {
    parameter: await message(() => generator("a", { num_beams: 4 } as Transformers.TextGenerationConfig)),
    prompt: await message(() => generator(messages, { streamer: told })),
  };
  await generator.dispose();

  const extractor = await pipeline("feature-extraction", embedding, { hearth });
  const texts = ["This is a simple test.", "Another one"];
  const vectors = await extractor(texts, { pooling: "mean", normalize: true });
  const shape = ({ type, dims, tolist }: Transformers.Tensor, tensor: Transformers.Tensor) => ({ type, dims, rows: tolist.call(tensor) });
  const signed = await extractor(texts, { pooling: "mean", normalize: true, quantize: true });
  const unsigned = await extractor(texts, { pooling: "mean", normalize: true, quantize: true, precision: "ubinary" });
  type Wrong = Transformers.FeatureExtractionOptions;
  const errors = {
    task: await message(() => pipeline("fill-mask" as "text-generation", model)),
    repository: await message(() => pipeline("text-generation", "Qwen/Qwen3-0.6B-GGUF")),
    dtype: await message(() => pipeline("text-generation", model, { dtype: "q4" } as Transformers.PipelineOptions)),
    ...generation,
    pooling: await message(() => extractor("a", {} as Wrong)),
    otherPooling: await message(() => extractor("a", { pooling: "cls", normalize: true })),
    normalize: await message(() => extractor("a", { pooling: "mean" } as Wrong)),
  };
  await extractor.dispose();
  return { chat, vectors: { ...shape(vectors, vectors), signed: shape(signed, signed), unsigned: shape(unsigned, unsigned) }, errors };
}
