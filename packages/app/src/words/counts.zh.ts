/** Numbers of things, in Chinese. */
import { formatOf } from "./format.js";

const { integer } = formatOf("zh");

export const tokens = (n: number): string => `${integer(n)} 个词元`;
