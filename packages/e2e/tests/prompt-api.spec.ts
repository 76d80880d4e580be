/** Chrome's Prompt API over a model of the page: the explainer's examples and the rules of its specification. */
import type * as PromptApi from "@hearth/sdk/compat/prompt-api";
import type { ChatCompletionChunk, Hearth } from "@hearth/sdk";
import { expect, MODELS, START, test, testInBoth } from "../compat.js";
import type { Sdk } from "../sdk.js";

/** What examples are run with. Answers of random weights end with the context, so it is short. */
const JOB = { model: MODELS.chat, start: { ...START, contextLength: 256 } };
type Job = typeof JOB;
/** Descriptions of tools take some room. */
const LONGER: Job = { ...JOB, start: { ...START, contextLength: 1_024 } };

test.describe("the Prompt API", () => {
  testInBoth("a model is downloaded for the first session, and freed with the last", async ({ tab }) => {
    const { availability, progress, errors, session } = await tab.evaluate(liveAndDie, JOB);
    expect(availability).toEqual({
      before: "downloadable",
      pictures: "unavailable",
      during: "downloading",
      after: "available",
      cloned: "available",
      destroyed: "available",
      unkept: "downloadable",
      opened: "available",
      deleted: "downloadable",
    });
    expect(progress[0]).toEqual({ loaded: 0, total: 1 });
    expect(progress.at(-1)).toEqual({ loaded: 1, total: 1 });
    for (let at = 1; at < progress.length; at++) expect(progress[at]?.loaded).toBeGreaterThan(progress[at - 1]?.loaded ?? 1);
    expect(session).toMatchObject({ contextUsage: 0, contextWindow: 256, inputQuota: 256, topK: 3, temperature: 0.5, isInstance: true });
    expect(errors).toEqual({
      constructed: "TypeError",
      monitor: "thrown by the monitor",
      aborted: "AbortError",
      both: "TypeError",
      language: "RangeError",
      pictures: "NotSupportedError",
      missing: "NetworkError",
      running: "AbortError",
      streaming: "AbortError",
      later: "AbortError",
      bySignal: "a reason",
    });
  });

  test("a conversation is remembered, streamed, cloned, and makes way for what is new", async ({ tab }) => {
    const { alike, usage, overflow, errors, requests } = await tab.evaluate(converse, JOB);
    expect(alike.streamed).toBe(alike.prompted);
    expect(alike.prompted).not.toBe("");
    expect(usage.measured).toBeGreaterThan(0);
    expect(usage.initial).toBe(usage.measured);
    expect(usage.appended).toBe(usage.initial + usage.measuredAppended);
    expect(usage.prompted).toBeGreaterThan(usage.appended);
    expect(usage.original).toBe(usage.appended);
    expect(overflow.events.toSorted()).toEqual(["contextoverflow", "on", "quotaoverflow"]);
    expect(overflow.usage).toBeLessThanOrEqual(256);
    expect(errors).toEqual({
      aborted: "AbortError",
      queued: "AbortError",
      system: "TypeError",
      prefix: "SyntaxError",
      picture: "NotSupportedError",
      omit: "TypeError",
      flags: "NotSupportedError",
      long: "QuotaExceededError",
      quota: 256,
      longest: true,
    });
    const { first, prefixed } = requests;
    expect(first?.messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "One thing.\n\nAnd another." },
    ]);
    expect(first).toMatchObject({ temperature: 0, top_k: 1 });
    expect(prefixed).toMatchObject({ continue_final_message: true, messages: [{}, {}, { role: "assistant", content: "```toml\n" }] });
  });

  test("a constraint is told to the model or not, and tools are called before the answer", async ({ tab }) => {
    const { requests, tools } = await tab.evaluate(constrain, LONGER);
    const [schema, silent, regex] = requests;
    expect(schema?.response_format).toMatchObject({ type: "json_schema", json_schema: { schema: { enum: ["yes", "no"] } } });
    expect(JSON.stringify(schema?.messages)).toContain("enum");
    expect(JSON.stringify(silent?.messages)).not.toContain("enum");
    expect(regex?.grammar).toEqual({ regex: "(left|right)" });
    expect(tools.called).toEqual([{ location: "Paris" }]);
    expect(tools.messages).toEqual(["system", "user", "assistant", "tool"]);
    expect(tools.result).toMatchObject({ tool_call_id: "call-1", content: "sunny" });
    expect(tools.offered).toMatchObject([{ type: "function", function: { name: "getWeather", parameters: { type: "object" } } }]);
  });

  testInBoth("an answer follows its constraint", async ({ tab }) => {
    const { constrained } = await tab.evaluate(constrain, LONGER);
    expect(["yes", "no"]).toContain(JSON.parse(constrained.schema));
    expect(["yes", "no"]).toContain(JSON.parse(constrained.silent));
    expect(["left", "right"]).toContain(constrained.regex);
  });
});

