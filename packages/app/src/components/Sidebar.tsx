/** The conversations, and the way to the other pages. On narrow screens it is behind a button. */
import { assets } from "#assets";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useList } from "../conversations/list.js";
import { ADDRESSES, type Route } from "../route.js";
import { useWords } from "../words/words.js";
import { ConversationList } from "./ConversationList.js";
import { SearchField } from "./SearchField.js";

/** Below this width it covers the page. */
const NARROW = "(width < 56rem)";

export function Sidebar({ route }: { readonly route: Route }) {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const hits = useList((state) => state.hits);
  // What is chosen in it is what the person wants to see.
  useEffect(() => setOpen(false), [route.page, route.page === "chat" ? route.conversation : undefined]);
  useEffect(() => {
    if (!isOpen) return;
    panel.current?.focus();
    const close = ({ key }: KeyboardEvent): void => {
      if (key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, [isOpen]);

  return (
    <>
      <button ref={button} type="button" className="menu-button" aria-label={words.nav.open} aria-expanded={isOpen} onClick={() => setOpen(true)}>
        <span aria-hidden="true">☰</span>
      </button>
      {isOpen && <div className="curtain" onClick={() => setOpen(false)} />}
      <nav ref={panel} className="sidebar" data-open={isOpen} aria-label={words.nav.label} tabIndex={-1}>
        <a className="brand" href={ADDRESSES.chat}>
          <img src={assets.icon} alt="" width="32" height="32" />
          <strong>Hearth</strong>
        </a>
        <a className="button primary" href={ADDRESSES.chat} onClick={() => matchMedia(NARROW).matches && setOpen(false)}>
          {words.list.create}
        </a>
        <SearchField />
        <div className="conversations" aria-live={hits === undefined ? "off" : "polite"}>
          <ConversationList shown={route.page === "chat" ? route.conversation : undefined} />
        </div>
        <ul className="pages">
          <PageLink address={ADDRESSES.models} isHere={route.page === "models"}>
            {words.nav.models}
          </PageLink>
          <PageLink address={ADDRESSES.device} isHere={route.page === "device"}>
            {words.nav.device}
          </PageLink>
          <PageLink address={ADDRESSES.settings} isHere={route.page === "settings"}>
            {words.nav.settings}
          </PageLink>
        </ul>
      </nav>
    </>
  );
}

function PageLink({ address, isHere, children }: { readonly address: string; readonly isHere: boolean; readonly children: ReactNode }) {
  return (
    <li>
      <a href={address} aria-current={isHere ? "page" : undefined}>
        {children}
      </a>
    </li>
  );
}
