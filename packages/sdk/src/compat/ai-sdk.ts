/**
 * A provider for the Vercel AI SDK (version 7 of `ai`): its functions ask models of this tab.
 *
 * ```ts
 * import { streamText } from "ai";
 * import { Hearth } from "@hearth/sdk";
 * import { createHearth } from "@hearth/sdk/compat/ai-sdk";
 *
 * const hearth = createHearth(await Hearth.create({ model: "/models/qwen.gguf" }));
 * for await (const text of streamText({ model: hearth(), prompt: "Hello" }).textStream) write(text);
 * ```
 */
import type {
  EmbeddingModelV4,
  EmbeddingModelV4CallOptions,
  EmbeddingModelV4Result,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  ProviderV4,
} from "@ai-sdk/provider";
import { HearthError } from "../error.js";
import type { Hearth } from "../hearth.js";
import type { AnswerStream, ChatCompletionChunk } from "../interface.js";
import { StreamParts, toContent, toFinishReason, toMetadata, toUsage } from "./ai-sdk/answer.js";
import { toRequest } from "./ai-sdk/request.js";

/** Gives models by their names in `Hearth`; without a name, the model that answers requests which name none. */
export interface HearthProvider extends ProviderV4 {
  (modelId?: string): LanguageModelV4;
  languageModel(modelId?: string): LanguageModelV4;
  embeddingModel(modelId?: string): EmbeddingModelV4;
}

/** The models of `hearth` as a provider. */
export function createHearth(hearth: Hearth): HearthProvider {
  const languageModel = (modelId?: string): LanguageModelV4 => new HearthLanguageModel(hearth, modelId ?? firstModel(hearth));
  const embeddingModel = (modelId?: string): EmbeddingModelV4 => new HearthEmbeddingModel(hearth, modelId ?? firstModel(hearth));
  const imageModel = (modelId: string): never => {
    throw new HearthError("model_not_found", `"${modelId}" makes no pictures: models here write text and make vectors.`);
  };
  return Object.assign((modelId?: string) => languageModel(modelId), { specificationVersion: "v4" as const, languageModel, embeddingModel, imageModel });
}

function firstModel(hearth: Hearth): string {
  const [first] = hearth.models;
  if (first === undefined) throw new HearthError("no_model", "No model is loaded. Load one first.");
  return first;
}

class HearthLanguageModel implements LanguageModelV4 {
  readonly specificationVersion = "v4";
  readonly provider = "hearth";
  /** Nothing is read from the network. */
  readonly supportedUrls = {};

  constructor(
    private readonly hearth: Hearth,
    readonly modelId: string,
  ) {}

  async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const { params, warnings } = toRequest(this.modelId, options);
    const answer = await this.hearth.chat.completions.create({ ...params, stream: false }, { signal: options.abortSignal ?? null });
    const { id, created, model, choices, usage, served_by } = answer;
    const [choice] = choices;
    return {
      content: choice === undefined ? [] : toContent(choice.message),
      finishReason: toFinishReason(choice?.finish_reason),
      usage: toUsage(usage),
      providerMetadata: toMetadata(served_by, usage),
      request: { body: params },
      response: { id, timestamp: new Date(created * 1_000), modelId: model, body: answer },
      warnings,
    };
  }

  async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const { params, warnings } = toRequest(this.modelId, options);
    const body = { ...params, stream: true, stream_options: { include_usage: true } } as const;
    const answer = await this.hearth.chat.completions.create(body, { signal: options.abortSignal ?? null });
    const parts = streamParts(answer, new StreamParts(), warnings, options);
    const stream = new ReadableStream<LanguageModelV4StreamPart>({
      async pull(controller) {
        const { done, value } = await parts.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => answer.controller.abort(),
    });
    return { stream, request: { body } };
  }
}

async function* streamParts(
  answer: AnswerStream<ChatCompletionChunk>,
  parts: StreamParts,
  warnings: Parameters<StreamParts["begin"]>[0],
  { abortSignal, includeRawChunks }: LanguageModelV4CallOptions,
): AsyncGenerator<LanguageModelV4StreamPart, void> {
  yield* parts.begin(warnings);
  try {
    for await (const chunk of answer) {
      if (includeRawChunks === true) yield { type: "raw", rawValue: chunk };
      yield* parts.take(chunk);
    }
    yield* parts.end();
  } catch (error) {
    abortSignal?.throwIfAborted();
    yield* parts.fail(error);
  }
}

class HearthEmbeddingModel implements EmbeddingModelV4 {
  readonly specificationVersion = "v4";
  readonly provider = "hearth";
  readonly maxEmbeddingsPerCall = undefined;
  /** One engine computes one request after the other. */
  readonly supportsParallelCalls = false;

  constructor(
    private readonly hearth: Hearth,
    readonly modelId: string,
  ) {}

  async doEmbed({ values, dimensions, abortSignal }: EmbeddingModelV4CallOptions): Promise<EmbeddingModelV4Result> {
    const params = { model: this.modelId, input: values, encoding_format: "float", dimensions: dimensions ?? null } as const;
    const { data, usage } = await this.hearth.embeddings.create(params, { signal: abortSignal ?? null });
    return { embeddings: data.map(({ embedding }) => embedding as number[]), usage: { tokens: usage.prompt_tokens }, warnings: [] };
  }
}
