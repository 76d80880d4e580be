/** What is being written and not sent yet: a text, and files that go with it. It stays while other pages are shown. */
import { create } from "zustand";
import { type Attachment, readFiles, type Refusal } from "./attachments.js";

export interface Draft {
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** Files that were not attached the last time, and why. */
  readonly refusals: readonly Refusal[];
}

const EMPTY: Draft = { text: "", attachments: [], refusals: [] };

export const useDraft = create<Draft>()(() => EMPTY);

/** One batch of files after the other, so that their limits hold for all. */
let attaching = Promise.resolve();

export async function attach(files: readonly File[]): Promise<void> {
  attaching = attaching.then(async () => {
    const { attachments, refusals } = await readFiles(files, useDraft.getState().attachments);
    useDraft.setState((draft) => ({ attachments: [...draft.attachments, ...attachments], refusals }));
  });
  await attaching;
}

export function detach(attachment: Attachment): void {
  useDraft.setState((draft) => ({ attachments: draft.attachments.filter((one) => one !== attachment), refusals: [] }));
}

/** It was sent, or is given up. */
export function clearDraft(): void {
  useDraft.setState(EMPTY);
}

/** Whether there is something to send. */
export function isSendable({ text, attachments }: Draft): boolean {
  return text.trim() !== "" || attachments.length > 0;
}
