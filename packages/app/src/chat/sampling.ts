/** How answers are drawn, for each conversation. */

export interface Sampling {
  /** 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Leaves out the long tail of unlikely tokens, which small models fall into otherwise. */
  readonly topP: number;
  readonly maxTokens: number;
  /** `undefined`: another one for each answer. */
  readonly seed: number | undefined;
}

export const BALANCED: Sampling = { temperature: 0.7, topP: 0.95, maxTokens: 1024, seed: undefined };

/** What has a name: the rest of the settings is left as it is. */
export const PRESETS = {
  exact: { temperature: 0, topP: 1 },
  precise: { temperature: 0.3, topP: 0.9 },
  balanced: { temperature: BALANCED.temperature, topP: BALANCED.topP },
  creative: { temperature: 1, topP: 0.98 },
} as const satisfies Record<string, Partial<Sampling>>;

export type Preset = keyof typeof PRESETS;

/** The preset that the settings are, if they are one. */
export function presetOf({ temperature, topP }: Sampling): Preset | undefined {
  const names = Object.keys(PRESETS) as Preset[];
  return names.find((name) => PRESETS[name].temperature === temperature && PRESETS[name].topP === topP);
}

/** As a conversation keeps them; what is missing or no number is as it is without a choice. */
export function samplingOf(settings: Readonly<Record<string, unknown>>): Sampling {
  const number = (name: string): number | undefined => {
    const value = settings[name];
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  };
  return {
    temperature: number("temperature") ?? BALANCED.temperature,
    topP: number("topP") ?? BALANCED.topP,
    maxTokens: number("maxTokens") ?? BALANCED.maxTokens,
    seed: number("seed"),
  };
}

/** As requests have them. */
export function parameters({ temperature, topP, maxTokens, seed }: Sampling) {
  return { temperature, max_tokens: maxTokens, top_p: topP, seed: seed ?? null };
}
