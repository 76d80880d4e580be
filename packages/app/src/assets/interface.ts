/**
 * Where the page has from what is no script of its own: workers, wasm programs, the model in the box. A page of a server fetches them; a page that is one
 * file has them in it. The build chooses one of the two modules, as `#assets` (see `package.json` and `vite.config.ts`).
 */
import type { EngineFiles, ModelStore } from "@hearth/sdk";

export interface Assets {
  /** Whether the page is one file, which knows no server. */
  readonly isSingleFile: boolean;
  /** The address of the page's sign. */
  readonly icon: string;
  /** The model in the box. */
  readonly ember: Blob | (() => Promise<Blob>);
  /** The engine's files; `undefined` where the SDK finds them itself. */
  engine(): Promise<EngineFiles | undefined>;
  startConversations(): Worker;
  /** The program of the conversations' worker; `undefined` where that one fetches it itself. */
  conversations(): Promise<WebAssembly.Module | undefined>;
  /** The origin's store of downloaded models. */
  openStore(): Promise<ModelStore>;
  /** The catalogue of models to download, as it is written; `undefined` where the host has none. */
  catalogue(signal: AbortSignal | undefined): Promise<unknown>;
  /** What the host decided, as it is written. */
  config(): Promise<unknown>;
}
