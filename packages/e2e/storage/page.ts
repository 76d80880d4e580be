/** What the storage tests' page offers: the store, and how to look at what it gave. */
import type { StoreOptions } from "../../sdk/dist/storage/interface.js";
import { ModelStore } from "../../sdk/dist/storage/store.js";

declare global {
  interface Window {
    openStore: (options: StoreOptions) => Promise<ModelStore>;
    /** Text of the storage worker, on a page that may not load it as a file. */
    workerText?: string;
  }
}

window.openStore = (options) => {
  const text = window.workerText;
  if (text === undefined) return ModelStore.open(options);
  return ModelStore.open({ ...options, startWorker: () => new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" }))) });
};
