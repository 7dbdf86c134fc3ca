// Records of any kind, by the name of their kind: listed, addressed, written; and that such
// a name stays in its place, whatever it is.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { folderOf, localized } from "./support/documents.mjs";
import { breakwater, root, simulator, stopAll } from "./support/run.mjs";

let bw, sim, key;

const vendors = ["airtable", "hubspot", "notion", "salesforce"];

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  bw = await breakwater({ integrations: folderOf(...vendors.map((vendor) => localized(vendor, `${sim.url}/${vendor}`, { auth: "bearer" }))) });
  for (const vendor of vendors) await bw.account(vendor, { external_id: vendor, credentials: { token: "secret" } });
  key = await bw.callKey();
});
after(stopAll);

async function ask(vendor, path, { query = {}, body, method } = {}) {
  const answer = await fetch(`${bw.url}/unified/crm/records${path}?${new URLSearchParams({ account: vendor, ...query })}`, {
    method: method ?? (body ? "POST" : "GET"),
    headers: { authorization: `Bearer ${key}` },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, value: text ? JSON.parse(text) : undefined };
}

async function good(...args) {
  const { status, value } = await ask(...args);
  assert.ok(status < 300, JSON.stringify(value));
  return value;
}

const last = async (vendor) => (await sim.requests(`/${vendor}/`)).at(-1);
const count = async (vendor) => (await sim.requests(`/${vendor}/`)).length;

test("a record is listed, got, changed and ended by the id that its list tells", async () => {
  const { data: [first] } = await good("salesforce", "", { query: { object: "Invoice__c", custom_fields: "Amount__c", limit: 3 } });
  assert.deepEqual([first.id, first.object, first.custom_fields.Amount__c], ["Invoice__c/a01KV0000010001AAA", "Invoice__c", 1200.5]);
  assert.match(decodeURIComponent((await last("salesforce")).target).replaceAll("+", " "), /q=SELECT FIELDS\(STANDARD\), Amount__c FROM Invoice__c$/);
  const id = `/${encodeURIComponent(first.id)}`;
  assert.equal((await good("salesforce", id)).data.id, first.id);
  assert.equal((await good("salesforce", id, { method: "PATCH", body: { name: "INV-1" } })).data.id, first.id);
  assert.equal((await ask("salesforce", id, { method: "DELETE" })).status, 204);
  assert.equal((await last("salesforce")).target, "/salesforce/services/data/v62.0/sobjects/Invoice__c/a01KV0000010001AAA");
});

test("what is made has its kind in its id, and is made there", async () => {
  const { data } = await good("hubspot", "", { body: { object: "2-3465404", custom_fields: { amount: "7" } } });
  assert.match(data.id, /^2-3465404\/\d+$/);
  assert.deepEqual([data.object, data.custom_fields], ["2-3465404", { amount: "7" }]);
  const got = (await good("hubspot", `/${encodeURIComponent(data.id)}`, { query: { custom_fields: "amount" } })).data;
  assert.equal(got.id, data.id);
  assert.match((await last("hubspot")).target, /\/crm\/v3\/objects\/2-3465404\/\d+\?properties=amount$/);
  assert.equal((await ask("hubspot", "", { body: { custom_fields: {} } })).value.code, "record_invalid", "without a kind");
  assert.equal((await ask("hubspot", `/${encodeURIComponent(data.id)}`, { method: "PATCH", body: { object: "contacts" } })).value.code, "record_invalid", "a kind does not change");
});

test("a list without a kind is refused, and so is a kind where there is none", async () => {
  for (const vendor of vendors) {
    const { status, value } = await ask(vendor, "");
    assert.deepEqual([status, value.code], [400, "query_invalid"]);
    assert.match(value.detail, /no list without "object"/);
  }
  assert.match((await ask("salesforce", "/~fields")).value.detail, /no list without "object"/);
  assert.equal((await ask("salesforce", `/${encodeURIComponent("Invoice__c/a1")}`, { query: { object: "Invoice__c" } })).value.code, "query_invalid");
  assert.equal((await ask("salesforce", "", { query: { object: "" } })).value.code, "query_invalid");
  assert.equal((await ask("salesforce", "", { query: { object: "x".repeat(201) } })).value.code, "query_invalid");
});

test("the fields of a kind are told", async () => {
  const { data } = await good("salesforce", "/~fields", { query: { object: "Invoice__c" } });
  assert.deepEqual(data.map(({ id, custom }) => [id, custom]), [["Name", false], ["Status__c", true]]);
  assert.equal((await last("salesforce")).target, "/salesforce/services/data/v62.0/sobjects/Invoice__c/describe");
  assert.ok((await good("hubspot", "/~fields", { query: { object: "p_invoice" } })).data.length);
  assert.equal((await last("hubspot")).target, "/hubspot/crm/v3/properties/p_invoice");
});

// What could leave its place in a path, a query or a query language.
const kinds = ["..", ".", "../limits", "..%2f..%2flimits", "%2e%2e", "a/../b", "Contact/describe", "a\\b", "Contact?x=1", "Contact#x", "Contact\n", "Contact\0",
  "Contact WHERE Name LIKE '%'", "Contact'", "\"Contact\"", "(SELECT Id FROM User)", "Contact, User", "Contact; DELETE", "{id}", "Contáct", "😀", "__proto__ x"];
const misfits = { hubspot: kinds, notion: [...kinds, "Contact"], salesforce: [...kinds, "2Contact", "_Contact", "Contact--"] };

for (const [vendor, names] of Object.entries(misfits))
  test(`${vendor}: no kind leaves its place`, async () => {
    const before = await count(vendor);
    for (const object of names) {
      const answers = [
        await ask(vendor, "", { query: { object } }),
        await ask(vendor, "", { query: { object, updated_after: "2025-01-01T00:00:00Z" } }),
        await ask(vendor, "", { body: { object, custom_fields: {} } }),
        ...(vendor === "notion" ? [] : [await ask(vendor, "/~fields", { query: { object } })]),
      ];
      for (const { status, value } of answers) {
        assert.equal(status, 422, `${JSON.stringify(object)}: ${JSON.stringify(value)}`);
        assert.equal(value.code, "record_invalid");
        assert.match(value.detail, /"object" must be/);
      }
    }
    assert.equal(await count(vendor), before, "nothing was sent");
  });

for (const vendor of ["airtable", "hubspot", "notion", "salesforce"])
  test(`${vendor}: no id leaves its place`, async () => {
    const before = await count(vendor);
    const ids = ["../..", "Contact/..", "Contact/../../limits", "Contact/a?b", "Contact/a#b", "Contact/a\n", "Contact/", "/a", "Contact/a/describe",
      "Contact'/a", "app1/..", "app1/tbl1/..", "app1/../rec1", "app1/./rec1", "../tbl1/rec1", "meta/bases/rec1"];
    for (const id of ids)
      for (const [method, body] of [["GET"], ["PATCH", { custom_fields: { a: 1 } }], ["DELETE"]]) {
        const { status, value } = await ask(vendor, `/${encodeURIComponent(id)}`, { method, body });
        assert.ok([400, 403, 404, 422].includes(status), `${method} ${JSON.stringify(id)}: ${status} ${JSON.stringify(value)}`);
        assert.ok(["record_invalid", "path_forbidden", "route_unknown"].includes(value.code), `${method} ${id}: ${JSON.stringify(value)}`);
      }
    assert.equal(await count(vendor), before, "nothing was sent");
  });

test("airtable: a table's name may be anything, and stays one segment", async () => {
  const bad = await ask("airtable", "", { query: { object: "app1/.." } });
  assert.deepEqual([bad.status, bad.value.code], [403, "path_forbidden"]);
  for (const object of ["app1", "meta/bases", "../v0/app1/t", "app1'/t", "app1/"]) assert.equal((await ask("airtable", "", { query: { object } })).value.code, "record_invalid", object);
  const before = await count("airtable");
  for (const [name, want] of [["In/Out", "In%2FOut"], ["a?b#c", "a%3Fb%23c"], ["../x", "..%2Fx"], ["%2e%2e", "%252e%252e"], ["it's \"x\"", "it%27s%20%22x%22"]]) {
    const { value } = await ask("airtable", "", { query: { object: `app1/${name}` } });
    if (value.code === "path_forbidden") continue;
    assert.equal(value.code, "vendor_error", JSON.stringify(value));
    const target = (await sim.requests()).at(-1).target;
    assert.equal(target.split("?")[0], `/airtable/v0/app1/${want}`);
  }
  assert.equal(before, 0);
});

test("a field that is asked for cannot leave its place", async () => {
  await good("salesforce", "", { query: { object: "Invoice__c", custom_fields: "Total__c,Id FROM User--,(SELECT Id FROM Contacts),a'__c,b__c\n" } });
  assert.match(decodeURIComponent((await last("salesforce")).target).replaceAll("+", " "), /q=SELECT FIELDS\(STANDARD\), Total__c FROM Invoice__c$/);
});
