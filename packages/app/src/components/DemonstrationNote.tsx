/** Says what the model in the box is, and how to open a real one. */
import { useWords } from "../words/words.js";
import { FileButton } from "./FileButton.js";

/** Once there is a conversation, it is told in one line. */
export function DemonstrationNote({ isShort }: { readonly isShort: boolean }) {
  const { demonstration } = useWords();
  const { before, strong, after } = demonstration.real(demonstration.openReal);
  return (
    <section className="card demonstration" aria-label={demonstration.label}>
      <p>
        <strong>{demonstration.what}</strong> {isShort ? demonstration.short : demonstration.long}
      </p>
      {!isShort && (
        <p>
          {before}
          <strong>{strong}</strong>
          {after}
        </p>
      )}
      <FileButton />
    </section>
  );
}
