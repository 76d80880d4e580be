import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelSource } from "../src/interface.js";
import { sourceParts } from "../src/parts.js";

/** What a browser's class of that name looks like. */
function handle(name: string): FileSystemFileHandle {
  return { kind: "file", name } as FileSystemFileHandle;
}

test("files and handles of a split model come in the order of their names", () => {
  const sources: ModelSource[] = [handle("b.gguf"), new File([], "c.gguf"), handle("a.gguf")];
  const parts = sourceParts(sources).map((part) => [part.type, part.type === "url" ? part.url : part.name]);
  assert.deepEqual(parts, [["handle", "a.gguf"], ["handle", "b.gguf"], ["blob", "c.gguf"]]);
});

test("addresses stay in the order in which they are given", () => {
  const sources = ["https://example.org/b", new URL("https://example.org/a")];
  const parts = sourceParts(sources).map((part) => part.type === "url" && part.url);
  assert.deepEqual(parts, ["https://example.org/b", "https://example.org/a"]);
});

test("nothing is no model", () => {
  assert.throws(() => sourceParts([]), { code: "bad_argument" });
});
