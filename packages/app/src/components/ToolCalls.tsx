/** The tools that an answer calls. Names and arguments are a model's text: they are never HTML. */
import { pretty, type ToolCall } from "../chat/tools.js";
import { useWords } from "../words/words.js";

export function ToolCalls({ calls }: { readonly calls: readonly ToolCall[] }) {
  const { tools } = useWords();
  if (calls.length === 0) return null;
  return (
    <div className="tool-calls">
      {calls.map((call, at) => (
        <section key={at} className="tool-call" aria-label={tools.callOf(call.name)}>
          <p>
            {tools.calls} <code>{call.name}</code>
          </p>
          <pre tabIndex={0} dir="ltr" role="region" aria-label={tools.argumentsOf(call.name)}>
            {pretty(call.arguments)}
          </pre>
        </section>
      ))}
      <p className="hint">{tools.notRun}</p>
    </div>
  );
}
