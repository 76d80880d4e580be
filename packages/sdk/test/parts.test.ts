import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveModel } from "../src/model-source.js";
import { filePart } from "../src/parts.js";

/** What a browser's class of that name looks like. */
function handle(name: string): FileSystemFileHandle {
  return { kind: "file", name } as FileSystemFileHandle;
}

test("files and handles of a split model come in the order of their names", async () => {
  const sources = [handle("b.gguf"), new File([], "c.gguf"), handle("a.gguf")];
  const parts = (await resolveModel(sources, { hub: undefined, catalogue: undefined })).map(filePart);
  assert.deepEqual(
    parts.map((part) => [part.type, part.type === "url" ? part.url : part.name]),
    [
      ["handle", "a.gguf"],
      ["handle", "b.gguf"],
      ["blob", "c.gguf"],
    ],
  );
});
