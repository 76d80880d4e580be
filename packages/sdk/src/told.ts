/** What was told of an answer, so that it can go on in another engine when this one is gone. */
import type { Told } from "./generated/compat/hearth.js";
import type { Step } from "./protocol.js";

/** Follows the steps of one request. */
export class ToldSteps {
  readonly #told: Required<Told>;
  /** Steps that the present engine has told; so many of them it tells once more. */
  #steps = 0;
  #again: number;

  /** After what an earlier engine told. */
  constructor(told: Told | undefined) {
    const tokens = (told?.tokens ?? []).map((of) => [...of]);
    this.#told = { tokens, seen: told?.seen ?? 0 };
    this.#again = counted(tokens);
  }

  /** All that was told, by whichever engine. */
  get told(): Required<Told> {
    return this.#told;
  }

  /** Another engine goes on. */
  restart(): void {
    this.#steps = 0;
    this.#again = counted(this.#told.tokens);
  }

  note({ token, choice = 0, counts }: Step): void {
    if (counts !== true) return;
    this.#steps += 1;
    this.#told.seen = Math.max(this.#told.seen, this.#steps);
    if (this.#steps <= this.#again) return;
    const { tokens } = this.#told;
    while (tokens.length <= choice) tokens.push([]);
    if (token !== undefined) tokens[choice]?.push(token);
  }
}

/** Steps of an answer that are told once more: its tokens, and the ends of all choices but the one under way. */
function counted(tokens: readonly (readonly number[])[]): number {
  return tokens.reduce((sum, of) => sum + of.length, 0) + Math.max(tokens.length - 1, 0);
}
