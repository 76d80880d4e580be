/** A question that stands before everything else. Escape and the buttons close it; the focus returns to where it was. */
import { type FormEvent, type ReactNode, useEffect, useId, useRef } from "react";
import { useWords } from "../words/words.js";

interface Props {
  readonly title: string;
  /** What the button does that agrees. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly onClose: () => void;
  readonly onAgree: () => void;
  readonly children: ReactNode;
}

export function Dialog({ title, action, isDangerous = false, onClose, onAgree, children }: Props) {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    onAgree();
    onClose();
  };
  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={onClose}>
      <form onSubmit={onSubmit}>
        <h2 id={heading}>{title}</h2>
        {children}
        <div className="actions">
          <button type="button" onClick={onClose}>
            {words.cancel}
          </button>
          <button type="submit" className={isDangerous ? "danger" : "primary"}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
