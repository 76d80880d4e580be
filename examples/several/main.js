import { Hearth } from "../hearth/index.js";
import { modelFor, writeLine } from "../page.js";

const model = await modelFor("text");
const hearth = await Hearth.create({
  models: { first: model, second: model },
  contextLength: 512,
  // What does not fit into it is an error.
  budgetBytes: 4e9,
});

const ask = async (name) => {
  const answer = await hearth.completions.create({ model: name, prompt: "Once upon a time", max_tokens: 20 });
  writeLine(`${answer.model}: ${answer.choices[0].text}`);
};
// They answer at the same time: each has an engine of its own.
await Promise.all([ask("first"), ask("second")]);

hearth.unload("second");
writeLine(`\nLeft: ${hearth.models.join(", ")}`);
