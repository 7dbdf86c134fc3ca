// The JSON-Schema-Test-Suite through the command line: what the program says of every case.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { program, root } from "./support/run.mjs";

const suite = join(root, "tests/cases/json-schema");
const rows = (file) => readFileSync(join(suite, file), "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
const left = new Set(rows("skip.jsonl").map((row) => row.id));
const cases = rows("cases.jsonl").filter((row) => !left.has(row.id));

test("validate --jsonl answers every case of the suite, in order, as expected", () => {
  // Content is asserted as formats are.
  const orders = cases.map(({ id, schema, instance, draft, format }) => ({ id, schema, instance, draft, format }));
  const ran = spawnSync(program, ["validate", "--jsonl", "--schemas", join(suite, "remotes")],
    { input: orders.map((order) => JSON.stringify(order)).join("\n"), encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(ran.status, 0, ran.stderr);
  const answers = ran.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(answers.map((answer) => answer.id), cases.map((row) => row.id));
  const wrong = cases.filter((row, i) => answers[i].valid !== row.expect.valid).map((row) => row.id);
  assert.deepEqual(wrong, []);
  for (const { id, valid, errors } of answers) {
    assert.equal(errors.length === 0, valid, id);
    for (const { instance, keyword, sentence } of errors) assert.ok([instance, keyword, sentence].every((text) => typeof text === "string"), id);
  }
});
