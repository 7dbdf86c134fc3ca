// The unified API with a simulated HubSpot of true shapes: one shape, one cursor, one error.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { folderOf, localized } from "./support/documents.mjs";
import { breakwater, root, simulator, stopAll, until } from "./support/run.mjs";

let bw, sim, key, account;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  bw = await breakwater({ integrations: folderOf(localized("hubspot", `${sim.url}/hubspot`, { auth: "bearer" })) });
  account = await bw.account("hubspot", { external_id: "acme", credentials: { token: "pat-acme" } });
  key = await bw.callKey();
});
after(stopAll);

const objects = "/hubspot/crm/v3/objects/contacts";

async function unified(path, query = {}, options = {}) {
  const { body, method, headers, ...rest } = options;
  const search = new URLSearchParams({ account: "acme", ...query });
  const response = await fetch(`${bw.url}/unified/${path}?${search}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: { authorization: `Bearer ${key}`, ...headers },
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    ...rest,
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  const value = type.includes("ndjson") ? text.trimEnd().split("\n").map((line) => JSON.parse(line))
    : text ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, value };
}

async function good(...args) {
  const answer = await unified(...args);
  assert.ok(answer.status < 300, answer.text);
  return answer.value;
}

async function refused(status, code, ...args) {
  const answer = await unified(...args);
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.value.code, code, answer.text);
  return answer.value;
}

test("a list comes in pages of one shape, and its cursor leads to its end", async () => {
  const ids = [];
  let cursor, pages = 0;
  do {
    const page = await good("crm/contacts", { limit: 60, ...(cursor && { cursor }) });
    ids.push(...page.data.map(({ id }) => id));
    assert.deepEqual(page.faults, []);
    cursor = page.next_cursor;
    pages++;
  } while (cursor);
  assert.equal(pages, 5);
  assert.equal(new Set(ids).size, 250);
  assert.equal(ids.length, 250);
});

test("more records than the vendor gives at once are met with several of its pages", async () => {
  const before = (await sim.requests(objects)).length;
  const page = await good("crm/contacts", { limit: 150 });
  assert.equal(page.data.length, 150);
  const seen = (await sim.requests(objects)).slice(before);
  assert.equal(seen.length, 2, "two whole pages of 75");
  assert.ok(seen.every(({ headers }) => headers.authorization === "Bearer pat-acme"));
});

test("a record has the model's members; the vendor's own stands beside it on request", async () => {
  const { data, original } = await good("crm/contacts/7", { original: true });
  assert.equal(data.id, "7");
  assert.equal(data.emails[0].email, "person7@acme.test");
  assert.equal(original.properties.email, "person7@acme.test");
  const page = await good("crm/contacts", { limit: 2, original: true, fields: "id,last_name" });
  assert.deepEqual(page.data.map(Object.keys), [["id", "last_name"], ["id", "last_name"]]);
  assert.deepEqual(page.originals.map(({ id }) => id), page.data.map(({ id }) => id));
});

test("a filter that the list does not have goes by the vendor's search", async () => {
  const page = await good("crm/contacts", { limit: 5, email: "person3@acme.test" });
  assert.equal(page.data.length, 5);
  assert.equal(page.total, 40);
  const [asked] = (await sim.requests(`${objects}/search`)).slice(-1);
  const body = JSON.parse(asked.body);
  assert.deepEqual(body.filterGroups[0].filters, [{ propertyName: "email", operator: "EQ", value: "person3@acme.test" }]);
  assert.equal(body.limit, 5);
  const next = await good("crm/contacts", { limit: 5, email: "person3@acme.test", cursor: page.next_cursor });
  assert.equal(next.data[0].id, "6");
});

test("a whole list flows line by line, with progress, and can be gone on with where it was left", async () => {
  const lines = await good("crm/contacts", { all: true });
  assert.equal(lines.filter(({ data }) => data).length, 250);
  assert.deepEqual(lines.at(-1), { end: { records: 250, faults: 0, pages: 3 } });
  const progress = lines.filter((line) => line.progress).map((line) => line.progress);
  assert.deepEqual(progress.map(({ records, pages }) => [records, pages]), [[100, 1], [200, 2], [250, 3]]);
  assert.equal(progress[2].next_cursor, null);
  const rest = await good("crm/contacts", { all: true, cursor: progress[1].next_cursor });
  assert.deepEqual(rest.filter(({ data }) => data).map(({ data }) => data.id), lines.filter(({ data }) => data).slice(200).map(({ data }) => data.id));
});

test("a caller who leaves a list ends it", async () => {
  await sim.inject(objects, { delay: "300ms" });
  const before = (await sim.requests(objects)).length;
  const leaving = new AbortController();
  const response = await fetch(`${bw.url}/unified/crm/contacts?account=acme&all=true`, { headers: { authorization: `Bearer ${key}` }, signal: leaving.signal });
  await response.body.getReader().read();
  leaving.abort();
  await until("the log line", () => bw.log("call").some((line) => line.caller_gone));
  assert.ok((await sim.requests(objects)).length - before < 3);
  await sim.clear();
});

test("a record is written in the vendor's shape, and comes back in ours", async () => {
  const answer = await unified("crm/contacts", {}, { body: { first_name: "Ada", last_name: "Lovelace", emails: [{ email: "ada@acme.test", type: "work" }] } });
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.value.data.last_name, "Lovelace");
  const lastWrite = async (path) => JSON.parse((await sim.requests(path)).filter(({ method }) => method !== "GET").at(-1).body);
  const { properties } = await lastWrite(objects);
  assert.deepEqual([properties.firstname, properties.lastname, properties.email], ["Ada", "Lovelace", "ada@acme.test"]);
  const changed = await good(`crm/contacts/${answer.value.data.id}`, {}, { method: "PATCH", body: { job_title: "Countess" } });
  assert.equal(changed.data.job_title, "Countess");
  assert.deepEqual(await lastWrite(`${objects}/${answer.value.data.id}`), { properties: { jobtitle: "Countess" } }, "a change is what was given and nothing else");
  assert.equal((await unified(`crm/contacts/${answer.value.data.id}`, {}, { method: "DELETE" })).status, 204);
});

test("what cannot be written is refused before anything is sent", async () => {
  const before = (await sim.writes(objects)).length;
  const rows = [
    [{ last_name: "x", shoe_size: 42 }, /shoe_size/],
    [{ last_name: "x", created_at: "2025-01-01T00:00:00Z" }, /created_at/],
    [{ first_name: "x" }, /last_name/],
    [{ last_name: 7 }, /last_name/],
    ["7", /JSON object/],
    ["[]", /1 to 100 records/],
    ["{", /JSON object/],
    ["", /JSON object/],
  ];
  for (const [body, words] of rows)
    assert.match((await refused(422, "record_invalid", "crm/contacts", {}, { body, method: "POST" })).detail, words);
  await refused(413, "body_too_large", "crm/contacts", {}, { body: `{"last_name":"${"x".repeat(1.2e6)}"}` });
  assert.equal((await sim.writes(objects)).length, before);
});

test("what the vendor says no to is one error, with its own words", async () => {
  const missing = await refused(404, "vendor_error", "crm/contacts/missing");
  assert.equal(missing.vendor.status, 404);
  assert.match(missing.vendor.message, /Object not found/);
  const invalid = await refused(400, "vendor_error", "crm/contacts", {}, { body: { last_name: "x", emails: [{ email: "invalid", type: "work" }] } });
  assert.match(invalid.vendor.message, /not valid/);
});

test("what nobody knows is refused by name", async () => {
  const rows = [
    [404, "model_unknown", "crm/unicorns", {}, /unicorns/],
    [404, "model_unknown", "zoo/contacts", {}, /zoo/],
    [501, "operation_unsupported", "ticketing/tickets", {}, /no mapping for ticketing\/tickets/],
    [400, "query_invalid", "crm/contacts", { shoe_size: "42" }, /shoe_size/],
    [400, "query_invalid", "crm/contacts", { limit: "0" }, /1 to 1000/],
    [400, "query_invalid", "crm/contacts", { limit: "1001" }, /1 to 1000/],
    [400, "query_invalid", "crm/contacts", { all: "yes" }, /true or false/],
    [400, "query_invalid", "crm/contacts", { fields: "id,wings" }, /wings/],
    [400, "query_invalid", "crm/contacts", { updated_after: "yesterday" }, /updated_after/],
    [400, "query_invalid", "crm/contacts", { faults: "ignore" }, /report or fail/],
    [400, "query_invalid", "crm/contacts/7", { limit: "3" }, /limit/],
    [404, "route_unknown", "crm/contacts/7/notes", {}, /\/ID/],
    [404, "route_unknown", "crm", {}, /CATEGORY/],
    [404, "account_unknown", "crm/contacts", { account: "nobody" }, /./],
    [400, "query_invalid", "crm/contacts", { account: "" }, /account/],
  ];
  for (const [status, code, path, query, words] of rows) {
    const problem = await refused(status, code, path, query);
    assert.match(problem.detail ?? problem.title, words);
  }
  const users = await refused(501, "operation_unsupported", "crm/users", {}, { body: {} });
  assert.match(users.detail, /has no create for users; it has: list/);
  const answer = await unified("crm/contacts", {}, { method: "DELETE" });
  assert.equal(answer.value.code, "method_not_allowed");
});

test("what fields the vendor has for a resource can be asked, its customer's own among them", async () => {
  const page = await good("crm/contacts/~fields");
  assert.deepEqual(page.data.map(({ id, type, custom }) => [id, type, custom]), [["email", "text", false], ["loyalty_tier", "choice", true]]);
  assert.deepEqual(page.data[1].options, [{ value: "gold", label: "Gold" }]);
  assert.equal(page.next_cursor, null);
  assert.deepEqual((await good("crm/contacts/~fields", { fields: "id" })).data[0], { id: "email" });
  assert.match((await refused(501, "operation_unsupported", "crm/users/~fields")).detail, /has no fields for users/);
  await refused(400, "query_invalid", "crm/contacts/~fields", { email: "a@acme.test" });
  await refused(405, "method_not_allowed", "crm/contacts/~fields", {}, { body: {} });
});

test("a cursor is good for its own list only", async () => {
  const other = await bw.account("hubspot", { external_id: "other", credentials: { token: "pat-other" } });
  const { next_cursor: cursor } = await good("crm/contacts", { limit: 10 });
  await refused(400, "cursor_invalid", "crm/contacts", { cursor, account: "other" });
  await refused(400, "cursor_invalid", "crm/companies", { cursor });
  await refused(400, "cursor_invalid", "crm/contacts", { cursor, email: "a@acme.test" });
  await refused(400, "cursor_invalid", "crm/contacts", { cursor: cursor.slice(0, -4) });
  await refused(400, "cursor_invalid", "crm/contacts", { cursor: `${cursor.slice(0, 30)}${cursor[30] === "A" ? "B" : "A"}${cursor.slice(31)}` });
  await refused(400, "cursor_invalid", "crm/contacts", { cursor: "nonsense" });
  assert.equal((await good("crm/contacts", { cursor, limit: 3, original: true })).data[0].id, "11", "another limit is no other list");
  assert.ok(other.id);
});

test("a key of another environment sees no account, and a key without \"call\" may not", async () => {
  const stranger = await bw.tenant("stranger");
  const keys = [await bw.callKey({ stage: bw.stage.id, environments: [stranger.id] }), (await bw.api("POST", "keys", { label: "reader", permissions: ["read"] })).key];
  const codes = [];
  for (const one of keys) codes.push((await unified("crm/contacts", {}, { headers: { authorization: `Bearer ${one}` } })).value.code);
  assert.deepEqual(codes, ["account_unknown", "key_forbidden"]);
});

// --- a proxied list ---------------------------------------------------------------------

async function proxied(path, headers = {}, options = {}) {
  const response = await fetch(`${bw.proxy("acme")}/${path}`, { ...options, headers: { authorization: `Bearer ${key}`, ...headers } });
  const text = await response.text();
  const flows = (response.headers.get("content-type") ?? "").includes("ndjson");
  return { status: response.status, value: flows ? text.trimEnd().split("\n").map((line) => JSON.parse(line)) : JSON.parse(text) };
}
const contacts = "crm/v3/objects/contacts?properties=email";
const [pages, limit, cursorHeader] = ["x-breakwater-pages", "x-breakwater-page-limit", "x-breakwater-cursor"];

test("a proxied list is walked by wish: the vendor's records, our cursor", async () => {
  const one = (await proxied(contacts, { [pages]: "one", [limit]: "150" })).value;
  assert.equal(one.data.length, 150);
  assert.equal(one.data[0].properties.email, "person1@acme.test");
  const rest = (await proxied(contacts, { [pages]: "one", [limit]: "150", [cursorHeader]: one.next_cursor })).value;
  assert.equal(rest.data.length, 100);
  assert.equal(rest.next_cursor, null);
  const lines = (await proxied(contacts, { [pages]: "all" })).value;
  assert.equal(lines.filter(({ data }) => data).length, 250);
  assert.ok((await sim.requests(objects)).slice(-3).every((request) => /properties=email/.test(JSON.stringify(request))));
});

test("a list that is asked for by POST is walked with its body", async () => {
  const body = JSON.stringify({ filterGroups: [{ filters: [{ propertyName: "email", operator: "EQ", value: "x@acme.test" }] }] });
  const search = (headers) => proxied("crm/v3/objects/contacts/search", { [pages]: "one", [limit]: "30", "content-type": "application/json", ...headers }, { method: "POST", body });
  const first = (await search()).value;
  assert.deepEqual([first.data.length, first.total], [30, 40]);
  assert.equal((await search({ [cursorHeader]: first.next_cursor })).value.data.length, 10);
  const other = await proxied("crm/v3/objects/contacts/search", { [pages]: "one", [cursorHeader]: first.next_cursor }, { method: "POST", body: "{}" });
  assert.equal(other.value.code, "cursor_invalid");
});

test("what is no list, or of whose pages nothing is known, is not walked", async () => {
  const write = await proxied("crm/v3/objects/contacts", { [pages]: "one" }, { method: "POST", body: "{}" });
  assert.equal(write.value.code, "header_invalid");
  assert.equal((await proxied(contacts, { [pages]: "some" })).value.code, "header_invalid");
  assert.equal((await proxied("crm/v3/objects/contacts/search", { [pages]: "one" }, { method: "POST", body: "{" })).value.code, "body_invalid");
  assert.equal((await proxied("crm/v3/objects/contacts/7", { [pages]: "one" })).value.code, "page_invalid");
  const { pagination, unified: mappings, events, ...bare } = localized("hubspot", `${sim.url}/hubspot`, { auth: "bearer", name: "bare" });
  await bw.put(bare);
  await bw.account("bare", { external_id: "bare", credentials: { token: "pat" } });
  const response = await fetch(`${bw.proxy("bare")}/${contacts}`, { headers: { authorization: `Bearer ${key}`, [pages]: "one" } });
  assert.deepEqual([response.status, (await response.json()).code], [501, "pages_unknown"]);
});

// --- mappings that do not fit -----------------------------------------------------------

async function hubspotWith(name, contactsMapping) {
  const document = localized("hubspot", `${sim.url}/hubspot`, { auth: "bearer", name });
  Object.assign(document.unified.crm.contacts, contactsMapping);
  await bw.put(document);
  await bw.account(name, { external_id: name, credentials: { token: "pat" } });
  return { account: name };
}

test("a record that cannot be mapped is reported, and its page is not lost; by wish it is", async () => {
  const account = await hubspotWith("faulty", { response: "id = '3' ? $error('no contact') : id = '4' ? { 'id': 4 } : { 'id': id }" });
  const page = await good("crm/contacts", { ...account, limit: 10 });
  assert.equal(page.data.length, 8);
  assert.deepEqual(page.faults.map(({ part, code, original }) => [part, code, original.id]), [["response", "D3137", "3"], ["model", "model", "4"]]);
  assert.match(page.faults[1].message, /`\/id` must be a string/);
  const problem = await refused(502, "mapping_failed", "crm/contacts", { ...account, faults: "fail" });
  assert.match(problem.detail, /no contact/);
  await refused(502, "mapping_failed", "crm/contacts/3", account);
  const lines = await good("crm/contacts", { ...account, all: true });
  assert.equal(lines.filter(({ fault }) => fault).length, 2);
  assert.deepEqual(lines.at(-1).end, { records: 250, faults: 2, pages: 3 });
});

test("a mapping without an end is ended", async () => {
  const account = await hubspotWith("endless", { response: "( $f := function($n) { $f($n + 1) }; $f(1) )" });
  const page = await good("crm/contacts", { ...account, limit: 2 });
  assert.deepEqual(page.faults.map(({ code }) => code), ["D1012", "D1012"]);
});

test("a list that breaks off in the middle says so in its last line, with where it stood", async () => {
  await sim.inject(objects, { delay: "500ms" });
  const response = await fetch(`${bw.url}/unified/crm/contacts?account=acme&all=true`, { headers: { authorization: `Bearer ${key}` } });
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    if (!text) await sim.inject(objects, { status: 404, body: "gone" }); // the second page is on its way
    text += piece;
  }
  await sim.clear();
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const { problem } = lines.at(-1);
  assert.equal(problem.code, "vendor_error");
  const rest = await good("crm/contacts", { all: true, cursor: problem.next_cursor });
  assert.equal(problem.records + rest.at(-1).end.records, 250);
});

test("the log has one line a call, with the attempts and times of all its vendor requests", async () => {
  const { headers } = await unified("crm/contacts", { limit: 150 });
  const line = await until("the line", () => bw.log("call").find(({ request_id: id }) => id === headers.get("x-request-id")));
  assert.deepEqual([line.status, line.attempts, line.method, line.resource, line.class], [200, 2, "list", "contacts", "ok"]);
});
