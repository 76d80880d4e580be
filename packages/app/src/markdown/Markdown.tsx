/** What a model wrote, as Markdown. It is never HTML: tags are shown as they are written. Nothing in it is fetched. */
import { memo, useDeferredValue, useMemo, useState } from "react";
import rehypeHighlight from "rehype-highlight";
import { Streamdown } from "streamdown";
import { withDollars } from "./formulas.js";
import { CodeFrame, ImageText, Link, Table } from "./parts.js";
import { Sections } from "./sections.js";
import { useMath } from "./use-math.js";

export interface MarkdownProps {
  readonly text: string;
  readonly isGrowing: boolean;
}

export default memo(function Markdown({ text, isGrowing }: MarkdownProps) {
  const [sections] = useState(() => new Sections());
  const parts = sections.of(text);
  return (
    <div className="markdown">
      {parts.map((part, at) => (
        <Section key={at} text={part} isGrowing={isGrowing && at === parts.length - 1} />
      ))}
    </div>
  );
});

const COMPONENTS = {
  a: Link,
  img: ImageText,
  pre: CodeFrame,
  table: Table,
  // Without the names that are meant for another style sheet.
  code: "code",
  h1: "h3",
  h2: "h4",
  h3: "h5",
  h4: "h6",
  h5: "h6",
  h6: "h6",
  p: "p",
  ul: "ul",
  ol: "ol",
  li: "li",
  blockquote: "blockquote",
  hr: "hr",
  strong: "strong",
  thead: "thead",
  tbody: "tbody",
  tr: "tr",
  th: "th",
  td: "td",
  sup: "sup",
  sub: "sub",
  section: "section",
} as const;

/** What is not whole yet is completed, but for tags: they are shown as they are written, and behind a `<` there may be no end. */
const COMPLETED = { htmlTags: false } as const;

const Section = memo(function Section({ text, isGrowing }: MarkdownProps) {
  const written = useMemo(() => withDollars(text), [text]);
  const math = useMath(written);
  // A block that grows is parsed with every word: its colours can wait, and then for a moment without other work.
  const isStreaming = useDeferredValue(isGrowing);
  const plugins = useMemo(() => (isStreaming ? math.rehype : [...math.rehype, rehypeHighlight]), [isStreaming, math.rehype]);
  return (
    <Streamdown
      className="section"
      mode={isStreaming ? "streaming" : "static"}
      components={COMPONENTS}
      remend={COMPLETED}
      {...(math.remark && { remarkPlugins: math.remark })}
      rehypePlugins={plugins}
      linkSafety={{ enabled: false }}
      controls={false}
      dir="auto"
    >
      {written}
    </Streamdown>
  );
});
