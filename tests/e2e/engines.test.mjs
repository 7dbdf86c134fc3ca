// The engines beside their originals: random expressions, the same in every run.
import assert from "node:assert/strict";
import { join } from "node:path";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { compare, engine, makeRows, misread, reference } from "../differential/jsonata.mjs";
import { program, root } from "./support/run.mjs";

test("random JSONata expressions give what jsonata-js gives", async () => {
  const refer = await reference(join(root, "tests/e2e"));
  const ours = engine(program);
  const differences = [];
  const counts = await compare({ ask: ours.ask, refer, rows: makeRows(4000, 20261122),
    found: async (row, a, b, reason) => { if (!reason) differences.push({ ...row, ours: a, reference: b }); } });
  assert.ok(!ours.ended);
  ours.close();
  assert.deepEqual(differences.map((d) => JSON.stringify(d)), []);
  assert.ok(counts.same > 3900 && counts.results > 1000, JSON.stringify(counts));
});

test("an expression reads nothing of its input but what it is said to read", async () => {
  const ours = engine(program);
  const wrong = [];
  for (const row of makeRows(2000, 20261123)) {
    const difference = await misread(row, ours.ask);
    if (difference) wrong.push(JSON.stringify(difference));
  }
  assert.ok(!ours.ended);
  ours.close();
  assert.deepEqual(wrong, []);
});

// The scripts print what differs, and end with 1 when something does that is not known.
const run = promisify(execFile);
const runner = (name) => join(program, "..", "differential", name);

test("random schemas and instances are judged as ajv judges them", async () => {
  const { stdout } = await run(process.execPath, ["tests/differential/schema.mjs", runner("schema_runner"), "300", "20261122"], { cwd: root });
  const [schemas, instances] = stdout.match(/\d+/g).map(Number);
  assert.ok(schemas > 250 && instances > 10000, stdout);
});

test("random regular expressions find what JavaScript's find", async () => {
  const { stdout } = await run(process.execPath, ["tests/differential/regex.mjs", runner("regex_runner"), "5000", "20261122"], { cwd: root });
  assert.match(stdout, /^5000 patterns, 0 differ/m);
});
