/** How many there are of something, in English. */
import { formatOf } from "./format.js";

const { integer } = formatOf("en");

export function count(n: number, one: string, many: string): string {
  return `${integer(n)} ${n === 1 ? one : many}`;
}
