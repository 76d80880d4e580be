/** Numbers of things, in English. */
import { formatOf } from "./format.js";

const { integer } = formatOf("en");

export function count(n: number, one: string, many: string): string {
  return `${integer(n)} ${n === 1 ? one : many}`;
}

export const tokens = (n: number): string => count(n, "token", "tokens");
