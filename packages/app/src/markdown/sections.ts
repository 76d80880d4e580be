/**
 * A long text in sections that are drawn one by one: what is written at its end changes the last one alone. A section ends at a blank line outside of a
 * fence, so that no block of Markdown is cut.
 */

/** Characters of a section, at least. */
const LENGTH = 6_000;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

export class Sections {
  #text = "";
  #whole: string[] = [];
  /** Where the last section begins, and how far the text was looked at: the beginning of a line. */
  #from = 0;
  #seen = 0;
  #fence: string | undefined;

  /** The sections of a text: cheap where it is the text of the last call with something added. */
  of(text: string): readonly string[] {
    if (!text.startsWith(this.#text)) this.#forget();
    this.#text = text;
    for (let end = text.indexOf("\n", this.#seen); end !== -1; end = text.indexOf("\n", this.#seen)) {
      this.#line(text.slice(this.#seen, end), end + 1);
      this.#seen = end + 1;
    }
    return [...this.#whole, text.slice(this.#from)];
  }

  #line(line: string, next: number): void {
    const fence = FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      if (this.#fence === undefined) this.#fence = fence;
      else if (fence.startsWith(this.#fence) && line.trim() === fence) this.#fence = undefined;
    }
    if (this.#fence !== undefined || line.trim() !== "" || next - this.#from < LENGTH) return;
    this.#whole.push(this.#text.slice(this.#from, next));
    this.#from = next;
  }

  #forget(): void {
    this.#whole = [];
    this.#from = 0;
    this.#seen = 0;
    this.#fence = undefined;
  }
}
