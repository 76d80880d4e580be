import { Hearth } from "../hearth/index.js";
import { modelFor, writeLine } from "../page.js";

const hearth = await Hearth.create({ model: await modelFor("chat") });

const schema = {
  type: "object",
  properties: { name: { type: "string", maxLength: 20 }, age: { type: "integer", minimum: 0, maximum: 120 } },
  required: ["name", "age"],
  additionalProperties: false,
};
const answer = await hearth.chat.completions.create({
  messages: [{ role: "user", content: "Invent a person, as JSON with a name and an age." }],
  response_format: { type: "json_schema", json_schema: { name: "person", schema } },
  max_completion_tokens: 100,
});
writeLine(answer.choices[0].message.content);
