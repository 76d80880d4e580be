/** A site with an OpenAI-compatible endpoint of its own, which answers all conversations alike, or fails. All else another site answers. */
import { expect, type Page } from "@playwright/test";
import { createServer, type IncomingMessage, request as ask, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What it always says. */
const ANSWER = ["from", " afar"];

/** Between two pieces of the slow one. */
const PAUSE_MILLIS = 5;

/** What it was asked. */
export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly model: string | undefined;
}

export class SiteWithEndpoint {
  readonly asked: Asked[] = [];
  /** What the slow endpoint says before it is told to go on, and after that, piece by piece. */
  slowAnswer: readonly [string, ...string[]] = ["**Note** that a <b and", " so on"];
  /** Lets the slow endpoint end the answer that it has begun. */
  goOn: () => void = () => undefined;

  private constructor(
    private readonly server: Server,
    private readonly site: string,
  ) {
    server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response));
  }

  /** Pages' policies allow their own origin only, so the endpoint has that of the pages of `site`. */
  static async open(site: string): Promise<SiteWithEndpoint> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new SiteWithEndpoint(server, site);
  }

  /** Its endpoints are `/theirs/v1`, `/slow/v1`, which waits in the middle of its answer, and `/broken/v1`, which fails. */
  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    if (path.startsWith("/broken/")) return void response.writeHead(500).end("no");
    if (path.startsWith("/slow/")) return await this.#answerSlowly(response);
    if (!path.startsWith("/theirs/")) return this.#pass(request, response);
    let text = "";
    for await (const piece of request) text += String(piece);
    const { model, stream } = JSON.parse(text) as { model?: string; stream?: boolean };
    this.asked.push({ path, authorization: request.headers.authorization, model });
    const type = stream === true ? "text/event-stream" : "application/json";
    response.writeHead(200, { "Content-Type": type }).end(stream === true ? pieces() : whole());
  }

  async #answerSlowly(response: ServerResponse): Promise<void> {
    const [first, ...rest] = this.slowAnswer;
    const told = new Promise<void>((resolve) => {
      this.goOn = resolve;
    });
    response.writeHead(200, { "Content-Type": "text/event-stream" }).write(piece(first));
    await told;
    for (const one of rest) {
      response.write(piece(one));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS));
    }
    response.end("data: [DONE]\n\n");
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { host: _, ...headers } = request.headers;
    const passed = ask(new URL(request.url ?? "/", this.site), { method: request.method ?? "GET", headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    request.pipe(passed);
  }
}

/** Lets the endpoint of a site answer, as a person does who is asked. */
export async function agree(page: Page, site: SiteWithEndpoint): Promise<void> {
  await page.getByRole("button", { name: "Use it…" }).click();
  const dialog = page.getByRole("dialog", { name: "Let a server answer?" });
  await expect(dialog).toContainText(new URL(site.url).origin);
  await dialog.getByRole("button", { name: "Send my conversations there" }).click();
}

function whole(): string {
  const message = { role: "assistant", content: ANSWER.join("") };
  return JSON.stringify({ id: "x", choices: [{ index: 0, finish_reason: "stop", message }] });
}

function pieces(): string {
  return [...ANSWER.map(piece), "data: [DONE]\n\n"].join("");
}

function piece(content: string): string {
  return `data: ${JSON.stringify({ id: "x", choices: [{ index: 0, delta: { content } }] })}\n\n`;
}
