#!/usr/bin/env node
// schema.mjs RUNNER [COUNT [SEED]]: random schemas and instances through ajv and through
// build/VARIANT/differential/schema_runner; prints what differs and is not known.
//
// Known, where the specification decides against ajv:
//  - unevaluatedItems: ajv takes every item as evaluated where `contains` stands beside,
//    and not only those that fit (2020-12 core §11.2).
//  - unevaluated… beside branches of which some fail: ajv keeps marks of those (§11.3).
//  - `contains` on [] when it is reached in a loop: ajv keeps the answer of the item before.
//  - the name "" in `required`, which ajv does not look for: no schema here has it.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { makeInstance, makeRandom, makeSchemas, mutate } from "./schema_make.mjs";

const [runner, count = "3000", seed = "1", packages = "tests/e2e"] = process.argv.slice(2);
const require = createRequire(`${process.cwd()}/${packages}/package.json`);
const Ajv = { "2020-12": require("ajv/dist/2020.js"), 7: require("ajv") };
const INSTANCES = 24;

const r = makeRandom(seed);
const rows = [];
for (let i = 0; i < Number(count); i++) {
  const draft = r.chance(0.6) ? "2020-12" : "7";
  const made = makeSchemas(r, draft);
  const schema = made.root();
  const instances = [];
  for (let k = 0; k < INSTANCES; k++) {
    const near = makeInstance(r, schema, schema, 5, made.value);
    instances.push(near ?? null, mutate(r, near ?? null, made.value) ?? null);
  }
  rows.push({ schema, draft, formats: false, instances });
}

const { stdout, status, stderr } = spawnSync(runner, {
  input: rows.map((row) => JSON.stringify(row)).join("\n") + "\n", encoding: "utf8", maxBuffer: 1 << 28, timeout: 600000,
});
if (status !== 0) throw new Error(`the runner ended with ${status}: ${stderr.slice(0, 2000)}`);
const answers = stdout.trimEnd().split("\n");

const isKnown = (schema, instance) => {
  const text = JSON.stringify(schema);
  return /"unevaluated/.test(text) || (/"contains"/.test(text) && /\[\]/.test(JSON.stringify(instance)));
};
const total = { schemas: 0, instances: 0, valid: 0, known: 0, differ: 0, refused: 0, broken: 0 };
for (const [i, row] of rows.entries()) {
  let validate;
  try {
    validate = new Ajv[row.draft].default({ strict: false, validateFormats: false, logger: false }).compile(row.schema);
  } catch (error) {
    total.refused++;
    if (!answers[i].startsWith("error"))
      console.log(`only ajv refuses ${JSON.stringify(row.schema)}: ${error.message.slice(0, 200)}`);
    continue;
  }
  total.schemas++;
  if (answers[i].startsWith("error") || answers[i].length !== row.instances.length) {
    total.differ++;
    console.log(`${answers[i]}: ${JSON.stringify(row.schema)}`);
    continue;
  }
  for (const [k, instance] of row.instances.entries()) {
    let theirs;
    try {
      theirs = validate(instance) ? "1" : "0";
    } catch {
      total.broken++; // its code for unevaluatedProperties ends in an exception
      continue;
    }
    total.instances++;
    total.valid += theirs === "1";
    if (answers[i][k] === theirs) continue;
    if (answers[i][k] !== "x" && isKnown(row.schema, instance)) {
      total.known++;
      if (!process.env.SHOW_KNOWN) continue;
    } else {
      total.differ++;
    }
    console.log(`${row.draft} ours ${answers[i][k]} theirs ${theirs}\n  ${JSON.stringify(row.schema)}\n  ${JSON.stringify(instance)}`);
  }
}
console.log(Object.entries(total).map(([k, v]) => `${v} ${k}`).join(", "));
process.exitCode = total.differ ? 1 : 0;
