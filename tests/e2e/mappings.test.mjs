// The mappings of the shipped integrations onto the unified models (docs/models.md), by the
// program's own evaluator and validator: what holds beside the recorded pairs, which
// fixtures.test.mjs runs.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { evaluated, mappings, methodOf, models, partOf, requestRow, responseRow, validated } from "./support/models.mjs";
import { packages, root } from "./support/run.mjs";

const jsonata = createRequire(join(packages, "x.js"))("jsonata");
const operations = ["list", "get", "create", "update", "delete", "search", "fields", "create_many"];
const parts = ["path", "query", "body"];

const doneBy = (mapping) => operations.filter((operation) => mapping[operation]);

// What the request of a write reads of the caller's record: the rest is refused.
function membersWritten(mapping, operation) {
  const asked = ["path", "body"].filter((part) => partOf(mapping, operation, part))
    .map((part) => ({ id: part, expr: partOf(mapping, operation, part), explain: true }));
  return [...new Set(evaluated(asked).flatMap(({ reads }) => reads).flatMap((path) => /^body\.(\w+)/.exec(path)?.[1] ?? []))];
}

// What empties a member; for what cannot be empty, a value of its kind.
function emptied({ properties, $defs = {} }, member) {
  const { type, enum: words } = properties[member].$ref ? $defs[properties[member].$ref.split("/").pop()] : properties[member];
  if (words) return words[0];
  return type === "array" ? [] : type === "object" ? { 1: 1 } : null;
}

// The record with each of its members in turn, at whatever depth, made null or left out.
function* poorer(value) {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const other = Array.isArray(value) ? [...value] : { ...value };
    if (inner !== null) yield [`${key} is null`, Object.assign(other, { [key]: null })];
    const { [key]: left, ...rest } = value;
    if (!Array.isArray(value)) yield [`${key} is not there`, rest];
    for (const [what, less] of poorer(inner)) yield [`${key}/${what}`, Object.assign(Array.isArray(value) ? [...value] : { ...value }, { [key]: less })];
  }
}

