/** A model by its address, or by its name in a hub. */
import { type FormEvent, useState } from "react";
import { openAddress } from "../models/open.js";
import { useWords } from "../words/words.js";

const SOUND = /^(https?:\/\/\S+|hf:[^/\s]+\/[^/\s]+\/\S+)$/i;

export function AddressForm() {
  const { address: words } = useWords();
  const [text, setText] = useState("");
  const isSound = SOUND.test(text.trim());
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (isSound) void openAddress(text.trim());
  };
  return (
    <form className="address" onSubmit={onSubmit}>
      <label>
        {words.label}
        <input type="text" inputMode="url" spellCheck={false} value={text} placeholder="hf:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf" onChange={({ target }) => setText(target.value)} />
        <span className="hint">{text === "" || isSound ? words.hint : words.wrong}</span>
      </label>
      <div className="actions">
        <button type="submit" disabled={!isSound}>
          {words.open}
        </button>
      </div>
    </form>
  );
}
