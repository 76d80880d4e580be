import { Hearth } from "../hearth/index.js";
import { modelFor, writeLine } from "../page.js";

const hearth = await Hearth.create({ model: await modelFor("chat") });

/** What the model may call. */
const functions = {
  time: ({ city }) => ({ city, time: new Date().toLocaleTimeString("en", { timeStyle: "short" }) }),
};
const tools = [
  {
    type: "function",
    function: {
      name: "time",
      description: "What time it is in a city",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

const messages = [{ role: "user", content: "What time is it in Paris?" }];
// A model that calls for ever is not let go on.
for (let turn = 0; turn < 4; turn++) {
  const { choices } = await hearth.chat.completions.create({ messages, tools, max_completion_tokens: 200 });
  const { message } = choices[0];
  messages.push(message);
  if (message.content) writeLine(`Answer: ${message.content}`);
  if (!message.tool_calls?.length) break;
  for (const call of message.tool_calls) {
    // Small models call what is not there; that they are told so may help.
    const result = functions[call.function.name]?.(JSON.parse(call.function.arguments)) ?? { error: "There is no such function." };
    writeLine(`Called ${call.function.name} with ${call.function.arguments}: ${JSON.stringify(result)}`);
    messages.push({ role: "tool", tool_call_id: call.id, content: JSON.stringify(result) });
  }
}
