/** What failed, and what to do. */
import { useEffect, useRef } from "react";
import { dismissListProblem, useList } from "../conversations/list.js";
import type { Problem } from "../engine/problem.js";
import { useWords } from "../words/words.js";

interface Props {
  readonly problem: Problem;
  readonly onClose?: () => void;
}

export function Notice({ problem, onClose }: Props) {
  const words = useWords();
  const notice = useRef<HTMLElement>(null);
  useEffect(() => {
    notice.current?.scrollIntoView({ block: "nearest" });
  }, [problem]);
  const [title, advice] = words.problems[problem.code] ?? words.problems["unknown"] ?? ["", ""];
  return (
    <section className="notice" role="alert" ref={notice}>
      <div>
        <h2>{title}</h2>
        <p>{advice}</p>
        <p className="detail">{problem.detail}</p>
      </div>
      {onClose && (
        <button type="button" onClick={onClose} aria-label={words.close}>
          <span aria-hidden="true">✕</span>
        </button>
      )}
    </section>
  );
}

/** What failed in the list of conversations. */
export function ListNotice() {
  const problem = useList((state) => state.problem);
  return problem && <Notice problem={problem} onClose={dismissListProblem} />;
}
