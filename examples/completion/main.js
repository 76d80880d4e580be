import { Hearth } from "../hearth/index.js";
import { modelFor, write, writeLine } from "../page.js";

const hearth = await Hearth.create({ model: await modelFor("text") });
const prompt = "Once upon a time";

write(prompt);
const stream = await hearth.completions.create({ prompt, max_tokens: 40, temperature: 0, stream: true });
for await (const chunk of stream) write(chunk.choices[0]?.text ?? "");

const whole = await hearth.completions.create({ prompt, max_tokens: 40, temperature: 0 });
writeLine(`\n\nAs a whole:\n${prompt}${whole.choices[0].text}`);
writeLine(`\n${whole.usage.prompt_tokens} tokens were read, ${whole.usage.completion_tokens} written.`);
