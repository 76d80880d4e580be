/** The parts of a page that is one file: scripts of workers as texts in this script, the rest as blocks of base64 in the document. */
import { type EngineFiles, ModelStore } from "@hearth/sdk";
import engineWasm from "@hearth/sdk/engine.wasm?block=gzip";
import storageWorker from "@hearth/sdk/storage-worker?script";
import engineWorker from "@hearth/sdk/worker?script";
import ember from "../../../../models/ember/ember.gguf?block";
import catalogue from "../../public/catalogue.json";
import icon from "../../public/icon.svg?raw";
import conversationsWorker from "../conversations/worker.ts?script";
import conversationsWasm from "../generated/store/store_bg.wasm?block=gzip";
import type { Assets } from "./interface.js";

let engine: Promise<EngineFiles> | undefined;

export const assets: Assets = {
  isSingleFile: true,
  icon: `data:image/svg+xml,${encodeURIComponent(icon)}`,
  ember: new File([takeBlock(ember)], "ember.gguf"),
  engine: () => (engine ??= engineFiles()),
  startConversations: starter(conversationsWorker, "hearth-conversations"),
  conversations: () => compile(conversationsWasm),
  openStore: () => ModelStore.open({ startWorker: starter(storageWorker, "hearth-storage") }),
  catalogue: async () => catalogue,
  config: async () => undefined,
};

async function engineFiles(): Promise<EngineFiles> {
  return { startWorker: starter(engineWorker, "hearth"), wasm: await compile(engineWasm) };
}

/** Classic workers: browsers refuse module workers on pages of files. */
function starter(script: string, name: string): () => Worker {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  return () => new Worker(address, { name });
}

/** Compiles what is compressed in a block while it is unpacked. */
async function compile(block: string): Promise<WebAssembly.Module> {
  const unpacked = new Blob([takeBlock(block)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await WebAssembly.compileStreaming(new Response(unpacked, { headers: { "Content-Type": "application/wasm" } }));
}

/** The bytes of a block, once: the document need not keep them in its own form. */
function takeBlock(id: string): Uint8Array<ArrayBuffer> {
  const block = document.getElementById(id);
  const text = atob(block?.textContent ?? "");
  block?.remove();
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
