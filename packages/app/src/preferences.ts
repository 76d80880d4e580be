/** What a person chose for this browser: kept in it, and sent nowhere. */
import type { CacheType, Device, HearthOptions, Hub } from "@hearth/sdk";
import { create } from "zustand";
import { persist } from "zustand/middleware";
import { type Endpoint, hostConfig } from "./host.js";
import type { WantedFile } from "./models/downloads.js";

export type Theme = "system" | "light" | "dark";
export type Language = "en" | "zh";
/** In percent of the browser's own. */
export const TEXT_SIZES = [90, 100, 115, 130, 150] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

export interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
  readonly textSize: TextSize;
  readonly device: Device;
  /** `undefined`: as many as are fastest. */
  readonly threads: number | undefined;
  /** `undefined`: what the model allows, up to 4,096 tokens. */
  readonly contextLength: number | undefined;
  /** `undefined`: what is exact enough and fits. */
  readonly cacheType: CacheType | undefined;
  /** A server of the person's own that answers instead of this machine, when that is chosen. */
  readonly endpoint: Endpoint | undefined;
  readonly lastModel: LastModel | undefined;
}

/** The model that answered last: the one in the box, whose address changes with the page; read from a server each time; downloaded once; or on the person's disk. */
export type LastModel =
  | { readonly isInTheBox: true }
  | ({ readonly name: string } & (
      | { readonly source: string | readonly string[] }
      | { readonly files: readonly WantedFile[] }
      /** Among the remembered ones. */
      | { readonly localId: string }
    ));

const INITIAL: Preferences = {
  language: navigator.languages.find((tag) => /^(en|zh)\b/.test(tag))?.startsWith("zh") ? "zh" : "en",
  theme: "system",
  textSize: 100,
  device: "cpu",
  threads: undefined,
  contextLength: undefined,
  cacheType: undefined,
  endpoint: undefined,
  lastModel: undefined,
};

export const usePreferences = create<Preferences>()(persist(() => INITIAL, { name: "hearth", version: 1 }));

/** Changes some of them, for good. */
export function prefer(changes: Partial<Preferences>): void {
  usePreferences.setState(changes);
}

/** All as they are without any choice. */
export function forgetPreferences(): void {
  usePreferences.setState({ ...INITIAL, language: usePreferences.getState().language });
}

/** Where `hf:` models come from. */
export async function hub(): Promise<Hub> {
  const endpoint = (await hostConfig()).hub;
  return endpoint === undefined ? {} : { endpoint };
}

/**
 * How the engine is started. `?build=compat&threads=2` in the page's address overrides what the browser's features would choose.
 */
export function engineOptions(): HearthOptions {
  const { device, threads, contextLength, cacheType } = usePreferences.getState();
  const query = new URLSearchParams(location.search);
  const build = query.get("build");
  const asked = Number(query.get("threads") ?? threads ?? 0);
  return {
    device,
    // The models are on this machine already.
    store: false,
    ...(build === "compat" || build === "full" ? { build } : {}),
    ...(asked > 0 ? { threads: asked } : {}),
    ...(contextLength === undefined ? {} : { contextLength }),
    ...(cacheType === undefined ? {} : { cacheType }),
  };
}
