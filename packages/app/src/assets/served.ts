/** The parts of a page that a server gives out, one file each. */
import { HearthError, ModelStore } from "@hearth/sdk";
import ember from "../../../../models/ember/ember.gguf?url";
import type { Assets } from "./interface.js";

export const assets: Assets = {
  isSingleFile: false,
  icon: "icon.svg",
  ember: fetchEmber,
  engine: async () => undefined,
  startConversations: () => new Worker(new URL("../conversations/worker.ts", import.meta.url), { type: "module" }),
  conversations: async () => undefined,
  openStore: () => ModelStore.open(),
  async catalogue(signal) {
    const answer = await fetch("catalogue.json", { signal: signal ?? null });
    return answer.ok ? await answer.json() : undefined;
  },
  async config() {
    const answer = await fetch("config.json");
    return answer.ok ? await answer.json() : undefined;
  },
};

/** It is small, and some hosts do not give files piece by piece. */
async function fetchEmber(): Promise<Blob> {
  const answer = await fetch(ember);
  if (!answer.ok) throw new HearthError("source_unreachable", `The model in the box cannot be fetched: the server answered with status ${answer.status}.`);
  return await answer.blob();
}
