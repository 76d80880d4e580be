/**
 * The notations in which models write formulas, as the one that the parser knows: `$$…$$`. A single dollar begins a formula only where no space follows,
 * and ends one only where no space precedes and neither a digit nor a letter follows (pandoc's rule), so that sums of money stay what they are. Code stays
 * as it is. Formulas are bounded, so that a hostile text with thousands of beginnings is read as quickly as another.
 */
const CODE = String.raw`(?:^ {0,3}(?<fence>${"`"}{3,}|~{3,})[\s\S]*?(?:^ {0,3}\k<fence>|$(?![\s\S])))|(?<ticks>${"`"}+)[\s\S]*?\k<ticks>`;
const DISPLAY = String.raw`^(?<indent>[ \t]*)(?:\\\[(?<display>[\s\S]{1,2000}?)\\\]|\$\$(?<line>[^$\n]+)\$\$)[ \t]*$`;
const INLINE = String.raw`\\\((?<inline>[\s\S]{1,2000}?)\\\)|\\\[(?<boxed>[\s\S]{1,2000}?)\\\]`;
const DOLLARS = String.raw`(?<![\\$\w])\$(?![\s$])(?<dollars>(?:[^$\n\\]|\\.)*?)(?<![\s\\])\$(?![$\w])`;
const NOTATIONS = new RegExp([CODE, DISPLAY, INLINE, DOLLARS].join("|"), "gm");

export function withDollars(text: string): string {
  if (!text.includes("$") && !text.includes("\\(") && !text.includes("\\[")) return text;
  return text.replace(NOTATIONS, (whole: string, ...rest: unknown[]) => {
    const { indent, line, display = line, inline, boxed, dollars } = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    if (display !== undefined) return `${indent}$$\n${indent}${display.trim()}\n${indent}$$`;
    const formula = inline ?? boxed ?? dollars;
    return formula === undefined ? whole : `$$${formula.trim()}$$`;
  });
}
