/** A conversation, or a text that is continued: what was said, and the answer that comes in. */
import type { ChatMessage, FinishReason, Generation, OutputEvent, Timings, Usage } from "@hearth/sdk";
import { useCallback, useRef, useState } from "react";
import { generationOptions, type Settings } from "../settings.js";
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
  | { readonly type: "finished"; readonly reason: FinishReason; readonly usage: Usage; readonly timings: Timings };

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
  const generation = useRef<Generation>(undefined);
  const nextId = useRef(1);
  const { state, hearth, failed, dismiss } = engine;
  const hasTemplate = state.phase === "ready" && state.model.info.hasChatTemplate;

  const clear = useCallback(() => {
    generation.current?.stop();
    generation.current = undefined;
    setTurns([]);
    setAnswering(false);
    setUnanswered(undefined);
  }, []);

  /** Where there is no answer, all is as before, and `draft` is there to be changed and sent again. */
  const ask = (prompt: string, earlier: readonly Turn[], draft: string | undefined): void => {
    const model = hearth();
    if (model === undefined || generation.current !== undefined) return;
    dismiss();
    const options = generationOptions(settings);
    const mine = hasTemplate ? model.chat([...messages(earlier), { role: "user", content: prompt }], { ...options, typed: true }) : model.complete(prompt, options);
    generation.current = mine;
    const isNewest = (): boolean => generation.current === mine;
    const turn: Turn = { id: nextId.current++, prompt, reasoning: "", answer: "", status: { type: "reading", doneTokens: 0, totalTokens: 0 } };
    setTurns([...earlier, turn]);
    setAnswering(true);
    setUnanswered(undefined);
    const show = (newest: Turn): void => {
      if (isNewest()) setTurns((all) => all.map((one) => (one.id === newest.id ? newest : one)));
    };
    void follow(mine, hasTemplate, turn, show)
      .catch((error: unknown) => {
        if (!isNewest() || isAbort(error)) return;
        setTurns(turns);
        setUnanswered(draft);
        failed(error);
      })
      .finally(() => {
        if (!isNewest()) return;
        generation.current = undefined;
        setAnswering(false);
      });
  };

  const send = (prompt: string): void => ask(prompt, turns, prompt);
  const goOn = (): void => {
    const newest = turns.at(-1);
    if (newest !== undefined) ask(newest.prompt + newest.answer, turns.slice(0, -1), undefined);
  };

  return { turns, isAnswering, unanswered, send, goOn, stop: useCallback(() => generation.current?.stop(), []), clear };
}

function messages(turns: readonly Turn[]): ChatMessage[] {
  return turns.flatMap((turn): ChatMessage[] => [
    { role: "user", content: turn.prompt },
    { role: "assistant", content: turn.answer },
  ]);
}

/** The turn with what an event brought. Calls of tools are shown as text: this page offers the model none. */
function grown(turn: Turn, isTyped: boolean, event: { readonly text: string; readonly output: readonly OutputEvent[] }): Turn {
  if (!isTyped) return { ...turn, answer: turn.answer + event.text };
  let { reasoning, answer } = turn;
  for (const part of event.output) {
    if (part.type === "reasoning") reasoning += part.text;
    else if (part.type === "content") answer += part.text;
    else if (part.type === "tool_call_start") answer += `\n${part.name} `;
    else if (part.type === "tool_call_arguments") answer += part.delta;
  }
  return { ...turn, reasoning, answer };
}

/** Shows the turn as its events come in, at most once per frame: tokens may come faster than a page can draw. */
async function follow(generation: Generation, isTyped: boolean, turn: Turn, show: (turn: Turn) => void): Promise<void> {
  let newest = turn;
  let frame = 0;
  let firstAt = 0;
  const draw = (): void => {
    frame = 0;
    show(newest);
  };
  try {
    for await (const event of generation) {
      if (event.type === "prefill") {
        newest = { ...newest, status: { ...event, type: "reading" } };
      } else if (event.type === "token") {
        const tokens = newest.status.type === "writing" ? newest.status.tokens + 1 : 1;
        const now = performance.now();
        if (tokens === 1) firstAt = now;
        const tokensPerSecond = now > firstAt ? ((tokens - 1) * 1_000) / (now - firstAt) : undefined;
        newest = { ...grown(newest, isTyped, event), status: { type: "writing", tokens, tokensPerSecond } };
      } else if (event.type === "finished") {
        const { reason, usage, timings } = event;
        newest = { ...grown(newest, isTyped, event), status: { type: "finished", reason, usage, timings } };
      }
      frame ||= requestAnimationFrame(draw);
    }
  } finally {
    cancelAnimationFrame(frame);
    draw();
  }
}
