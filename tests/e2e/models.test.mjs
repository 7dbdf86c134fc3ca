// The unified models: each is a good schema that keeps the conventions of docs/models.md, and
// the example records are judged as they say, by the program and by ajv.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ajv, models, validated } from "./support/models.mjs";
import { folder as temporary, root } from "./support/run.mjs";

const folder = join(root, "tests/cases/models");
const cases = readdirSync(folder).sort().flatMap((file) =>
  readFileSync(join(folder, file), "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)));
const names = Object.keys(models);

// Schemas inside of a schema, with the place of each.
function* within(schema, at = "") {
  yield [at, schema];
  for (const [word, table] of [["properties", schema.properties], ["$defs", schema.$defs], ["x-filters", schema["x-filters"]]])
    for (const [name, inner] of Object.entries(table ?? {})) yield* within(inner, `${at}/${word}/${name}`);
  if (schema.items) yield* within(schema.items, `${at}/items`);
}

test("the models are those that the product speaks of", () => {
  assert.deepEqual(names, [
    "accounting/customers", "accounting/invoices", "accounting/payments",
    "commerce/customers", "commerce/orders", "commerce/products",
    "crm/companies", "crm/contacts", "crm/deals", "crm/leads", "crm/notes", "crm/records", "crm/users",
    "hris/departments", "hris/employees", "messaging/channels", "messaging/messages",
    "ticketing/comments", "ticketing/tickets", "ticketing/users"]);
});

test("each model is a schema of draft 2020-12, for the program and for ajv", () => {
  const meta = "https://json-schema.org/draft/2020-12/schema";
  const judged = validated(names.map((id) => ({ id, schema: { $ref: meta }, instance: models[id] })));
  assert.deepEqual(judged.filter(({ valid }) => !valid), []);
  const judge = ajv();
  for (const name of names) {
    assert.equal(models[name].$schema, meta, name);
    assert.ok(judge.validateSchema(models[name]), `${name}: ${judge.errorsText()}`);
  }
});

for (const name of names)
  test(`${name} keeps the conventions`, () => {
    const model = models[name];
    const { properties } = model;
    const operations = model["x-operations"];
    assert.equal(model.$id, `urn:breakwater:model:${name.replace("/", ":")}`);
    assert.deepEqual([model.type, model.required, model.additionalProperties], ["object", ["id"], false]);
    assert.deepEqual(properties.id, { type: "string", minLength: 1, description: "The vendor's id of the record.", readOnly: true });
    for (const time of ["created_at", "updated_at"]) assert.deepEqual([properties[time].type, properties[time].readOnly], [["string", "null"], true], time);
    assert.ok(!("raw" in properties));
    for (const [at, { description, format, enum: words }] of within(model)) {
      if (!at.endsWith("/items")) assert.match(description ?? "", /^[A-Z][^.]*([.]\w[^.]*)*[.]$/, `${at}: one sentence`);
      assert.ok(!format || ["date", "date-time"].includes(format), `${at}: what a vendor has need not be a good ${format}`);
      if (words && !at.startsWith("/x-filters") && /\/(status|payment_status|fulfillment_status|type|role|priority|visibility|method|employment_type)$/.test(at))
        assert.ok(["other", "unknown"].includes(words.at(-1)), `${at}: a word for what is none of these`);
    }
    for (const [member, { type, format }] of Object.entries(properties)) {
      assert.match(member, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
      if (/_at$/.test(member)) assert.equal(format, "date-time", member);
      if (/_date$/.test(member)) assert.equal(format, "date", member);
      if (/_id$/.test(member)) assert.deepEqual(type, ["string", "null"], member);
      if (/_ids$|^(emails|phones|addresses|tags|line_items)$/.test(member)) assert.equal(type, "array", member);
    }
    assert.deepEqual(operations.slice(0, 2), ["list", "get"]);
    const writes = operations.includes("create");
    assert.equal(Boolean(model["x-create-required"]), writes);
    for (const member of model["x-create-required"] ?? []) assert.ok(properties[member] && !properties[member].readOnly, member);
    assert.equal(Object.values(properties).some((p) => !p.readOnly), writes);
    for (const [filter, schema] of Object.entries(model["x-filters"])) {
      const member = filter.replace(/_(after|before)$/, "_at");
      const listed = { email: "emails", assignee_id: "assignee_ids" }[member];
      assert.ok(properties[member] || properties[listed], `the filter ${filter} is about no member`);
      if (schema.enum && properties[member].enum) for (const word of schema.enum) assert.ok(properties[member].enum.includes(word), `${filter}: ${word}`);
    }
  });

test("what two models share under one name is the same in both", () => {
  const first = {};
  for (const name of names)
    for (const [word, schema] of Object.entries(models[name].$defs ?? {})) {
      assert.deepEqual(schema, (first[word] ??= schema), `${name}: ${word}`);
      assert.ok(JSON.stringify({ ...models[name].properties, ...models[name].$defs }).includes(`"#/$defs/${word}"`), `${name}: nobody uses ${word}`);
    }
});

test("each model has three good examples and three bad ones at least", () => {
  for (const name of names)
    for (const verdict of [true, false])
      assert.ok(cases.filter(({ model, valid }) => model === name && valid === verdict).length >= 3, `${name}, ${verdict}`);
  assert.deepEqual(cases.filter(({ model }) => !models[model]), []);
});

test("the examples are judged as they say, for the reason they give", () => {
  const judged = validated(cases.map(({ id, model, record }) => ({ id, schema: models[model], instance: record })));
  for (const [i, { id, why, valid, at }] of cases.entries()) {
    assert.equal(judged[i].valid, valid, `${id}: ${why}: ${JSON.stringify(judged[i].errors)}`);
    if (!valid) assert.ok(judged[i].errors.every(({ instance }) => instance === at), `${id}: ${why}: ${JSON.stringify(judged[i].errors)}`);
  }
});

// Where ajv-formats is looser than RFC 3339: it takes an offset without its colon.
const looser = /:\d\d(\.\d+)?[+-]\d{4}"/;

test("ajv judges the examples in the same way", () => {
  const judge = ajv();
  for (const { id, model, why, valid, record } of cases) {
    const expected = valid || looser.test(JSON.stringify(record));
    assert.equal(judge.validate(models[model], record), expected, `${id}: ${why}: ${judge.errorsText()}`);
  }
});

test("the pages of the models are as the models and mappings are", () => {
  const made = temporary();
  execFileSync(process.execPath, [join(root, "tools/write-models"), "--to", made]);
  const pages = readdirSync(made).sort();
  assert.deepEqual(readdirSync(join(root, "docs/reference/models")).sort(), pages);
  for (const page of pages) assert.equal(readFileSync(join(root, "docs/reference/models", page), "utf8"), readFileSync(join(made, page), "utf8"), "run tools/write-models");
});
