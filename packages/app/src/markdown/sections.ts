/**
 * A long text in sections that are drawn one by one: what is written at its end changes the last one alone. A section ends at a blank line outside of a
 * fence and of a list, so that no block of Markdown is cut.
 */

/** Characters of a section, at least: as many as are parsed, and coloured, within a few milliseconds. */
const LENGTH = 1_500;
/** What goes on with no list that stands above. */
const BEGINS_ANEW = /^(?![-*+](\s|$)|\d{1,9}[.)](\s|$))\S/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

export class Sections {
  #text = "";
  #whole: string[] = [];
  /** Where the last section begins, and how far the text was looked at: the beginning of a line. */
  #from = 0;
  #seen = 0;
  #isAfterBlank = false;
  #fence: string | undefined;

  /** The sections of a text: cheap where it is the text of the last call with something added. */
  of(text: string): readonly string[] {
    if (!text.startsWith(this.#text)) this.#forget();
    this.#text = text;
    for (let end = text.indexOf("\n", this.#seen); end !== -1; end = text.indexOf("\n", this.#seen)) {
      this.#line(text.slice(this.#seen, end), this.#seen);
      this.#seen = end + 1;
    }
    return [...this.#whole, text.slice(this.#from)];
  }

  #line(line: string, start: number): void {
    if (this.#isAfterBlank && this.#fence === undefined && start - this.#from >= LENGTH && BEGINS_ANEW.test(line)) {
      this.#whole.push(this.#text.slice(this.#from, start));
      this.#from = start;
    }
    this.#isAfterBlank = line.trim() === "";
    const fence = FENCE.exec(line)?.[1];
    if (fence === undefined) return;
    if (this.#fence === undefined) this.#fence = fence;
    else if (fence.startsWith(this.#fence) && line.trim() === fence) this.#fence = undefined;
  }

  #forget(): void {
    this.#whole = [];
    this.#from = 0;
    this.#seen = 0;
    this.#isAfterBlank = false;
    this.#fence = undefined;
  }
}
