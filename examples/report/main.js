import { Hearth } from "../hearth/index.js";
import { modelFor, writeLine } from "../page.js";

const bar = document.querySelector("progress");
const hearth = await Hearth.create({
  model: await modelFor("text"),
  onProgress: ({ doneBytes, totalBytes }) => {
    bar.value = doneBytes / totalBytes;
  },
});

const report = await hearth.report();
writeLine(`The ${report.build} build, on ${report.threads} ${report.threads === 1 ? "thread" : "threads"}`);
for (const { id, info, memoryBytes } of report.models) {
  writeLine(`${id}: ${info.architecture}, ${info.contextLength} tokens of context, ${(memoryBytes / 1e6).toFixed(0)} MB of memory`);
  for (const note of info.notes) writeLine(`  ${note.message}`);
}

const { usage } = await hearth.completions.create({ prompt: "Once upon a time", max_tokens: 32 });
writeLine(JSON.stringify(usage.timings, undefined, 2));
