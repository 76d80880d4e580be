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

test("files of a hub, from a mirror, with what it knows of them", async (context) => {
  const asked: string[] = [];
  const sha256 = "ab".repeat(32);
  context.mock.method(globalThis, "fetch", (url: string, { headers, body }: { headers: { Authorization?: string }; body: string }) => {
    asked.push(`${url} ${headers.Authorization ?? ""} ${body}`);
    return Promise.resolve(Response.json([{ type: "file", path: "folder/a+b.gguf", size: 7, lfs: { oid: sha256, size: 7 } }]));
  });
  const hub = { endpoint: "https://mirror.example", token: "secret" };
  const [file] = await resolveModel("hf:owner/repo@v1/folder/a+b.gguf", { hub, catalogue: undefined });
  const headers = { Authorization: "Bearer secret" };
  const url = "https://mirror.example/owner/repo/resolve/v1/folder/a%2Bb.gguf";
  assert.deepEqual(file, { type: "server", file: { url, sizeBytes: 7, sha256, headers } });
  assert.deepEqual(asked, ['https://mirror.example/api/models/owner/repo/paths-info/v1 Bearer secret {"paths":["folder/a+b.gguf"]}']);
  context.mock.method(globalThis, "fetch", () => Promise.reject(new Error("offline")));
  assert.deepEqual(await urls("hf:owner/repo/file.gguf"), ["https://huggingface.co/owner/repo/resolve/main/file.gguf"]);
  await assert.rejects(resolveModel("hf:file.gguf", NOWHERE), HearthError);
});

test("models of a catalogue by their ids", async () => {
  const catalogue = { models: [{ id: "small", files: [{ url: "https://host/small.gguf", sizeBytes: 5, sha256: "00" }] }] };
  const [file] = await resolveModel("small", { hub: undefined, catalogue });
  assert.deepEqual(file, { type: "server", file: catalogue.models[0]?.files[0] });
  assert.deepEqual(await urls("https://host/other.gguf", { hub: undefined, catalogue }), ["https://host/other.gguf"]);
});
