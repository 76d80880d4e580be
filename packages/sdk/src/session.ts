/**
 * A conversation that is kept in the browser. Its text is written down as it grows, an answer under way with the tokens that it has so far: when the tab
 * is closed in the middle, the answer goes on after reopening, as if nothing had happened.
 */
import type { EngineHost } from "./engine-worker.js";
import { ask } from "./engine-worker.js";
import { HearthError } from "./error.js";
import type { RunContext, Told } from "./generated/compat/hearth.js";
import type {
  AnswerStream,
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParams,
  ChatMessage,
  ModelInfo,
  RequestOptions,
} from "./interface.js";
import { RecordStore } from "./record-store.js";
import { randomSeed } from "./seed.js";
import type { RunStream } from "./run-stream.js";
import { deleteState } from "./session-folder.js";

/** What a request of a session may say: all but the conversation itself. */
export type SessionParams = Omit<ChatCompletionCreateParams, "messages" | "stream" | "n">;

/** What a session does with the model. */
export interface SessionModel {
  readonly info: ModelInfo;
  readonly host: EngineHost;
  begin(
    body: object,
    context: RunContext | undefined,
    options: RequestOptions,
    onStep: (told: Told, context: RunContext) => void,
  ): RunStream<ChatCompletionChunk, ChatCompletion>;
}

/** An answer that was broken off. */
interface Pending {
  readonly body: { readonly messages: readonly ChatMessage[] };
  readonly context: RunContext;
  readonly told: Told;
  /** The model that it was begun with: tokens mean nothing to another one. */
  readonly model: string;
}

/** What is written down. */
interface Kept {
  readonly messages: readonly ChatMessage[];
  readonly pending?: Pending;
}

const records = new RecordStore("hearth-sessions");
/** How often an answer under way is written down. */
const WRITE_EVERY_MILLIS = 200;

/** A conversation under a name. */
export class Session {
  #kept: Kept;
  #writing: Promise<void> = Promise.resolve();
  #isAnswering = false;

  private constructor(
    readonly name: string,
    private readonly model: () => SessionModel,
    kept: Kept,
  ) {
    this.#kept = kept;
  }

  /**
   * Opens what was kept under a name, or begins.
   *
   * @internal
   */
  static async open(name: string, model: () => SessionModel): Promise<Session> {
    const kept = await records.get(name);
    return new Session(name, model, isKept(kept) ? kept : { messages: [] });
  }

  /** Names of all that is kept. */
  static async list(): Promise<readonly string[]> {
    return await records.keys();
  }

  /** What was said. */
  get messages(): readonly ChatMessage[] {
    return this.#kept.messages;
  }

  /** Whether an answer was broken off: {@link Session.resume} goes on with it. */
  get isPending(): boolean {
    return this.#kept.pending !== undefined && !this.#isAnswering;
  }

  /** Replaces what was said, for instance to begin anew or to say something else. */
  async setMessages(messages: readonly ChatMessage[]): Promise<void> {
    this.#refuseWhileAnswering();
    await this.#keep({ messages: [...messages] });
  }

  /** Says something, and gives the answer in pieces. When all are read, both are in {@link Session.messages}. */
  async send(said: string | ChatMessage, params: SessionParams = {}, options: RequestOptions = {}): Promise<AnswerStream<ChatCompletionChunk>> {
    this.#refuseWhileAnswering();
    const message: ChatMessage = typeof said === "string" ? { role: "user", content: said } : said;
    const messages = [...this.messages, message];
    return await this.#answer({ seed: randomSeed(), ...params, messages }, undefined, options);
  }

  /** Goes on with the answer that was broken off. What was there of it comes first. */
  async resume(options: RequestOptions = {}): Promise<AnswerStream<ChatCompletionChunk>> {
    this.#refuseWhileAnswering();
    const { pending } = this.#kept;
    if (pending === undefined) throw new HearthError("bad_argument", "There is no answer to go on with.");
    const isSame = pending.model === nameOf(this.model().info);
    const context = isSame ? { ...pending.context, told: { tokens: pending.told.tokens, seen: 0 } } : undefined;
    return await this.#answer(pending.body, context, options);
  }

  /** Keeps what the model has computed of the conversation too, so that {@link Session.restore} spares computing it again. Gives its bytes. */
  async save(): Promise<number> {
    return (await ask(this.model().host, { type: "save", name: this.name }, "saved")).bytes;
  }

  /** Takes over what was computed. Gives false where nothing was saved, or with another model: then it is computed again when it is needed. */
  async restore(): Promise<boolean> {
    return (await ask(this.model().host, { type: "restore", name: this.name }, "restored")).found;
  }

  /** Forgets all of it. */
  async delete(): Promise<void> {
    this.#refuseWhileAnswering();
    this.#kept = { messages: [] };
    await this.#writing;
    await records.delete(this.name);
    await deleteState(this.name);
  }

  async #answer(
    body: { readonly messages: readonly ChatMessage[] },
    context: RunContext | undefined,
    options: RequestOptions,
  ): Promise<AnswerStream<ChatCompletionChunk>> {
    const before: Kept = { messages: this.messages };
    const model = nameOf(this.model().info);
    let written = Number.NEGATIVE_INFINITY;
    const onStep = (told: Told, context: RunContext): void => {
      const now = performance.now();
      if (now - written < WRITE_EVERY_MILLIS) return;
      written = now;
      void this.#keep({ ...before, pending: { body, context, told: structuredClone(told), model } });
    };
    this.#isAnswering = true;
    let settled = Promise.resolve();
    try {
      const stream = this.model().begin({ ...body, stream: true }, context, options, onStep);
      // An answer that fails or is abandoned leaves all as it was.
      const kept = stream.whole.then(
        ({ choices: [choice] }) => this.#keep({ messages: [...body.messages, ...(choice === undefined ? [] : [choice.message])] }),
        () => this.#keep(before),
      );
      settled = kept.finally(() => (this.#isAnswering = false));
      await stream.begun;
      return { controller: stream.controller, stop: () => stream.stop(), [Symbol.asyncIterator]: () => thenSettled(stream, settled) };
    } catch (error) {
      await settled;
      this.#isAnswering = false;
      throw error;
    }
  }

  #refuseWhileAnswering(): void {
    if (this.#isAnswering) throw new HearthError("bad_argument", "The conversation is being answered. Wait for the end, or stop it.");
  }

  /** One after the other, so that the newest is written last. */
  #keep(kept: Kept): Promise<void> {
    this.#kept = kept;
    this.#writing = this.#writing.then(() => records.put(this.name, kept));
    return this.#writing;
  }
}

/** Who has read all pieces finds the answer among the messages. */
async function* thenSettled<Chunk>(stream: AsyncIterable<Chunk>, settled: Promise<void>): AsyncGenerator<Chunk> {
  try {
    yield* stream;
  } finally {
    await settled;
  }
}

function nameOf({ architecture, name, parameters, tensorBytes, vocabularySize }: ModelInfo): string {
  return JSON.stringify([architecture, name, parameters, tensorBytes, vocabularySize]);
}

function isKept(record: unknown): record is Kept {
  return typeof record === "object" && record !== null && "messages" in record && Array.isArray(record.messages);
}
