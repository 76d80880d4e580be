/** What a person can set about answers. */

export interface Settings {
  /** 0 always takes the likeliest token. */
  readonly temperature: number;
  readonly maxTokens: number;
  /** `undefined`: another one for each answer. */
  readonly seed: number | undefined;
}

export const DEFAULT_SETTINGS: Settings = { temperature: 0.7, maxTokens: 256, seed: undefined };

/** Leaves out the long tail of unlikely tokens, which small models fall into otherwise. */
const TOP_P = 0.95;

/** The settings as requests have them. */
export function parameters({ temperature, maxTokens, seed }: Settings) {
  return { temperature, max_tokens: maxTokens, top_p: TOP_P, seed: seed ?? null };
}
