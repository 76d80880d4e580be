/** The page's texts in the language that the person chose. */
import { type Language, usePreferences } from "../preferences.js";
import { EN, type Words } from "./en.js";
import { ZH } from "./zh.js";

export type { Words } from "./en.js";

const ALL: Readonly<Record<Language, Words>> = { en: EN, zh: ZH };

export function useWords(): Words {
  return ALL[usePreferences(({ language }) => language)];
}

/** The languages, by their own names. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: "English", zh: "中文" };
