/** The provider is one of the AI SDK's: compiled, never run. */
import type { EmbeddingModelV4, LanguageModelV4, ProviderV4 } from "@ai-sdk/provider";
import { createHearth, type HearthProvider } from "@hearth/sdk/compat/ai-sdk";
import type { Hearth } from "@hearth/sdk";
import { embedMany, generateText, type LanguageModel, streamText } from "ai";

/** Accepts what is assignable to `Target`. */
declare function accepts<Target>(value: Target): void;
declare const hearth: Hearth;
const provider = createHearth(hearth);

accepts<ProviderV4>(provider);
accepts<HearthProvider>(provider);
accepts<LanguageModelV4>(provider());
accepts<LanguageModel>(provider("model"));
accepts<EmbeddingModelV4>(provider.embeddingModel());

/** The functions of `ai` take its models. */
export async function example(): Promise<void> {
  accepts<string>((await generateText({ model: provider("model"), prompt: "Hello" })).text);
  accepts<AsyncIterable<string>>(streamText({ model: provider(), messages: [{ role: "user", content: "Hello" }] }).textStream);
  accepts<number[][]>((await embedMany({ model: provider.embeddingModel(), values: ["one", "two"] })).embeddings);
}
