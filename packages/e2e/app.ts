/** The app as a person uses it, and what its engine tells meanwhile. */
import { type Locator, type Page, expect } from "@playwright/test";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { LargeModel } from "./models.js";

/** What is read of the engine's events; the SDK's protocol defines them. */
export interface EngineEvent {
  readonly type: string;
  readonly bytes?: number;
  /** Of a request, as JSON. */
  readonly body?: string;
  readonly step?: { readonly token?: number; readonly chunks: readonly object[]; readonly answer?: { readonly usage: Usage } };
}

/** What is read of a request for an answer; OpenAI's API defines it. */
export interface AskedFor {
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  readonly tools?: unknown;
  readonly tool_choice?: unknown;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly completion_tokens: number;
}

declare global {
  interface Window {
    /** What pages and the engine's worker said to each other, in order. */
    hearthMessages: EngineEvent[];
  }
}

/** Settings of answers. */
export interface Settings {
  readonly temperature?: number;
  readonly maxTokens?: number;
}

export class App {
  readonly answers: Locator;
  readonly turns: Locator;
  readonly problem: Locator;
  readonly status: Locator;
  readonly prompt: Locator;
  readonly stop: Locator;

  private constructor(readonly page: Page) {
    this.answers = page.getByTestId("answer");
    // By what stands in the document: to look for a role takes a long page's thread for a while.
    this.turns = page.locator("article");
    this.problem = page.getByRole("alert");
    this.status = page.getByRole("contentinfo");
    this.prompt = page.getByRole("textbox", { name: /Continue this text|Your message/ });
    this.stop = page.getByRole("button", { name: "Stop" });
  }

  /** Opens the page; `build` overrides what it would choose. */
  static async open(page: Page, build?: string): Promise<App> {
    return await App.at(page, build === undefined ? "/" : `/?build=${build}`);
  }

  /** Opens the page at an address of its own. */
  static async at(page: Page, address: string): Promise<App> {
    await page.addInitScript(listen);
    await page.goto(address);
    const app = new App(page);
    await expect(app.status).toContainText("build");
    return app;
  }

  /** Chooses a model of the server's list, and does not wait for it. */
  async choose(id: string): Promise<void> {
    await this.page.locator(`[data-model="${id}"]`).click();
  }

  /** Opens local files by the button, and does not wait for the model. */
  async openFiles(...paths: string[]): Promise<void> {
    await this.page.locator('input[accept=".gguf"]').setInputFiles(paths);
  }

  /** Drops a local file on the page, and does not wait for the model. */
  async drop(path: string): Promise<void> {
    await this.dropFile(basename(path), readFileSync(path));
  }

  /** Drops a file with this content on the page. */
  async dropFile(name: string, content: Buffer): Promise<void> {
    const dataTransfer = await this.#transfer(name, content);
    await this.page.dispatchEvent("body", "dragover", { dataTransfer });
    await this.page.dispatchEvent("body", "drop", { dataTransfer });
  }

  /** Pastes a file with this content into the field for messages. */
  async pasteFile(name: string, content: Buffer): Promise<void> {
    const clipboardData = await this.#transfer(name, content);
    await this.prompt.evaluate(
      (field, clipboardData) => field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true })),
      clipboardData,
    );
  }

  async #transfer(name: string, content: Buffer) {
    return await this.page.evaluateHandle(
      ([base64, name]) => {
        const data = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([data], name));
        return transfer;
      },
      [content.toString("base64"), name] as const,
    );
  }

  /** Waits until a model is there to be asked. */
  async ready(name: string): Promise<void> {
    await expect(this.prompt).toBeVisible();
    await expect(this.status).toContainText(name);
  }

  async set({ temperature, maxTokens }: Settings): Promise<void> {
    await this.withSettings(async () => {
      if (temperature !== undefined) await this.page.getByLabel("Temperature").fill(String(temperature));
      if (maxTokens !== undefined) await this.page.getByLabel("Most tokens of an answer").fill(String(maxTokens));
    });
  }

  /** Does something while the settings of the conversation's answers are shown. */
  async withSettings(act: () => Promise<void>): Promise<void> {
    const summary = this.page.getByText("Answer settings", { exact: true });
    await summary.click();
    await act();
    await summary.click();
  }

  /** Sends a prompt, and does not wait for the answer. */
  async send(prompt: string): Promise<void> {
    await this.prompt.fill(prompt);
    await this.prompt.press("Enter");
  }

  /** Opens a slow model, and lets it begin an answer that takes a while. */
  async writeLong({ path, name }: LargeModel): Promise<void> {
    await this.openFiles(path);
    await this.ready(name);
    await this.set({ temperature: 0, maxTokens: 2_000 });
    await this.send("Tell me a story.");
    await expect(this.turns).toHaveAttribute("data-status", "writing");
  }

  /** Waits for the end of the newest answer, and gives its text. */
  async answer(): Promise<string> {
    await expect(this.turns.last()).toHaveAttribute("data-status", "finished", { timeout: 60_000 });
    return (await this.answers.last().textContent()) ?? "";
  }

  /** Begins another conversation. */
  async startNew(): Promise<void> {
    await this.page.getByRole("link", { name: "New conversation" }).first().click();
    await expect(this.turns).toHaveCount(0);
  }

  /** Goes where another model is chosen. */
  async changeModel(): Promise<void> {
    await this.page.getByRole("link", { name: "Change model" }).click();
  }

  async messages(): Promise<EngineEvent[]> {
    return await this.page.evaluate(() => window.hearthMessages);
  }

  /** Ids of the tokens that were generated since the page was opened. */
  async tokenIds(): Promise<number[]> {
    return (await this.messages()).flatMap(({ step }) => step?.token ?? []);
  }

  /** The newest request for an answer. */
  async request(): Promise<AskedFor> {
    const body = (await this.messages()).findLast(({ type, body }) => type === "run" && body !== undefined)?.body;
    if (body === undefined) throw new Error("nothing was asked");
    return JSON.parse(body) as AskedFor;
  }

  /** Token counts of the newest answer. */
  async usage(): Promise<Usage> {
    const usage = (await this.messages()).findLast(({ step }) => step?.answer !== undefined)?.step?.answer?.usage;
    if (usage === undefined) throw new Error("no answer has finished");
    return usage;
  }
}

/** Runs in the page, before its own script: keeps what goes to and comes from the engine's worker. */
function listen(): void {
  const NativeWorker = Worker;
  window.hearthMessages = [];
  window.Worker = class extends NativeWorker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.addEventListener("message", ({ data }: MessageEvent<EngineEvent>) => window.hearthMessages.push(data));
    }

    override postMessage(message: EngineEvent): void {
      window.hearthMessages.push({ type: message.type, ...(typeof message.body === "string" && { body: message.body }) });
      super.postMessage(message);
    }
  };
}
