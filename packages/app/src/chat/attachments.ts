/** Text files that go with a message: read, kept in its `details`, and told to the model before the person's text. */
import type { Message } from "../conversations/protocol.js";

export interface Attachment {
  readonly name: string;
  readonly text: string;
}

/** Why a file is not attached. */
export type RefusalReason =
  | "notText"
  /** It alone, or all of a message together. */
  | "tooLarge"
  | "tooMuch"
  /** It was moved or deleted meanwhile. */
  | "unreadable";

export interface Refusal {
  readonly name: string;
  readonly reason: RefusalReason;
}

/** Of a file: more than the longest contexts hold, and little for a database. */
export const MOST_BYTES = 1e6;
/** Of all files of a message. */
export const MOST_BYTES_OF_ALL = 4e6;

export interface ReadFiles {
  readonly attachments: readonly Attachment[];
  readonly refusals: readonly Refusal[];
}

/** Reads files that join those of a message. */
export async function readFiles(files: readonly File[], there: readonly Attachment[]): Promise<ReadFiles> {
  const attachments: Attachment[] = [];
  const refusals: Refusal[] = [];
  let bytes = there.reduce((sum, { text }) => sum + sizeOf(text), 0);
  for (const file of files) {
    const read = await readFile(file, MOST_BYTES_OF_ALL - bytes);
    if (typeof read === "string") {
      refusals.push({ name: file.name, reason: read });
    } else {
      attachments.push(read);
      bytes += file.size;
    }
  }
  return { attachments, refusals };
}

async function readFile(file: File, roomBytes: number): Promise<Attachment | RefusalReason> {
  if (file.size > MOST_BYTES) return "tooLarge";
  if (file.size > roomBytes) return "tooMuch";
  const bytes = await file.arrayBuffer().catch(() => undefined);
  if (bytes === undefined) return "unreadable";
  const text = decoded(bytes);
  return text === undefined ? "notText" : { name: file.name, text };
}

/** `undefined` where it is no text: a NUL byte is UTF-8 too, but no text has one. */
function decoded(bytes: ArrayBuffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Bytes of a text as a file. */
export function sizeOf(text: string): number {
  return new Blob([text]).size;
}

/** As they are kept with a message; what is kept may come from another version, or from a file. */
export function attachmentsOf({ details }: Message): readonly Attachment[] {
  const { attachments } = details;
  return Array.isArray(attachments) ? attachments.filter(isAttachment) : [];
}

function isAttachment(value: unknown): value is Attachment {
  if (typeof value !== "object" || value === null) return false;
  const { name, text } = value as Partial<Attachment>;
  return typeof name === "string" && typeof text === "string";
}

/** What the model is told: each file between fences with its name before it, then what the person wrote. */
export function told(message: Message): string {
  const files = attachmentsOf(message).map(fenced);
  return [...files, ...(message.content === "" && files.length > 0 ? [] : [message.content])].join("\n\n");
}

function fenced({ name, text }: Attachment): string {
  const longest = (text.match(/`{3,}/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = "`".repeat(longest + 1);
  return `${name.replaceAll(/\s+/g, " ")}:\n${fence}\n${text.replace(/\n$/, "")}\n${fence}`;
}
