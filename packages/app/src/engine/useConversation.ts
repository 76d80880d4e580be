/** A conversation, or a text that is continued: what was said, and the answer that comes in. */
import type { AnswerStream, ChatCompletionChunk, ChatMessage, Completion, CompletionUsage, Hearth, PromptProgress } from "@hearth/sdk";
import { useCallback, useRef, useState } from "react";
import { parameters, type Settings } from "../settings.js";
import { isAbort } from "./problem.js";
import type { EngineHandle } from "./useEngine.js";

/** One question and its answer, or one text and its continuation. */
export interface Turn {
  readonly id: number;
  readonly prompt: string;
  /** What the model thought before it answered. */
  readonly reasoning: string;
  readonly answer: string;
  readonly status: TurnStatus;
}

export type TurnStatus =
  /** The prompt is read: so many of its tokens. */
  | { readonly type: "reading"; readonly doneTokens: number; readonly totalTokens: number }
  | { readonly type: "writing"; readonly tokens: number; readonly tokensPerSecond: number | undefined }
  | { readonly type: "finished"; readonly reason: EndReason; readonly usage: CompletionUsage | undefined };

/** Why an answer ended: of itself, because it was long enough, or because the person stopped it. */
export type EndReason = "stop" | "length" | "stopped";

/** An answer under way, from the moment that it was asked for. */
interface Answering {
  isStopped: boolean;
  /** Once the engine has begun. */
  stream: AnswerStream<Chunk> | undefined;
}

type Chunk = ChatCompletionChunk | Completion;

export interface Conversation {
  readonly turns: readonly Turn[];
  readonly isAnswering: boolean;
  /** What was sent last, if there was no answer to it. */
  readonly unanswered: string | undefined;
  /** Answers `prompt`, or continues it. */
  readonly send: (prompt: string) => void;
  /** Continues the newest text where it ended. */
  readonly goOn: () => void;
  readonly stop: () => void;
  readonly clear: () => void;
}

export function useConversation(engine: EngineHandle, settings: Settings): Conversation {
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const [isAnswering, setAnswering] = useState(false);
  const [unanswered, setUnanswered] = useState<string>();
  const answering = useRef<Answering>(undefined);
  const nextId = useRef(1);
  const { state, hearth, failed, dismiss } = engine;
  const hasTemplate = state.phase === "ready" && state.model.info.hasChatTemplate;

  const clear = useCallback(() => {
    stop(answering.current);
    answering.current = undefined;
    setTurns([]);
    setAnswering(false);
    setUnanswered(undefined);
  }, []);

  /** Where there is no answer, all is as before, and `draft` is there to be changed and sent again. */
  const ask = (prompt: string, earlier: readonly Turn[], draft: string | undefined): void => {
    const model = hearth();
    if (model === undefined || answering.current !== undefined) return;
    dismiss();
    const mine: Answering = { isStopped: false, stream: undefined };
    answering.current = mine;
    const isNewest = (): boolean => answering.current === mine;
    const turn: Turn = { id: nextId.current++, prompt, reasoning: "", answer: "", status: { type: "reading", doneTokens: 0, totalTokens: 0 } };
    setTurns([...earlier, turn]);
    setAnswering(true);
    setUnanswered(undefined);
    const show = (newest: Turn): void => {
      if (isNewest()) setTurns((all) => all.map((one) => (one.id === newest.id ? newest : one)));
    };
    void begin(model, hasTemplate ? [...messages(earlier), { role: "user", content: prompt }] : prompt, settings)
      .then(async (stream) => {
        mine.stream = stream;
        if (mine.isStopped) stream.stop();
        await follow(mine, stream, turn, show);
      })
      .catch((error: unknown) => {
        if (!isNewest() || isAbort(error)) return;
        setTurns(turns);
        setUnanswered(draft);
        failed(error);
      })
      .finally(() => {
        if (!isNewest()) return;
        answering.current = undefined;
        setAnswering(false);
      });
  };

  const send = (prompt: string): void => ask(prompt, turns, prompt);
  const goOn = (): void => {
    const newest = turns.at(-1);
    if (newest !== undefined) ask(newest.prompt + newest.answer, turns.slice(0, -1), undefined);
  };

  return { turns, isAnswering, unanswered, send, goOn, stop: useCallback(() => stop(answering.current), []), clear };
}

