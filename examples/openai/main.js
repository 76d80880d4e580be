import { Hearth } from "../hearth/index.js";
import { modelFor, write, writeLine } from "../page.js";
import OpenAI from "../vendor/openai.js";

const hearth = await Hearth.create({ model: await modelFor("chat") });
const client = new OpenAI({
  fetch: hearth.fetch,
  // The client insists on them; nobody is asked.
  apiKey: "none",
  baseURL: "http://hearth/v1",
  dangerouslyAllowBrowser: true,
});

const stream = await client.chat.completions.create({
  model: hearth.models[0],
  messages: [{ role: "user", content: "Tell me a story." }],
  max_completion_tokens: 60,
  stream: true,
});
for await (const chunk of stream) write(chunk.choices[0]?.delta.content ?? "");

const models = await client.models.list();
writeLine(`\n\nModels: ${models.data.map((model) => model.id).join(", ")}`);
