/** An answer under way: events that the worker sends, read at the reader's pace. */
import type { EngineWorker } from "./engine-worker.js";
import type { GenerateOptions, OutputEvent } from "./generated/compat/hearth.js";
import type { Generation, GenerationEvent, GenerationOptions } from "./interface.js";
import type { Prompt, RequestId } from "./protocol.js";
import { Queue } from "./queue.js";

/** Asks the worker to continue `prompt`. A failure, of the start too, is thrown to whoever reads the events. */
export function startGeneration(worker: () => EngineWorker, prompt: Prompt, options: GenerationOptions): Generation {
  const { signal, ...engineOptions } = options;
  const generation = new WorkerGeneration();
  try {
    signal?.throwIfAborted();
    generation.start(worker(), prompt, engineOptions);
    signal?.addEventListener("abort", () => generation.fail(signal.reason), { signal: generation.over });
  } catch (error) {
    generation.fail(error);
  }
  return generation;
}

class WorkerGeneration implements Generation {
  readonly #events = new Queue<GenerationEvent>();
  readonly #over = new AbortController();
  #worker: EngineWorker | undefined;
  #id: RequestId = 0;
  #isTyped = false;

  /** Fires at the end, whichever it is. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  start(worker: EngineWorker, prompt: Prompt, options: GenerateOptions): void {
    this.#worker = worker;
    this.#isTyped = options.typed ?? false;
    this.#id = worker.send(
      { type: "generate", prompt, options },
      {
        answered: (answer) => {
          if (answer.type !== "generation") return;
          this.#events.push(answer.event);
          if (answer.event.type === "finished") this.#end();
        },
        failed: (error) => this.fail(error),
      },
    );
  }

  /** Ends it, and throws `error` to the reader. */
  fail(error: unknown): void {
    this.#events.fail(error);
    this.stop();
    this.#over.abort();
  }

  stop(): void {
    this.#worker?.cancel(this.#id);
  }

  async text(): Promise<string> {
    let text = "";
    for await (const event of this) {
      if (event.type === "token" || event.type === "finished") text += this.#isTyped ? contentOf(event.output) : event.text;
    }
    return text;
  }

  #end(): void {
    this.#events.end();
    this.#over.abort();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<GenerationEvent> {
    try {
      yield* this.#events;
    } finally {
      // A reader that breaks off wants no more.
      this.stop();
    }
  }
}

/** The answer alone. */
function contentOf(output: readonly OutputEvent[]): string {
  return output.map((event) => (event.type === "content" ? event.text : "")).join("");
}