function messages(turns: readonly Turn[]): ChatMessage[] {
  return turns.flatMap((turn): ChatMessage[] => [
    { role: "user", content: turn.prompt },
    { role: "assistant", content: turn.answer },
  ]);
}

function stop(answering: Answering | undefined): void {
  if (answering === undefined) return;
  answering.isStopped = true;
  answering.stream?.stop();
}

/** Asks the model to answer a conversation, or to go on with a text. */
async function begin(hearth: Hearth, asked: readonly ChatMessage[] | string, settings: Settings): Promise<AnswerStream<Chunk>> {
  const how = { ...parameters(settings), stream: true, stream_options: { include_usage: true }, return_progress: true } as const;
  return typeof asked === "string"
    ? await hearth.completions.create({ ...how, prompt: asked })
    : await hearth.chat.completions.create({ ...how, messages: asked });
}

/** What a chunk brings. Calls of tools are shown as text: this page offers the model none. */
interface Grown {
  readonly reasoning: string;
  readonly answer: string;
  readonly finished: string | null;
}

function grownBy(chunk: Chunk): Grown {
  const [choice] = chunk.choices;
  if (choice === undefined) return { reasoning: "", answer: "", finished: null };
  if ("text" in choice) return { reasoning: "", answer: choice.text, finished: choice.finish_reason };
  const { content, reasoning_content, tool_calls } = choice.delta;
  const calls = (tool_calls ?? []).map((call) => `${call.function.name === undefined ? "" : `\n${call.function.name} `}${call.function.arguments ?? ""}`);
  return { reasoning: reasoning_content ?? "", answer: (content ?? "") + calls.join(""), finished: choice.finish_reason };
}

/** Shows the turn as its pieces come in, at most once per frame: tokens may come faster than a page can draw. */
async function follow(mine: Answering, stream: AnswerStream<Chunk>, turn: Turn, show: (turn: Turn) => void): Promise<void> {
  let newest = turn;
  let frame = 0;
  const draw = (): void => {
    frame = 0;
    show(newest);
  };
  let reason: EndReason = "stop";
  let usage: CompletionUsage | undefined;
  const pace = new Pace();
  try {
    for await (const chunk of stream) {
      const { reasoning, answer, finished } = grownBy(chunk);
      newest = { ...newest, reasoning: newest.reasoning + reasoning, answer: newest.answer + answer };
      if (chunk.prompt_progress !== undefined) newest = { ...newest, status: reading(chunk.prompt_progress) };
      else if (answer !== "" || reasoning !== "") newest = { ...newest, status: pace.token() };
      if (finished === "length") reason = finished;
      usage = chunk.usage ?? usage;
      frame ||= requestAnimationFrame(draw);
    }
    newest = { ...newest, status: { type: "finished", reason: mine.isStopped ? "stopped" : reason, usage } };
  } finally {
    cancelAnimationFrame(frame);
    draw();
  }
}

function reading({ processed, total }: PromptProgress): TurnStatus {
  return { type: "reading", doneTokens: processed, totalTokens: total };
}

/** How fast pieces come. */
class Pace {
  #pieces = 0;
  #firstAt = 0;

  /** Another one is there. */
  token(): TurnStatus {
    const now = performance.now();
    this.#pieces += 1;
    if (this.#pieces === 1) this.#firstAt = now;
    const tokensPerSecond = now > this.#firstAt ? ((this.#pieces - 1) * 1_000) / (now - this.#firstAt) : undefined;
    return { type: "writing", tokens: this.#pieces, tokensPerSecond };
  }
}
