/** An answer under way: pieces as the engine writes them, read at the reader's pace, and the whole of it at the end. */
import type { Answer, EngineHost } from "./engine-worker.js";
import { abortError } from "./error.js";
import type { RunContext, RunKind, Told } from "./generated/compat/hearth.js";
import type { AnswerStream } from "./interface.js";
import type { RequestId } from "./protocol.js";
import { Queue } from "./queue.js";
import { ToldSteps } from "./told.js";

/** A request in one of OpenAI's shapes, as the engine gets it. */
export interface RunRequest {
  readonly kind: RunKind;
  /** JSON. */
  readonly body: string;
  readonly context: RunContext;
}

/** Reads what the engine answers to one request. */
export class RunStream<Chunk, Whole> implements AnswerStream<Chunk> {
  readonly controller = new AbortController();
  /** Settles with the first sign of life: what is wrong with the request itself is known by then. */
  readonly begun: Promise<void>;
  /** The whole answer. */
  readonly whole: Promise<Whole>;

  readonly #told: ToldSteps;
  readonly #onStep: (told: Told) => void;
  readonly #chunks = new Queue<Chunk>();
  readonly #host: EngineHost;
  readonly #id: RequestId;
  #begin!: () => void;
  #finish!: (whole: Whole) => void;
  #reject!: (error: unknown) => void;
  #isOver = false;

  /** `onStep` learns what was told so far, each time that it grows. */
  constructor(host: EngineHost, request: RunRequest, signal: AbortSignal | undefined, onStep: (told: Told) => void = () => undefined) {
    this.#host = host;
    this.#told = new ToldSteps(request.context.told);
    this.#onStep = onStep;
    this.whole = new Promise((resolve, reject) => ([this.#finish, this.#reject] = [resolve, reject]));
    this.begun = Promise.race([new Promise<void>((resolve) => (this.#begin = resolve)), this.whole.then(() => undefined)]);
    // Whoever needs them awaits them; that nobody does is no error.
    for (const promise of [this.whole, this.begun]) promise.catch(() => undefined);
    this.controller.signal.addEventListener("abort", () => this.#abandon());
    signal?.addEventListener("abort", () => this.#fail(signal.reason), { signal: this.controller.signal });
    const waiting = { answered: (answer: Answer) => this.#take(answer), failed: (error: unknown) => this.#fail(error) };
    this.#id = host.send({ type: "run", ...request }, waiting);
    if (signal?.aborted === true) this.#fail(signal.reason);
  }

  stop(): void {
    if (!this.#isOver) this.#host.stop(this.#id);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Chunk> {
    try {
      yield* this.#chunks;
    } finally {
      // A reader that breaks off wants no more.
      this.controller.abort();
    }
  }

  #take(answer: Answer): void {
    if (answer.type !== "step") return;
    const { chunks, answer: whole } = answer.step;
    // The shapes are those of the request's kind, which whoever made the stream knows.
    for (const chunk of chunks) this.#chunks.push(chunk as Chunk);
    this.#begin();
    this.#told.note(answer.step);
    this.#onStep(this.#told.told);
    if (whole === undefined) return;
    this.#isOver = true;
    this.#finish(whole as Whole);
    this.#chunks.end();
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#chunks.fail(error);
    this.#reject(error);
    this.#host.cancel(this.#id);
  }

  /** Ends it without an answer, and without a complaint to who reads the pieces. */
  #abandon(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#chunks.end();
    this.#reject(abortError("The answer was abandoned."));
    this.#host.cancel(this.#id);
  }
}
