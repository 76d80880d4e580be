import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../src/error.js";
import type { ModelSource } from "../src/interface.js";
import { modelName, resolveModel, type Sources } from "../src/model-source.js";

const NOWHERE: Sources = { hub: undefined, catalogue: undefined };

async function urls(source: ModelSource, sources: Sources = NOWHERE): Promise<string[]> {
  const files = await resolveModel(source, sources);
  return files.flatMap((file) => (file.type === "server" ? [file.file.url] : []));
}

test("the files of a split model are put in order by name, addresses are not", async () => {
  const named = (name: string): Blob => Object.assign(new Blob(["x"]), { name });
  const files = await resolveModel([named("m-00002-of-00002.gguf"), named("m-00001-of-00002.gguf")], NOWHERE);
  assert.deepEqual(
    files.map((file) => file.type === "local" && "name" in file.file && file.file.name),
    ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"],
  );
  assert.deepEqual(await urls(["https://host/b", new URL("https://host/a")]), ["https://host/b", "https://host/a"]);
  await assert.rejects(resolveModel([], NOWHERE), HearthError);
});

test("the first part of a split model stands for all", async () => {
  const parts = await urls("https://host/m-00001-of-00003.gguf?download=true");
  assert.deepEqual(
    parts,
    [1, 2, 3].map((n) => `https://host/m-0000${n}-of-00003.gguf?download=true`),
  );
  assert.equal(modelName("https://host/m-00001-of-00003.gguf?download=true"), "m");
});

test("files of a hub, with and without a revision, from a mirror too", async () => {
  assert.deepEqual(await urls("hf:owner/repo/folder/a+b.gguf"), ["https://huggingface.co/owner/repo/resolve/main/folder/a%2Bb.gguf"]);
  const mirror = { hub: { endpoint: "https://mirror.example", token: "secret" }, catalogue: undefined };
  const [file] = await resolveModel("hf:owner/repo@v1/file.gguf", mirror);
  assert.deepEqual(file, {
    type: "server",
    file: { url: "https://mirror.example/owner/repo/resolve/v1/file.gguf", headers: { Authorization: "Bearer secret" } },
  });
  await assert.rejects(resolveModel("hf:file.gguf", NOWHERE), HearthError);
});

test("models of a catalogue by their ids", async () => {
  const catalogue = { models: [{ id: "small", files: [{ url: "https://host/small.gguf", sizeBytes: 5, sha256: "00" }] }] };
  const [file] = await resolveModel("small", { hub: undefined, catalogue });
  assert.deepEqual(file, { type: "server", file: catalogue.models[0]?.files[0] });
  assert.deepEqual(await urls("https://host/other.gguf", { hub: undefined, catalogue }), ["https://host/other.gguf"]);
});
