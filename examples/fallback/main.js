import { Hearth } from "../hearth/index.js";
import { modelFor, writeLine } from "../page.js";

/** Any server with OpenAI's API will do. One of another host must be allowed by this page's policy (`connect-src`). */
const baseURL = new URL(new URLSearchParams(location.search).get("fallback") ?? "/v1", location.href).href;

const hearth = await Hearth.create({
  model: await modelFor("chat"),
  // As on a machine with next to no memory.
  budgetBytes: 1,
  fallback: { baseURL, model: "large" },
});
const answer = await hearth.chat.completions.create({ messages: [{ role: "user", content: "Who are you?" }] });
writeLine(answer.choices[0].message.content);
writeLine(answer.served_by === "local" ? "\nThis machine answered." : `\n${baseURL} answered.`);
