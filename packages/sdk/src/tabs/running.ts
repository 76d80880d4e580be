/** Requests that are under way, and go on elsewhere when the engine that answers them is gone. */
import type { Answer, EngineHost, Unnumbered, Waiting } from "../engine-worker.js";
import { fromWireError } from "../error.js";
import { type Event, type Interruption, isLast, type Request, type RequestId } from "../protocol.js";
import { ToldSteps } from "../told.js";

/** Where requests go at the moment. What comes back is given to {@link Running.receive}. */
export interface Link {
  send(id: RequestId, request: Unnumbered<Request>): void;
  interrupt(interruption: Interruption): void;
}

interface UnderWay {
  readonly request: Unnumbered<Request>;
  readonly waiting: Waiting;
  readonly told: ToldSteps;
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
    this.#requests.set(id, { request, waiting, told: new ToldSteps(told), isStopped: false });
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
      running.told.restart();
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
    if (event.type === "step") running.told.note(event.step);
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

function goingOn({ request, told }: UnderWay): Unnumbered<Request> {
  if (request.type !== "run") return request;
  return { ...request, context: { ...request.context, told: told.told } };
}