/** Runs in the page. */
async function liveAndDie({ model, start }: Job) {
  const { languageModel } = (await import(new URL("/compat/prompt-api.js", location.href).href)) as typeof PromptApi;
  const { ModelStore } = (await import(new URL("/index.js", location.href).href)) as typeof Sdk;
  const store = await ModelStore.open();
  /** What this browser keeps, that of earlier tests too. A worker that is ended lets its file go a moment later. */
  const forget = async (): Promise<void> => {
    for (let left = await store.list(); left.length > 0; left = await store.list()) {
      for (const { id } of left) await store.delete(id).catch((error: { code: string }) => error.code === "in_use" || Promise.reject(error));
    }
  };
  await forget();
  const LanguageModel = languageModel(model, start);
  const name = async (work: () => unknown): Promise<unknown> => {
    try {
      await work();
      return "none";
    } catch (error) {
      return error instanceof Error && error.constructor === Error ? error.message : error instanceof Error ? error.name : error;
    }
  };
  const pictures = { expectedInputs: [{ type: "image" }] } as const;
  const before = await LanguageModel.availability({ expectedInputs: [{ type: "text", languages: ["en", "ja"] }] });
  const errors: Record<string, unknown> = {
    constructed: await name(() => new (LanguageModel as unknown as new () => unknown)()),
    monitor: await name(() =>
      LanguageModel.create({
        monitor: () => {
          throw new Error("thrown by the monitor");
        },
      }),
    ),
    aborted: await name(() => LanguageModel.create({ signal: AbortSignal.abort() })),
    both: await name(() => LanguageModel.create({ samplingMode: "creative", temperature: 1 })),
    language: await name(() => LanguageModel.availability({ expectedInputs: [{ type: "text", languages: ["not a language"] }] })),
    pictures: await name(() => LanguageModel.create(pictures)),
    missing: await name(() => languageModel("/nothing.gguf", start).create()),
  };

  const progress: object[] = [];
  const controller = new AbortController();
  const creating = LanguageModel.create({
    topK: 3,
    temperature: 0.5,
    signal: controller.signal,
    monitor: (monitor) => void monitor.addEventListener("downloadprogress", (event) => {
      const { loaded, total } = event as ProgressEvent;
      progress.push({ loaded, total });
    }),
  });
  const during = await LanguageModel.availability();
  const session = await creating;
  const after = await LanguageModel.availability();
  const { contextUsage, contextWindow, inputQuota, topK, temperature } = session;
  const clone = await session.clone();

  const running = name(() => session.prompt("Hello"));
  const streaming = name(() => session.promptStreaming("Hello").getReader().read());
  session.destroy();
  Object.assign(errors, { running: await running, streaming: await streaming, later: await name(() => session.prompt("Hello")) });
  const cloned = await LanguageModel.availability();
  clone.destroy();
  const destroyed = await LanguageModel.availability();
  const unkept = await languageModel(model, { ...start, store: false }).availability();
  const opened = await languageModel(new Blob(), start).availability();
  await forget();
  const deleted = await LanguageModel.availability();
  store.close();
  const bound = new AbortController();
  const other = await LanguageModel.create({ signal: bound.signal });
  bound.abort("a reason");
  errors["bySignal"] = await name(() => other.append("Hello"));
  const isInstance = session instanceof (LanguageModel as unknown as new () => object);
  return {
    availability: { before, pictures: await LanguageModel.availability(pictures), during, after, cloned, destroyed, unkept, opened, deleted },
    progress: progress as { loaded: number; total: number }[],
    errors,
    session: { contextUsage, contextWindow, inputQuota, topK, temperature, isInstance },
  };
}

