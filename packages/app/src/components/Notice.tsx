import { useEffect, useRef } from "react";
import type { Problem } from "../engine/problem.js";

export function Notice({ problem, onClose }: { readonly problem: Problem; readonly onClose: () => void }) {
  const notice = useRef<HTMLElement>(null);
  useEffect(() => {
    notice.current?.scrollIntoView({ block: "nearest" });
  }, [problem]);
  return (
    <section className="notice" role="alert" ref={notice}>
      <div>
        <h2>{problem.title}</h2>
        <p>{problem.advice}</p>
        <p className="detail">{problem.detail}</p>
      </div>
      <button type="button" onClick={onClose} aria-label="Close this message">
        ✕
      </button>
    </section>
  );
}
