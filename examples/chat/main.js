import { Hearth } from "../hearth/index.js";
import { modelFor, write, writeLine } from "../page.js";

const form = document.querySelector("form");
const send = form.querySelector("button");
const hearth = await Hearth.create({ model: await modelFor("chat") });
const messages = [{ role: "system", content: "You are brief." }];

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const content = form.message.value;
  form.reset();
  send.disabled = true;
  writeLine(`You: ${content}`);
  messages.push({ role: "user", content });

  const stream = await hearth.chat.completions.create({ messages, stream: true, max_completion_tokens: 100 });
  let answer = "";
  for await (const chunk of stream) {
    const piece = chunk.choices[0]?.delta.content ?? "";
    answer += piece;
    write(piece);
  }
  writeLine("");
  messages.push({ role: "assistant", content: answer });
  send.disabled = false;
});
send.disabled = false;