/** Runs in the page. */
async function converse({ model, start }: Job) {
  const sdk = (await import(new URL("/index.js", location.href).href)) as { Hearth: typeof Hearth };
  const { languageModel } = (await import(new URL("/compat/prompt-api.js", location.href).href)) as typeof PromptApi;
  const hearth = await sdk.Hearth.create({ ...start, model });
  const requests: { messages: object[] }[] = [];
  const { completions } = hearth.chat;
  const { create } = completions;
  completions.create = ((params: { messages: object[] }, options: object) => {
    requests.push(params);
    return create(params as never, options);
  }) as typeof create;
  const name = async (work: Promise<unknown>): Promise<string> => await work.then(() => "none", (error: Error) => error.name);

  const LanguageModel = languageModel(hearth);
  const initialPrompts = [{ role: "system", content: "Be brief." }] as const;
  const session = await LanguageModel.create({ initialPrompts, samplingMode: "most-predictable" });
  const measured = await session.measureContextUsage(initialPrompts);
  const initial = session.contextUsage;
  const measuredAppended = await session.measureInputUsage("One thing.");
  await session.append([{ role: "user", content: [{ type: "text", value: "One " }, { type: "text", value: "thing." }] }]);
  const appended = session.inputUsage;

  const [one, two] = [await session.clone(), await session.clone()];
  const prompted = await one.prompt("And another.");
  let streamed = "";
  const reader = two.promptStreaming("And another.").getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) streamed += piece.value;
  const usage = { measured, initial, measuredAppended, appended, prompted: one.contextUsage, original: session.contextUsage };

  const events: string[] = [];
  for (const type of ["contextoverflow", "quotaoverflow"]) one.addEventListener(type, () => events.push(type));
  one.onquotaoverflow = () => void events.push("on");
  await one.append("word ".repeat(60));
  const overflow = { events, usage: one.contextUsage };

  const [first] = requests;
  const prefix = [
    { role: "user", content: "Create a TOML character sheet." },
    { role: "assistant", content: "```toml\n", prefix: true },
  ] as const;
  const fresh = await LanguageModel.create({ initialPrompts });
  await fresh.prompt(prefix);
  const prefixed = requests.at(-1);

  const stopping = new AbortController();
  const aborted = name(session.prompt("Hello", { signal: stopping.signal }));
  const queued = name(session.prompt("Hello again", { signal: stopping.signal }));
  setTimeout(() => stopping.abort(), 5);
  const picture = [{ role: "user", content: [{ type: "image", value: new Blob() }] }] as const;
  const long = await session.prompt("word ".repeat(400)).catch((error: Error) => error);
  const { quota, requested } = long as unknown as { quota: number; requested: number };
  const errors = {
    aborted: await aborted,
    queued: await queued,
    system: await name(session.prompt([{ role: "system", content: "Be long." }])),
    prefix: await name(session.prompt([{ role: "user", content: "Hello", prefix: true }])),
    picture: await name(session.prompt(picture)),
    omit: await name(session.prompt("Hello", { omitResponseConstraintInput: true })),
    flags: await name(session.prompt("Hello", { responseConstraint: /yes/i })),
    long: (long as Error).name,
    quota,
    longest: requested > quota,
  };
  hearth.unload();
  return { alike: { prompted, streamed }, usage, overflow, errors, requests: { first, prefixed } };
}

/** Runs in the page. */
async function constrain({ model, start }: Job) {
  const sdk = (await import(new URL("/index.js", location.href).href)) as { Hearth: typeof Hearth };
  const { languageModel } = (await import(new URL("/compat/prompt-api.js", location.href).href)) as typeof PromptApi;
  const hearth = await sdk.Hearth.create({ ...start, model });
  type Request = { messages: { role: string }[]; response_format?: object; grammar?: object; tools?: object };
  const requests: Request[] = [];
  const { completions } = hearth.chat;
  const { create } = completions;
  /** Answers in the model's place. */
  let script: Partial<ChatCompletionChunk>[] | undefined;
  completions.create = ((params: Request, options: object) => {
    requests.push(params);
    const scripted = script;
    script = undefined;
    if (scripted === undefined) return create({ ...params, max_tokens: 12 } as never, options);
    return (async function* () {
      yield* scripted;
    })();
  }) as unknown as typeof create;

  const LanguageModel = languageModel(hearth);
  const responseConstraint = { type: "string", enum: ["yes", "no"] };
  const answer = async (options: PromptApi.LanguageModelPromptOptions): Promise<string> => {
    const session = await LanguageModel.create();
    return await session.prompt("Is it so? Which way?", options).catch((error: Error) => JSON.stringify(error.name));
  };
  const constrained = {
    schema: await answer({ responseConstraint }),
    silent: await answer({ responseConstraint, omitResponseConstraintInput: true }),
    regex: await answer({ responseConstraint: /^(left|right)$/ }),
  };
  const three = requests.splice(0);

  const called: object[] = [];
  const tool: PromptApi.LanguageModelTool = {
    name: "getWeather",
    description: "Get the weather in a location.",
    inputSchema: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
    execute: async (input: object) => {
      called.push(input);
      return "sunny";
    },
  };
  const session = await LanguageModel.create({ initialPrompts: [{ role: "system", content: "You are a weather bot." }], tools: [tool] });
  const call = { index: 0, id: "call-1", type: "function", function: { name: "getWeather", arguments: '{"location":"Paris"}' } } as const;
  script = [{ choices: [{ index: 0, delta: { role: "assistant", tool_calls: [call] }, finish_reason: "tool_calls", logprobs: null }] }];
  await session.prompt("How is the weather in Paris?");
  const asked = requests.at(-1);
  const tools = { called, messages: asked?.messages.map(({ role }) => role), result: asked?.messages.at(-1), offered: asked?.tools };
  hearth.unload();
  return { requests: three, tools, constrained };
}
