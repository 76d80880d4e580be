/** Requests in OpenAI's shapes: answered by a model of the page, or, where this machine cannot, by another endpoint. */
import { Endpoint } from "./endpoint.js";
import { HearthError } from "./error.js";
import type { RunContext, RunKind, Told } from "./generated/compat/hearth.js";
import type { AnswerStream, CompletionUsage, Fallback, RequestOptions, Served, ServedBy } from "./interface.js";
import type { Models } from "./models.js";
import { RunStream } from "./run-stream.js";
import { randomSeed } from "./seed.js";
import type { SessionModel } from "./session.js";
import { noteSpeed } from "./speed-record.js";

/** What whole answers have, if they generated anything. */
interface Whole {
  readonly usage?: Partial<CompletionUsage>;
}

/** What requests say that all of them may say. */
interface Body {
  readonly model?: string | null;
  readonly stream?: boolean | null;
  readonly seed?: number | null;
}

/** Makes requests of one `Hearth`. */
export class Requests {
  readonly #models: Models;
  readonly #endpoint: Endpoint | undefined;

  constructor(models: Models, fallback: Fallback | undefined) {
    this.#models = models;
    this.#endpoint = fallback === undefined ? undefined : new Endpoint(fallback);
  }

  /** The answer: a stream where `params.stream` asks for one, and else the whole. */
  async create(kind: RunKind, params: object, { signal, stop }: RequestOptions = {}): Promise<object> {
    signal?.throwIfAborted();
    const body = seeded(kind, params);
    try {
      return await this.#local(kind, body, signal ?? undefined, stop);
    } catch (error) {
      const isOwn = signal?.aborted === true || this.#endpoint === undefined || !isOfThisMachine(error);
      if (isOwn || this.#endpoint === undefined) throw error;
      return await this.#remote(this.#endpoint, kind, body, signal ?? undefined);
    }
  }

  /** A model as a conversation that is kept asks it: the one of this name, or the one that answers where none is named. */
  sessionModel(name: string | undefined): SessionModel {
    const { info, host } = this.#models.named(name).model;
    if (info === undefined) throw new HearthError("no_model", "No model is loaded. Load one first.");
    return {
      info,
      host,
      begin: (body, context, { signal }, onStep) => this.#run("chat", { ...body, ...(name !== undefined && { model: name }) }, context, signal ?? undefined, onStep),
    };
  }

  async #local(kind: RunKind, body: Body, signal: AbortSignal | undefined, stop: AbortSignal | null | undefined): Promise<object> {
    const stream = this.#run<object, Whole>(kind, body, undefined, signal);
    if (stop != null) stopWith(stream, stop);
    if (body.stream !== true) return served(await stream.whole, "local");
    await stream.begun;
    return servedStream(stream, "local");
  }

  #run<Chunk, Answer extends Whole>(
    kind: RunKind,
    body: Body,
    context: RunContext | undefined,
    signal: AbortSignal | undefined,
    onStep?: (told: Told, context: RunContext) => void,
  ): RunStream<Chunk, Answer> {
    const { name, model } = this.#models.named(body.model);
    const now = new Date();
    const created = Math.floor(now.getTime() / 1_000);
    const own = context ?? { id: `${PREFIXES[kind]}-${crypto.randomUUID()}`, created, model: name, now: localTime(now) };
    const stream = new RunStream<Chunk, Answer>(model.host, { kind, body: JSON.stringify(body), context: own }, signal, (told) => onStep?.(told, own));
    void stream.whole.then(({ usage }) => {
      const { completion_tokens, timings } = usage ?? {};
      if (model.info !== undefined && timings !== undefined) void noteSpeed(model.info, completion_tokens ?? 0, timings.decode_tokens_per_second);
    }, () => undefined);
    return stream;
  }

  async #remote(endpoint: Endpoint, kind: RunKind, body: Body, signal: AbortSignal | undefined): Promise<object> {
    if (body.stream !== true) return served(await endpoint.ask(kind, body, signal), "fallback");
    return servedStream(await endpoint.stream<object>(kind, body, signal), "fallback");
  }
}

const PREFIXES: Readonly<Record<RunKind, string>> = { chat: "chatcmpl", completion: "cmpl", embeddings: "embd", rerank: "rerank" };

/** Failures of this machine, not of the request: somebody else may answer it. */
const OF_THIS_MACHINE: readonly string[] = [
  "engine_crashed",
  "gpu_failed",
  "gpu_lost",
  "no_gpu",
  "no_model",
  "not_enough_memory",
  "unsupported_browser",
  "start_failed",
];

function isOfThisMachine(error: unknown): boolean {
  return error instanceof HearthError && OF_THIS_MACHINE.includes(error.code);
}

function served<T extends object>(answer: T, by: ServedBy): T & Served {
  return { ...answer, served_by: by };
}

function servedStream<Chunk extends object>(stream: AnswerStream<Chunk>, by: ServedBy): AnswerStream<Chunk & Served> {
  return {
    controller: stream.controller,
    stop: () => stream.stop(),
    async *[Symbol.asyncIterator]() {
      for await (const chunk of stream) yield served(chunk, by);
    },
  };
}

/** Ends an answer in peace when `stop` says so. */
function stopWith(stream: RunStream<object, object>, stop: AbortSignal): void {
  const end = (): void => stream.stop();
  if (stop.aborted) end();
  stop.addEventListener("abort", end);
  void stream.whole.catch(() => undefined).finally(() => stop.removeEventListener("abort", end));
}

/** The request with a seed, so that it can be answered once more. */
function seeded(kind: RunKind, body: Body): Body {
  if (kind !== "chat" && kind !== "completion") return body;
  return { ...body, seed: body.seed ?? randomSeed() };
}

/** `2026-01-15T12:30:00` on the person's clock. */
function localTime(now: Date): string {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
