/** An OpenAI-compatible endpoint that answers where this machine cannot. */
import { HearthError } from "./error.js";
import type { RunKind } from "./generated/compat/hearth.js";
import type { AnswerStream, Fallback } from "./interface.js";
import { Queue } from "./queue.js";
import { sseData } from "./sse.js";

const PATHS: Readonly<Record<RunKind, string>> = {
  chat: "chat/completions",
  completion: "completions",
  embeddings: "embeddings",
  rerank: "rerank",
};

/** Asks the endpoint. */
export class Endpoint {
  constructor(private readonly fallback: Fallback) {}

  /** The whole answer. */
  async ask(kind: RunKind, body: object, signal: AbortSignal | undefined): Promise<object> {
    return (await (await this.#post(kind, body, signal)).json()) as object;
  }

  /** The answer in pieces. */
  async stream<Chunk>(kind: RunKind, body: object, signal: AbortSignal | undefined): Promise<AnswerStream<Chunk>> {
    const controller = new AbortController();
    const answer = await this.#post(kind, body, signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]));
    if (answer.body === null) throw new HearthError("fallback_failed", "The fallback endpoint sent no answer.");
    const chunks = new Queue<Chunk>();
    controller.signal.addEventListener("abort", () => chunks.end());
    signal?.addEventListener("abort", () => chunks.fail(signal.reason), { signal: controller.signal });
    void pump(answer.body, chunks, controller).catch((error: unknown) => chunks.fail(unreachable(error)));
    return {
      controller,
      stop: () => controller.abort(),
      [Symbol.asyncIterator]: () => chunks[Symbol.asyncIterator](),
    };
  }

  async #post(kind: RunKind, body: object, signal: AbortSignal | undefined): Promise<Response> {
    const { baseURL, apiKey, headers, model } = this.fallback;
    const authorization: Record<string, string> = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
    const answer = await fetch(`${baseURL.replace(/\/$/, "")}/${PATHS[kind]}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...authorization, ...headers },
      body: JSON.stringify({ ...body, model }),
      signal: signal ?? null,
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw unreachable(error);
    });
    if (answer.ok) return answer;
    const detail = (await answer.text().catch(() => "")).slice(0, 500);
    throw new HearthError("fallback_failed", `The fallback endpoint answered with status ${answer.status}: ${detail}`);
  }
}

async function pump<Chunk>(body: ReadableStream<Uint8Array>, chunks: Queue<Chunk>, controller: AbortController): Promise<void> {
  for await (const data of sseData(body)) {
    if (controller.signal.aborted || data === "[DONE]") break;
    chunks.push(JSON.parse(data) as Chunk);
  }
  chunks.end();
  controller.abort();
}

function unreachable(cause: unknown): HearthError {
  return new HearthError("fallback_failed", `The fallback endpoint cannot be reached: ${String(cause)}.`, { cause });
}
