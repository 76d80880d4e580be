/** What all pages share: the place for what they show, and the choice of a model. */

const output = document.querySelector("output");

/** Adds a text to what the page shows. */
export function write(text) {
  output.append(text);
}

/** Adds a line to what the page shows. */
export function writeLine(text) {
  write(`${text}\n`);
}

// What nobody catches is shown, not only logged.
addEventListener("unhandledrejection", ({ reason }) => writeLine(reason.message));

/** What the server says of models that are for it. */
const PURPOSES = {
  chat: (model) => model.supported && model.has_chat_template,
  text: (model) => model.supported,
  embeddings: (model) => model.reason?.includes("makes embeddings"),
};

/** The address of a model: the one that this page's address names, `?model=…`, else the smallest of the server's list for that purpose. */
export async function modelFor(purpose) {
  const named = new URLSearchParams(location.search).get("model");
  if (named !== null) return named;
  const models = await (await fetch("/api/models")).json();
  const fitting = models.filter(PURPOSES[purpose]);
  if (fitting.length === 0) throw new Error(`The server has no model for ${purpose}. Name one in the page's address: ?model=…`);
  return fitting.sort((a, b) => a.size_bytes - b.size_bytes)[0].url;
}
