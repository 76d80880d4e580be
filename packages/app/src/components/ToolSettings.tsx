/** The tools that the model may call in a conversation. */
import { useId } from "react";
import { type Offer, readTools } from "../chat/tools.js";
import { useWords } from "../words/words.js";
import { useLateText } from "./late-text.js";

interface Props {
  readonly offer: Offer;
  readonly onChange: (changes: Partial<Offer>) => void;
}

export function ToolSettings({ offer, onChange }: Props) {
  const { tools: words } = useWords();
  const hint = useId();
  const problem = useId();
  const field = useLateText(offer.text, (text) => onChange({ text }));
  const { mistake } = readTools(offer.text);
  return (
    <>
      <label>
        {words.title}
        <textarea rows={3} dir="ltr" spellCheck={false} className="tools-field" placeholder={EXAMPLE} aria-describedby={`${hint} ${problem}`} aria-invalid={mistake !== undefined} {...field} />
        <span id={hint} className="hint">
          {words.hint}
        </span>
      </label>
      <p id={problem} role="status" className={mistake && "mistake"}>
        {mistake && `${words.mistake(mistake)} ${words.notOffered}`}
      </p>
      <label className="check">
        <input type="checkbox" checked={offer.mustCall} onChange={({ target }) => onChange({ mustCall: target.checked })} />
        {words.mustCall}
      </label>
    </>
  );
}

const EXAMPLE = '[{"type": "function", "function": {"name": "…"}}]';
