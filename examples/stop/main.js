import { Hearth } from "../hearth/index.js";
import { modelFor, write, writeLine } from "../page.js";

const stop = document.querySelector("#stop");
const abort = document.querySelector("#abort");
const hearth = await Hearth.create({ model: await modelFor("text") });

const controller = new AbortController();
const params = { prompt: "Once upon a time", max_tokens: 400, stream: true, stream_options: { include_usage: true } };
const stream = await hearth.completions.create(params, { signal: controller.signal });
stop.addEventListener("click", () => stream.stop());
abort.addEventListener("click", () => controller.abort());
stop.disabled = abort.disabled = false;

try {
  for await (const chunk of stream) {
    write(chunk.choices[0]?.text ?? "");
    if (chunk.usage) writeLine(`\n\nEnded in peace, after ${chunk.usage.completion_tokens} tokens.`);
  }
} catch (error) {
  if (error.name !== "AbortError") throw error;
  writeLine("\n\nAborted.");
}
