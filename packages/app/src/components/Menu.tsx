/** A button with a list of actions: arrows move in it, Escape and a click elsewhere close it. */
import { type KeyboardEvent, useId, useRef } from "react";

interface Props {
  readonly label: string;
  readonly actions: readonly (readonly [label: string, act: () => void])[];
}

export function Menu({ label, actions }: Props) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const items = [...(list.current?.querySelectorAll("button") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
  };
  const place = (): void => {
    const box = button.current?.getBoundingClientRect();
    const shown = list.current;
    if (box === undefined || shown === null) return;
    const height = shown.offsetHeight;
    shown.style.top = `${box.bottom + height > innerHeight ? Math.max(0, box.top - height) : box.bottom}px`;
    shown.style.left = `${Math.max(0, box.right - shown.offsetWidth)}px`;
  };
  return (
    <>
      <button ref={button} type="button" className="quiet more" aria-label={label} aria-haspopup="menu" popoverTarget={id}>
        <span aria-hidden="true">⋯</span>
      </button>
      <div
        id={id}
        ref={list}
        className="menu"
        role="menu"
        aria-label={label}
        popover="auto"
        onKeyDown={onKeyDown}
        onToggle={({ newState }) => {
          if (newState !== "open") return;
          place();
          list.current?.querySelector("button")?.focus();
        }}
      >
        {actions.map(([name, act]) => (
          <button
            key={name}
            type="button"
            role="menuitem"
            onClick={() => {
              list.current?.hidePopover();
              act();
            }}
          >
            {name}
          </button>
        ))}
      </div>
    </>
  );
}
