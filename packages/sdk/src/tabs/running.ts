/** Requests that are under way, and go on elsewhere when the engine that answers them is gone. */
import type { Answer, EngineHost, Unnumbered, Waiting } from "../engine-worker.js";
import type { Told } from "../generated/compat/hearth.js";
import { type Event, type Interruption, isLast, type Request, type RequestId, type Step } from "../protocol.js";
import { fromWireError } from "../error.js";

/** Where requests go at the moment. What comes back is given to {@link Running.receive}. */
export interface Link {
  send(id: RequestId, request: Unnumbered<Request>): void;
  interrupt(interruption: Interruption): void;
}

interface UnderWay {
  readonly request: Unnumbered<Request>;
  readonly waiting: Waiting;
  /** All that was told of it, by whichever engine. */
  readonly told: Required<Told>;
  /** Steps that the present engine has told, and so many of them are told once more. */
  steps: number;
  again: number;
  isStopped: boolean;
}

/** All requests of this tab. */
export class Running implements EngineHost {
  readonly #requests = new Map<RequestId, UnderWay>();
  #nextId: RequestId = 1;
  #link: Link | undefined;

  send(request: Unnumbered<Request>, waiting: Waiting): RequestId {
    const id = this.#nextId++;
    const told = request.type === "run" ? request.context.told : undefined;
    const tokens = (told?.tokens ?? []).map((of) => [...of]);
    this.#requests.set(id, { request, waiting, told: { tokens, seen: told?.seen ?? 0 }, steps: 0, again: counted(tokens), isStopped: false });
    this.#link?.send(id, request);
    return id;
  }

  stop(id: RequestId): void {
    const running = this.#requests.get(id);
    if (running === undefined) return;
    running.isStopped = true;
    this.#link?.interrupt({ type: "stop", id });
  }

  cancel(id: RequestId): void {
    if (this.#requests.delete(id)) this.#link?.interrupt({ type: "cancel", id });
  }

  /** Sends everything to `link` from now on, what is under way from where it was. */
  relink(link: Link | undefined): void {
    this.#link = link;
    if (link === undefined) return;
    for (const [id, running] of this.#requests) {
      running.steps = 0;
      running.again = counted(running.told.tokens);
      link.send(id, goingOn(running));
      if (running.isStopped) link.interrupt({ type: "stop", id });
    }
  }

  /** Takes what an engine says about a request of this tab. */
  receive(event: Exclude<Event, { type: "crashed" }>): void {
    const running = this.#requests.get(event.id);
    if (running === undefined) return;
    if (isLast(event)) this.#requests.delete(event.id);
    if (event.type === "failed") return running.waiting.failed(fromWireError(event.error));
    if (event.type === "step") note(running, event.step);
    running.waiting.answered(event satisfies Answer);
  }

  /** Nobody will answer any more. */
  fail(error: unknown): void {
    const all = [...this.#requests.values()];
    this.#requests.clear();
    this.#link = undefined;
    for (const { waiting } of all) waiting.failed(error);
  }
}

/** Steps of an answer that are told once more: its tokens, and the ends of all choices but the one under way. */
function counted(tokens: readonly (readonly number[])[]): number {
  return tokens.reduce((sum, of) => sum + of.length, 0) + Math.max(tokens.length - 1, 0);
}

/** Keeps what a step told, for whoever goes on. */
function note(running: UnderWay, { token, choice = 0, counts }: Step): void {
  if (counts !== true) return;
  running.steps += 1;
  running.told.seen = Math.max(running.told.seen, running.steps);
  if (running.steps <= running.again) return;
  const { tokens } = running.told;
  while (tokens.length <= choice) tokens.push([]);
  if (token !== undefined) tokens[choice]?.push(token);
}

function goingOn({ request, told }: UnderWay): Unnumbered<Request> {
  if (request.type !== "run") return request;
  return { ...request, context: { ...request.context, told } };
}
