/** Says what the model in the box is, and how to open a real one. */
import { type Model, modelOfFiles } from "../models/catalog.js";
import { FileButton } from "./FileButton.js";

interface Props {
  readonly onLoad: (model: Model) => Promise<void>;
  /** Once there is a conversation, it is told in one line. */
  readonly isShort: boolean;
}

export function DemonstrationNote({ onLoad, isShort }: Props) {
  return (
    <section className="card demonstration" aria-label="About this model">
      <p>
        <strong>ember is a tiny demonstration model.</strong>{" "}
        {isShort
          ? "What it says is often wrong: for real work open a real model."
          : "It has four million weights and came with this page. It tells little stories and says who it is; of the world it knows nothing, and what it says is often wrong."}
      </p>
      {!isShort && (
        <p>
          For real work <strong>open a real model</strong>: a GGUF file such as Qwen3 0.6B in Q4_K_M (about 400 MB), from any model hub. Open it
          here, or drop it anywhere on this page. It stays on your machine.
        </p>
      )}
      <FileButton onFiles={(files) => void onLoad(modelOfFiles(files))} />
    </section>
  );
}
