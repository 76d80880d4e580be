/** Pages typed for Chrome's Prompt API fit the adapter: compiled, never run. */
import type { LanguageModelClass } from "@hearth/sdk/compat/prompt-api";

/** Accepts what is assignable to `Target`. */
declare function accepts<Target>(value: Target): void;
declare const adapter: LanguageModelClass;
declare const asked: { create: LanguageModelCreateOptions; prompt: LanguageModelPromptOptions; input: LanguageModelPrompt };

// The class and its sessions are used as the browser's are.
accepts<Pick<typeof LanguageModel, "create" | "availability" | "params">>(adapter);
accepts<LanguageModel>(adapter.prototype);

// What the browser takes is taken.
void adapter.create(asked.create);
void adapter.availability(asked.create);
void adapter.prototype.prompt(asked.input, asked.prompt);
accepts<ReadableStream<string>>(adapter.prototype.promptStreaming(asked.input, asked.prompt));
