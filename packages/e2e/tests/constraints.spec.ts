/** Answers that are to have a form have it, by a model whose weights are random: what it would say otherwise has none. */
import { expect, MODELS, type Sdk, testInBoth } from "../sdk.js";

testInBoth("a schema, a regular expression, a grammar and a required tool hold", async ({ tab }) => {
  const { free, schema, regex, gbnf, calls, reasons } = await tab.evaluate(constrain, MODELS.endless);
  const animal = JSON.parse(schema) as Record<string, unknown>;
  expect(Object.keys(animal)).toEqual(["kind", "legs", "names"]);
  expect(["cat", "hen"]).toContain(animal["kind"]);
  expect([0, 1, 2, 3, 4]).toContain(animal["legs"]);
  const names = animal["names"] as string[];
  expect(names.length).toBeLessThanOrEqual(2);
  for (const name of names) expect(["Tom", "Ada"]).toContain(name);
  expect(regex).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/);
  expect(gbnf).toMatch(/^(north|south)( (north|south)){2}$/);
  expect(calls).toEqual([{ type: "function", id: expect.any(String), function: { name: "weather", arguments: expect.any(String) } }]);
  const { city, ...others } = JSON.parse(calls[0]?.function.arguments ?? "") as { city?: string };
  expect(["Paris", "Rome"]).toContain(city);
  expect(others).toEqual({});
  expect(reasons).toEqual(["stop", "stop", "stop", "tool_calls"]);
  expect(free).not.toMatch(/^[{20ns]/);
});

/** Runs in the page. */
async function constrain(model: string) {
  const { Hearth } = (await import(new URL("/index.js", location.href).href)) as typeof Sdk;
  const hearth = await Hearth.create({ model, build: "compat", contextLength: 1_024 });
  const ask = async (how: object) => {
    const messages = [{ role: "user" as const, content: "Hello" }];
    const { choices } = await hearth.chat.completions.create({ messages, seed: 3, temperature: 1, max_tokens: 200, ...how });
    return { content: choices[0]?.message.content ?? "", calls: choices[0]?.message.tool_calls ?? [], reason: choices[0]?.finish_reason };
  };
  const schema = {
    type: "object",
    properties: {
      kind: { enum: ["cat", "hen"] },
      legs: { type: "integer", minimum: 0, maximum: 4 },
      names: { type: "array", items: { enum: ["Tom", "Ada"] }, maxItems: 2 },
    },
    required: ["kind", "legs", "names"],
    additionalProperties: false,
  };
  const city = { type: "object", properties: { city: { enum: ["Paris", "Rome"] } }, required: ["city"], additionalProperties: false };
  const weather = { type: "function", function: { name: "weather", parameters: city } };
  const free = await ask({ max_tokens: 8, ignore_eos: true });
  const answers = [
    await ask({ response_format: { type: "json_schema", json_schema: { name: "animal", schema } } }),
    await ask({ grammar: { regex: "20[0-9][0-9]-(0[1-9]|1[0-2])" } }),
    await ask({ grammar: 'root ::= way " " way " " way\nway ::= "north" | "south"' }),
    await ask({ tools: [weather], tool_choice: "required", parallel_tool_calls: false }),
  ] as const;
  hearth.unload();
  const [object, date, ways, tool] = answers;
  const reasons = answers.map(({ reason }) => reason);
  return { free: free.content, schema: object.content, regex: date.content, gbnf: ways.content, calls: tool.calls, reasons };
}
