/** Files of conversations, as the page exports them. */
import { expect, type Page } from "@playwright/test";

export interface Said {
  readonly role: "user" | "assistant";
  readonly content: string;
  /** What the model thought before it. */
  readonly reasoning?: string;
  readonly status?: "complete" | "stopped" | "writing";
  /** What else is kept of it. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One conversation in which these follow each other. */
export function conversationFile(title: string, said: readonly Said[]): { readonly name: string; readonly mimeType: string; readonly buffer: Buffer } {
  const id = (at: number): string => `${title} ${at}`;
  const messages = said.map(({ role, content, reasoning = "", status = "complete", details = {} }, at) => ({
    id: id(at),
    parent: at === 0 ? undefined : id(at - 1),
    role,
    content,
    reasoning,
    status,
    createdAt: at,
    details,
  }));
  const conversation = { id: title, title, createdAt: 1, updatedAt: 2, head: id(said.length - 1), messages };
  const file = { format: "hearth-conversations", version: 1, conversations: [conversation] };
  return { name: `${title}.json`, mimeType: "application/json", buffer: Buffer.from(JSON.stringify(file)) };
}

/** Imports a conversation, and opens it. */
export async function show(page: Page, title: string, said: readonly Said[]): Promise<void> {
  await page.goto("/#/settings");
  await page.getByLabel("File of conversations").setInputFiles(conversationFile(title, said));
  await expect(page.getByText("1 conversation added")).toBeVisible({ timeout: 60_000 });
  await page.getByRole("link", { name: title, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
}
