/** Tools: what a person offers the model in a conversation's settings, and the calls that answers have. This page runs none. */
import type { ChatCompletionChunk, ChatCompletionCreateParams, ChatToolCall } from "@hearth/sdk";
import type { Message } from "../conversations/protocol.js";

/** A call, while its arguments grow too. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text; broken off where the answer was. */
  readonly arguments: string;
}

type Delta = NonNullable<ChatCompletionChunk["choices"][number]["delta"]["tool_calls"]>[number];
export type Tools = NonNullable<ChatCompletionCreateParams["tools"]>;

/** Calls with what a chunk adds to them. */
export function grown(calls: readonly ToolCall[], deltas: readonly Delta[]): readonly ToolCall[] {
  if (deltas.length === 0) return calls;
  const next = [...calls];
  for (const { index, id, function: called } of deltas) {
    const old = next[index] ?? { id: "", name: "", arguments: "" };
    next[index] = { id: old.id + (id ?? ""), name: old.name + (called.name ?? ""), arguments: old.arguments + (called.arguments ?? "") };
  }
  return next;
}

/** The calls of an answer, as they are kept with it; what is kept may come from another version, or from a file. */
export function callsOf({ details }: Message): readonly ToolCall[] {
  const { toolCalls } = details;
  return Array.isArray(toolCalls) ? toolCalls.filter(isCall) : [];
}

function isCall(value: unknown): value is ToolCall {
  if (typeof value !== "object" || value === null) return false;
  const call = value as Partial<ToolCall>;
  return typeof call.id === "string" && typeof call.name === "string" && typeof call.arguments === "string";
}

/** What an answer is given back to the model as. A call that broke off is no call, and is told as text. */
export function answered(message: Message): { readonly content: string | null; readonly tool_calls?: ChatToolCall[] } {
  const calls = callsOf(message);
  const whole = calls.filter((call) => isObject(parsed(call.arguments)));
  const broken = calls.filter((call) => !whole.includes(call)).map(({ name, arguments: json }) => `${name} ${json}`);
  const content = [...(message.content === "" ? [] : [message.content]), ...broken].join("\n");
  if (whole.length === 0) return { content };
  return {
    content: content === "" ? null : content,
    tool_calls: whole.map(({ id, name, arguments: json }) => ({ id, type: "function", function: { name, arguments: json } })),
  };
}

/** Arguments on lines of their own, where they are whole. */
export function pretty(json: string): string {
  const value = parsed(json);
  return value === undefined ? json : JSON.stringify(value, undefined, 2);
}

/** The tools that a conversation offers, as its settings keep them: what the person wrote, and whether one has to be called. */
export interface Offer {
  readonly text: string;
  readonly mustCall: boolean;
}

export function offerOf(settings: Readonly<Record<string, unknown>>): Offer {
  const { tools, mustCallTool } = settings;
  return { text: typeof tools === "string" ? tools : "", mustCall: mustCallTool === true };
}

export function settingsOf({ text, mustCall }: Offer): Readonly<Record<string, unknown>> {
  return { tools: text, mustCallTool: mustCall };
}

/** As requests have it. A list with a mistake offers nothing: the settings say so. */
export function toolParameters({ text, mustCall }: Offer) {
  const { tools } = readTools(text);
  return tools === undefined || tools.length === 0 ? {} : { tools, ...(mustCall && { tool_choice: "required" as const }) };
}

/** What is wrong with a list of tools; `at` counts from 1. */
export type ToolsMistake =
  | { readonly type: "notJson"; readonly detail: string }
  | { readonly type: "noList" }
  | { readonly type: "noFunction" | "noName" | "badParameters"; readonly at: number }
  | { readonly type: "sameName"; readonly name: string };

/** Reads a list of tools in OpenAI's shape; an empty text is an empty list. */
export function readTools(text: string): { readonly tools: Tools; readonly mistake?: undefined } | { readonly tools?: undefined; readonly mistake: ToolsMistake } {
  if (text.trim() === "") return { tools: [] };
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    return { mistake: { type: "notJson", detail: error instanceof Error ? error.message : "" } };
  }
  if (!Array.isArray(list)) return { mistake: { type: "noList" } };
  const names = new Set<string>();
  for (const [index, tool] of list.entries()) {
    const mistake = mistakeIn(tool, index + 1, names);
    if (mistake !== undefined) return { mistake };
  }
  return { tools: list as Tools };
}

function mistakeIn(tool: unknown, at: number, names: Set<string>): ToolsMistake | undefined {
  if (!isObject(tool) || tool["type"] !== "function" || !isObject(tool["function"])) return { type: "noFunction", at };
  const { name, parameters } = tool["function"];
  if (typeof name !== "string" || name === "") return { type: "noName", at };
  if (parameters !== undefined && !isObject(parameters)) return { type: "badParameters", at };
  if (names.has(name)) return { type: "sameName", name };
  names.add(name);
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
