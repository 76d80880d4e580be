/** Goes through the versions of a message. */
import type { Message } from "../conversations/protocol.js";
import { useWords } from "../words/words.js";

interface Props {
  readonly message: Message;
  readonly siblings: readonly Message[];
  readonly onChoose: (id: string) => void;
  readonly isDisabled: boolean;
}

export function BranchPicker({ message, siblings, onChoose, isDisabled }: Props) {
  const words = useWords();
  if (siblings.length < 2) return null;
  const at = siblings.findIndex(({ id }) => id === message.id);
  const step = (by: number, label: string, sign: string) => {
    const other = siblings[at + by];
    return (
      <button type="button" className="quiet" aria-label={label} disabled={isDisabled || other === undefined} onClick={() => other && onChoose(other.id)}>
        <span aria-hidden="true">{sign}</span>
      </button>
    );
  };
  return (
    <span className="branches">
      {step(-1, words.message.previous, "‹")}
      <span>{words.message.version(at + 1, siblings.length)}</span>
      {step(1, words.message.next, "›")}
    </span>
  );
}
