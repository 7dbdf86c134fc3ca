// The unified models and the integrations that are mapped to them, as the tests read them;
// and the program's own validator and evaluator, which take many rows in one run.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packages, program, root } from "./run.mjs";

const require = createRequire(join(packages, "x.js"));

const readJson = (...path) => JSON.parse(readFileSync(join(root, ...path), "utf8"));

// {"crm/contacts": schema, …}
export const models = Object.fromEntries(readdirSync(join(root, "models")).sort().flatMap((category) =>
  readdirSync(join(root, "models", category)).sort().map((file) =>
    [`${category}/${file.replace(/\.json$/, "")}`, readJson("models", category, file)])));

// What the program answers to the rows, one a row and in their order.
function answers(command, rows) {
  if (!rows.length) return [];
  const ran = spawnSync(program, [command, "--jsonl"],
    { input: rows.map((row) => JSON.stringify(row)).join("\n"), encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(ran.status, 0, ran.stderr);
  const lines = ran.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map((line) => line.id), rows.map((row) => row.id));
  return lines;
}

export const validated = (rows) => answers("validate", rows.map((row) => ({ format: true, ...row })));
export const evaluated = (rows) => answers("eval", rows);

// ajv with the same rules: formats count, members that it does not know are ours (x-…).
export function ajv() {
  const Ajv = require("ajv/dist/2020.js");
  const it = new Ajv({ strict: false, allErrors: true });
  require("ajv-formats")(it);
  return it;
}

// An expression stands as one text, or as a list of its lines.
export const expressionOf = (value) => (Array.isArray(value) ? value.join("\n") : value);

// Every mapping that is shipped: {vendor, document, category, resource, mapping}.
export const mappings = readdirSync(join(root, "integrations")).sort().flatMap((vendor) => {
  const document = readJson("integrations", vendor, "integration.json");
  return Object.entries(document.unified ?? {}).flatMap(([category, resources]) =>
    Object.entries(resources).map(([resource, mapping]) => ({ vendor, document, category, resource, mapping })));
});

// The part of an operation's mapping that counts: its own, or the resource's.
export function partOf(mapping, operation, part) {
  const does = mapping[operation];
  if (part === "response") return expressionOf(does.response ?? mapping.response);
  const shared = { body: ["create", "update"], query: ["list", "get"] }[part] ?? [];
  return expressionOf(does.request?.[part] ?? (shared.includes(operation) ? mapping.request?.[part] : undefined));
}

// The method that an operation names: {verb, path, …}, or nothing.
export function methodOf(document, name) {
  const [resource, method] = name.split(".");
  return document.resources?.[resource]?.methods?.[method];
}

// What --jsonl of eval takes for a record of the vendor, and for a part of a request.
export const responseRow = (id, mapping, { operation = "list", request, response, record }) =>
  ({ id, expr: partOf(mapping, operation, "response"), input: record, bindings: { request: request ?? {}, ...(response ? { response } : {}) } });
export const requestRow = (id, mapping, { operation, request, current }, part) =>
  ({ id, expr: partOf(mapping, operation, part), input: request, bindings: { request, ...(current ? { current } : {}) } });