for (const { vendor, document, category, resource, mapping } of mappings) {
  const name = `${vendor} ${category}.${resource}`;
  const model = models[`${category}/${resource}`];
  const file = join(root, "integrations", vendor, "fixtures", `${category}.${resource}.json`);
  const fixture = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;

  test(`${name} says what docs/models.md lets it say`, () => {
    assert.ok(model, "there is no such model");
    const own = ["response", "request"];
    assert.deepEqual(Object.keys(mapping).filter((member) => ![...own, ...operations].includes(member)), []);
    for (const operation of doneBy(mapping)) {
      const does = mapping[operation];
      const at = `${name} ${operation}`;
      const members = ["method", "record", "filters", "required", "request", "response", "first", "then"];
      assert.deepEqual(Object.keys(does).filter((member) => !members.includes(member)), [], at);
      assert.ok(operation === "fields" || model["x-operations"].includes(operation.replace("_many", "")), at);
      const method = methodOf(document, does.method);
      assert.ok(method, `${at}: there is no method ${does.method}`);
      if (["list", "get", "search"].includes(operation)) assert.ok(method.verb === "GET" || method.safe, `${at}: ${does.method} is not safe`);
      assert.match(does.record ?? "", /^(\/[^/]+)*$/, at);
      assert.ok(!does.filters || ["list", "search", "fields"].includes(operation), at);
      for (const filter of [...(does.filters ?? []), ...(does.required ?? [])]) assert.ok(model["x-filters"][filter], `${at}: the model has no filter ${filter}`);
      for (const filter of does.required ?? []) assert.ok(does.filters.includes(filter), at);
      for (const step of ["first", "then"]) assert.ok([undefined, "get"].includes(does[step]) && (!does[step] || mapping.get), `${at}: ${step}`);
      if (operation !== "delete") assert.ok(partOf(mapping, operation, "response"), `${at}: no response`);
      if (["create", "update", "create_many"].includes(operation)) assert.ok(partOf(mapping, operation, "body"), `${at}: no body`);
      if (operation === "create_many") assert.ok(method.items && mapping.create, `${at}: nothing says what became of each`);
    }
  });

  test(`${name} reads the filters that it says it takes, and no others`, () => {
    for (const operation of ["list", "search", "fields"].filter((it) => mapping[it])) {
      const told = parts.map((part) => partOf(mapping, operation, part) ?? "").join("\n");
      const read = [...new Set([...told.matchAll(/\bfilters\.(\w+)/g)].map((m) => m[1]))].sort();
      assert.deepEqual(read, [...(mapping[operation].filters ?? [])].sort(), operation);
    }
  });

  test(`${name} fills the names in its methods' paths`, () => {
    const context = Object.keys(document.docs.context ?? {}); // of the account
    const fixed = Object.keys(document.path_values ?? {});
    for (const operation of doneBy(mapping)) {
      const { path } = methodOf(document, mapping[operation].method);
      const names = [...path.matchAll(/\{(\w+)\*?\}/g)].map((m) => m[1]);
      const given = partOf(mapping, operation, "path");
      const wanted = names.filter((it) => !context.includes(it) && !fixed.includes(it));
      for (const it of wanted) assert.ok(given ? given.includes(`'${it}'`) : it === "id", `${operation}: nothing fills {${it}} of ${path}`);
    }
  });

  test(`${name} makes no good record of nothing`, () => {
    assert.ok(fixture, `there is no ${file}`);
    const nothing = doneBy(mapping).filter((operation) => operation !== "delete");
    const made = evaluated(nothing.map((operation) => responseRow(operation, mapping, { operation, record: {} })));
    const judged = validated(made.map(({ id, result }) => ({ id, schema: model, instance: result ?? null })));
    for (const { id, valid } of judged) assert.equal(valid, false, id);
  });

  // Without what its id is made of there is no record; without anything else there is.
  test(`${name} makes good records whatever is missing in the vendor's`, () => {
    const rows = fixture.records.filter(({ record }) => record).flatMap((row, i) =>
      [...poorer(row.record)].map(([what, record]) => responseRow(`${i}: ${what}`, mapping, { ...row, record })));
    const made = evaluated(rows);
    assert.deepEqual(made.filter(({ error }) => error), []);
    const judged = validated(made.map(({ id, result }) => ({ id, schema: model, instance: result ?? null })));
    for (const [i, { id, valid, errors }] of judged.entries())
      assert.ok(valid || made[i].undefined || !made[i].result.id, `${id}: ${JSON.stringify(errors)}`);
    const good = judged.filter(({ valid }) => valid).length;
    assert.ok(good > judged.length / 2, `${good} of ${judged.length}`);
  });

  test(`${name} says the same to jsonata-js`, async () => {
    for (const [i, row] of fixture.records.entries()) {
      const { expr, input, bindings } = responseRow(i, mapping, row);
      const result = await jsonata(expr).evaluate(input, bindings);
      assert.deepEqual(JSON.parse(JSON.stringify(result ?? null)), row.model, row.why);
    }
  });

  const writes = ["create", "update"].filter((operation) => mapping[operation]);
  if (writes.length)
    test(`${name} writes members that the model lets be written, a new record's among them`, () => {
      assert.ok((fixture.requests ?? []).some(({ operation }) => writes.includes(operation)));
      for (const operation of writes) {
        const members = membersWritten(mapping, operation);
        for (const member of members) assert.ok(model.properties[member] && !model.properties[member].readOnly, `${operation}: ${member}`);
        if (operation === "create") for (const member of model["x-create-required"]) assert.ok(members.includes(member), member);
      }
    });

  if (mapping.update)
    test(`${name} never passes over a member that an update empties`, () => {
      const members = membersWritten(mapping, "update").filter((member) => !model.properties[member]["x-create-only"]);
      const rows = [{}, ...members.map((member) => ({ [member]: emptied(model, member) }))];
      const made = evaluated(rows.map((body, id) => requestRow(id, mapping, { operation: "update", request: { id: "a/b#1:2", body }, current: {} }, "body")));
      for (const [i, member] of members.entries()) {
        const { error, result } = made[i + 1];
        // It goes to the vendor, or the mapping says in its own words ($error) why it does not.
        assert.equal(error?.code ?? "D3137", "D3137", `${member}: ${error?.message}`);
        if (!error) assert.notDeepEqual(result, made[0].result, member);
      }
    });
}
