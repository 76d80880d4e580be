/** `hearth.fetch`: OpenAI's HTTP API, answered without a network. */
import { HearthError } from "./error.js";
import type { Hearth } from "./hearth.js";
import type { AnswerStream } from "./interface.js";
import { sseEvent } from "./sse.js";

/** What a route answers with. */
type Route = (hearth: Hearth, body: never, signal: AbortSignal) => Promise<object>;

const ROUTES: Readonly<Record<string, Route>> = {
  "POST chat/completions": (hearth, body, signal) => hearth.chat.completions.create(body, { signal }),
  "POST completions": (hearth, body, signal) => hearth.completions.create(body, { signal }),
  "POST embeddings": (hearth, body, signal) => hearth.embeddings.create(body, { signal }),
  "POST rerank": (hearth, body, signal) => hearth.rerank(body, { signal }),
  "GET models": (hearth) => Promise.resolve({ object: "list", data: hearth.models.map(modelObject) }),
};

/** Statuses of codes that are the caller's fault; all others are 500. */
const STATUSES: Readonly<Record<string, number>> = {
  bad_request: 400,
  bad_argument: 400,
  bad_grammar: 400,
  bad_sampling: 400,
  bad_token: 400,
  empty_prompt: 400,
  model_not_found: 404,
  no_embeddings: 400,
  no_logits: 400,
  no_template: 400,
  prompt_too_long: 400,
  template_failed: 400,
  unsupported_content: 400,
  no_model: 503,
};

/** A `fetch` that answers `…/v1/…` from the models of `hearth`, whatever the host. */
export function answerFetch(hearth: Hearth): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const path = /\/v1\/(.+?)\/?$/.exec(new URL(request.url).pathname)?.[1] ?? "";
    const model = path.startsWith("models/") && request.method === "GET" ? decodeURIComponent(path.slice("models/".length)) : undefined;
    try {
      if (model !== undefined) return modelAnswer(hearth, model);
      const route = ROUTES[`${request.method} ${path}`];
      if (route === undefined) return failure(404, "unknown_url", `There is no ${request.method} ${new URL(request.url).pathname} here.`);
      const text = await request.text();
      const body: unknown = text === "" ? {} : JSON.parse(text);
      const answer = await route(hearth, body as never, request.signal);
      return isStream(answer) ? streamed(answer) : Response.json(answer);
    } catch (error) {
      request.signal.throwIfAborted();
      return failed(error);
    }
  };
}

function modelObject(id: string): object {
  return { id, object: "model", created: 0, owned_by: "hearth" };
}

function modelAnswer(hearth: Hearth, id: string): Response {
  if (hearth.models.includes(id)) return Response.json(modelObject(id));
  return failure(404, "model_not_found", `There is no model "${id}" here.`);
}

function isStream(answer: object): answer is AnswerStream<object> {
  return Symbol.asyncIterator in answer;
}

/** As server-sent events; an error in the middle is an event too, as OpenAI's API sends it. */
function streamed(stream: AnswerStream<object>): Response {
  const encoder = new TextEncoder();
  const chunks = stream[Symbol.asyncIterator]();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next();
        controller.enqueue(encoder.encode(sseEvent(done === true ? "[DONE]" : JSON.stringify(value))));
        if (done === true) controller.close();
      } catch (error) {
        if (!(error instanceof HearthError)) return controller.error(error);
        controller.enqueue(encoder.encode(sseEvent(JSON.stringify(errorObject(error.code, error.message, error.param, 500)))));
        controller.close();
      }
    },
    cancel: () => stream.controller.abort(),
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } });
}

function failed(error: unknown): Response {
  if (error instanceof HearthError) return failure(STATUSES[error.code] ?? 500, error.code, error.message, error.param);
  if (error instanceof SyntaxError) return failure(400, "bad_request", `The request is no JSON: ${error.message}`);
  throw error;
}

function failure(status: number, code: string, message: string, param?: string): Response {
  return Response.json(errorObject(code, message, param, status), { status });
}

function errorObject(code: string, message: string, param: string | undefined, status: number): object {
  const type = status < 500 ? "invalid_request_error" : "server_error";
  return { error: { message, type, param: param ?? null, code } };
}
