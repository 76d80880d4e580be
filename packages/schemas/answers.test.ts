// What models with random weights answer under some hundred JSON schemas, validated by ajv: one test for each schema.
//
// `hearth-conformance schemas` gives the answers; HEARTH_CONFORMANCE_BIN names the program.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

/** The least number of schemas: so that answers that are missing are seen. */
const LEAST = 400;

/** One line of the program. */
interface Answer {
  readonly kind: string;
  readonly schema: object | boolean;
  readonly model: string;
  readonly output: string;
  /** `stop` where the answer is complete. */
  readonly reason: string | null;
  readonly error: string | null;
}

function answers(): Answer[] {
  const program = process.env["HEARTH_CONFORMANCE_BIN"];
  if (program === undefined) {
    return [];
  }
  const run = spawnSync(program, ["schemas"], { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Answer);
}

/**
 * Strict, but for three rules of style that the specification does not have: keywords without a type, types in lists, and
 * required properties without a schema. Unknown formats and keywords are annotations.
 */
function validator(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    validateFormats: true,
    allErrors: true,
    // 0.3 is a multiple of 0.1, but not in binary.
    multipleOfPrecision: 9,
    unicodeRegExp: true,
  });
  formats.default(ajv);
  // Names that the specification does not know.
  for (const name of ["password"]) {
    ajv.addFormat(name, true);
  }
  for (const keyword of ["components"]) {
    ajv.addKeyword(keyword);
  }
  return ajv;
}

const all = answers();

test("there are answers under schemas of every kind", { skip: all.length === 0 ? "no models" : false }, () => {
  assert.ok(all.length >= LEAST, `${all.length} answers`);
});

for (const [index, answer] of all.entries()) {
  test(`${index}: ${answer.kind}`, () => {
    const context = `${answer.model}: ${JSON.stringify(answer.schema)}\n${answer.output}`;
    assert.equal(answer.error, null, context);
    assert.equal(answer.reason, "stop", context);
    const value: unknown = JSON.parse(answer.output);
    const ajv = validator();
    const validate = ajv.compile(answer.schema);
    assert.ok(validate(value), `${ajv.errorsText(validate.errors)}\n${context}`);
  });
}
