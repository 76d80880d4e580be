/** Where things are. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** This package. */
export const PACKAGING = dirname(fileURLToPath(import.meta.url));
/** All npm packages of the checkout. */
export const PACKAGES = dirname(PACKAGING);
/** The package that is tested. */
export const SDK = join(PACKAGES, "sdk");

/** The first JavaScript of the README: what a newcomer copies. */
export function readmeExample(): string {
  const readme = readFileSync(join(SDK, "README.md"), "utf8");
  const [, example] = /^```js\n(.*?)^```$/ms.exec(readme) ?? [];
  if (example === undefined) throw new Error("the SDK's README has no example");
  return example;
}
