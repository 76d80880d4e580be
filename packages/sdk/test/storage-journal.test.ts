import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { encodeRecord, type JournalRecord, parseJournal } from "../src/storage/journal.js";
import { Ledger } from "../src/storage/ledger.js";

const FILE: JournalRecord = { type: "file", version: 1, name: "model.gguf", chunkBytes: 10, origin: "download" };
const RECORDS: readonly JournalRecord[] = [
  FILE,
  { type: "url", url: "https://example.org/model.gguf" },
  { type: "remote", sizeBytes: 25, etag: '"1"' },
  { type: "chunk", index: 2, sha256: "c".repeat(64) },
  { type: "chunk", index: 0, sha256: "a".repeat(64) },
];
const BYTES = Buffer.concat(RECORDS.map(encodeRecord));

/** A line by the format's description. */
function line(json: string): Buffer {
  return Buffer.from(`${createHash("sha256").update(json).digest("hex").slice(0, 8)} ${json}\n`);
}

test("a record is a line with the beginning of its SHA-256", () => {
  assert.deepEqual(Buffer.from(encodeRecord(FILE)), line(JSON.stringify(FILE)));
});

test("a journal that was torn anywhere keeps the records before that", () => {
  for (let length = 0; length <= BYTES.length; length++) {
    const { records, validBytes } = parseJournal(BYTES.subarray(0, length));
    const whole = BYTES.subarray(0, length).lastIndexOf("\n") + 1;
    assert.equal(validBytes, whole);
    assert.deepEqual(records, RECORDS.slice(0, records.length));
    assert.equal(Buffer.concat(records.map(encodeRecord)).length, whole);
  }
});

test("a bit that flipped ends the journal there", () => {
  for (let at = 0; at < BYTES.length; at++) {
    const flipped = Buffer.from(BYTES);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
    const { records, validBytes } = parseJournal(flipped);
    assert.ok(validBytes <= at, `byte ${at}`);
    assert.deepEqual(records, RECORDS.slice(0, records.length));
  }
});

test("records that are not known, or lack something, end the journal", () => {
  for (const json of ['{"type":"later"}', '{"type":"chunk","index":-1,"sha256":""}', '{"type":"chunk","index":1}', "7", "null", "{"]) {
    assert.deepEqual(parseJournal(Buffer.concat([encodeRecord(FILE), line(json), encodeRecord(FILE)])).records, [FILE], json);
  }
});

test("a ledger counts what chunks hold, the last one too", () => {
  const ledger = Ledger.of(RECORDS);
  assert.ok(ledger);
  assert.equal(ledger.chunkCount, 3);
  assert.equal(ledger.verifiedBytes, 10 + 5);
  assert.deepEqual(ledger.urls, ["https://example.org/model.gguf"]);
});

test("another size takes the last chunk with it, and no other", () => {
  const ledger = Ledger.of([...RECORDS, { type: "remote", sizeBytes: 26, etag: '"1"' }]);
  assert.deepEqual([...(ledger?.chunks.keys() ?? [])], [0]);
});

test("another file takes all chunks with it, and what its SHA-256 had to be", () => {
  const ledger = Ledger.of([...RECORDS, { type: "expected", sha256: "e".repeat(64) }, { type: "restarted" }]);
  assert.equal(ledger?.chunks.size, 0);
  assert.equal(ledger?.expected, undefined);
});

test("a journal of another version, or without a beginning, is left alone", () => {
  assert.equal(Ledger.of([]), undefined);
  assert.equal(Ledger.of(RECORDS.slice(1)), undefined);
  assert.equal(Ledger.of([{ ...FILE, version: 2 }]), undefined);
});
