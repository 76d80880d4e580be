/** Links, images, code and tables of a model's text. */
import type { ComponentProps } from "react";
import { useRef } from "react";
import { CopyButton } from "../components/CopyButton.js";
import { useWords } from "../words/words.js";

const SAFE = /^(https?|mailto):/i;

/** Opens in another tab, says nothing of this one, and shows where it leads. */
export function Link({ href, children }: ComponentProps<"a">) {
  const { message } = useWords();
  if (href === undefined || !SAFE.test(href)) return <span>{children}</span>;
  return (
    <a href={href} title={message.link(href)} target="_blank" rel="noreferrer noopener nofollow" referrerPolicy="no-referrer">
      {children}
      <span className="link-target"> ({hostOf(href)})</span>
    </a>
  );
}

function hostOf(href: string): string {
  const host = URL.canParse(href) ? new URL(href).host : "";
  return host === "" ? href : host;
}

/** Images would be fetched from elsewhere, which tells of the reader. */
export function ImageText({ alt }: ComponentProps<"img">) {
  const { message } = useWords();
  return <span className="image-text">{message.image(alt ?? "")}</span>;
}

export function CodeFrame({ children }: ComponentProps<"pre">) {
  const frame = useRef<HTMLPreElement>(null);
  return (
    <div className="code-frame" dir="ltr">
      <CopyButton text={() => frame.current?.textContent ?? ""} />
      <pre ref={frame} tabIndex={0}>
        {children}
      </pre>
    </div>
  );
}

/** Wide ones are moved in their own frame. */
export function Table({ children }: ComponentProps<"table">) {
  return (
    <div className="table-frame" tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}
