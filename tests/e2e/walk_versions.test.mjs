// A walk stays on the version of the integration that it began with, whatever is put
// meanwhile, over a restart too; and its credentials go only where the version in use
// allows it.
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { folderOf, localized } from "./support/documents.mjs";
import { breakwater, folder, root, simulator, stopAll } from "./support/run.mjs";

let bw, sim, key, home, integrations, acme;

const mapped = (title) => `{ 'id': $string(id), 'job_title': '${title}' }`;

// Each title is a version: its mapping tells it, and its pages have sizes of their own.
function version(title, size, changes = {}) {
  const document = localized("hubspot", `${sim.url}/hubspot`, { auth: "bearer", ...changes });
  document.pagination = { ...document.pagination, size: { ...document.pagination.size, default: size, max: size + 10 } };
  for (const one of [document.unified.crm.contacts, document.unified.crm.contacts.list]) one.response = mapped(title);
  return document;
}

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  integrations = folderOf(version("first", 40));
  home = folder();
  cpSync(join(root, "integrations/hubspot/fixtures"), join(integrations, "hubspot/fixtures"), { recursive: true });
  bw = await breakwater({ integrations, data: home });
  acme = await bw.account("hubspot", { external_id: "acme", credentials: { token: "pat-acme" } });
  key = await bw.callKey();
});
after(stopAll);

async function ask(path, query = {}, headers = {}) {
  const answer = await fetch(`${bw.url}/${path}?${new URLSearchParams(query)}`, { headers: { authorization: `Bearer ${key}`, ...headers } });
  const text = await answer.text();
  return { status: answer.status, value: answer.headers.get("content-type").includes("ndjson") ? text.trimEnd().split("\n").map((line) => JSON.parse(line)) : JSON.parse(text) };
}

// A page of the version with this title, which is put unless it is in use.
async function begin(title, size) {
  await bw.put(version(title, size));
  return page();
}

async function page(query = {}) {
  const { status, value } = await ask("unified/crm/contacts", { account: "acme", limit: 30, ...query });
  assert.equal(status, 200, JSON.stringify(value));
  return value;
}

async function refused(status, code, query) {
  const answer = await ask("unified/crm/contacts", { account: "acme", ...query });
  assert.deepEqual([answer.status, answer.value.code], [status, code], JSON.stringify(answer.value));
  return answer.value;
}

const titles = (records) => [...new Set(records.map(({ job_title }) => job_title))];

// The rest of a list from a cursor on.
async function rest(cursor) {
  const records = [];
  while (cursor) {
    const { data, next_cursor } = await page({ cursor });
    records.push(...data);
    cursor = next_cursor;
  }
  return records;
}

test("a walk goes on with its mapping and its pages while others have the new ones", async () => {
  const first = await begin("first", 40);
  assert.deepEqual(titles(first.data), ["first"]);
  await bw.put(version("second", 25));
  const fresh = await page();
  assert.deepEqual(titles(fresh.data), ["second"]);
  const second = await page({ cursor: first.next_cursor });
  await bw.put(version("third", 50));
  const records = [...first.data, ...second.data, ...await rest(second.next_cursor)];
  assert.deepEqual(titles(records), ["first"]);
  assert.equal(records.length, 250);
  assert.equal(new Set(records.map(({ id }) => id)).size, 250);
  assert.deepEqual(titles([...fresh.data, ...await rest(fresh.next_cursor)]), ["second"]);
  const lines = (await ask("unified/crm/contacts", { account: "acme", all: true, cursor: first.next_cursor })).value;
  assert.deepEqual(titles(lines.filter(({ data }) => data).map(({ data }) => data)), ["first"]);
  assert.equal(lines.at(-1).end.records, 220);
});

test("it does so after a kill", async () => {
  const { next_cursor: cursor, data } = await begin("third", 50);
  await bw.put(version("fourth", 35));
  await bw.stop("SIGKILL");
  bw = await breakwater({ integrations, data: home });
  const records = [...data, ...await rest(cursor)];
  assert.deepEqual([titles(records), records.length], [["third"], 250]);
  assert.deepEqual(titles((await page()).data), ["fourth"]);
});

test("many walks that need a version at the same time get it", async () => {
  const { next_cursor: cursor } = await begin("fourth", 35);
  await bw.put(version("fifth", 45));
  await bw.stop("SIGKILL");
  bw = await breakwater({ integrations, data: home });
  const pages = await Promise.all(Array.from({ length: 12 }, () => page({ cursor })));
  assert.deepEqual(pages.map(({ data }) => titles(data).join()), Array(12).fill("fourth"));
});

test("a caller who leaves while his version is read does no harm", async () => {
  const { next_cursor: cursor } = await begin("fifth", 45);
  await bw.put(version("sixth", 30));
  await bw.stop("SIGKILL");
  bw = await breakwater({ integrations, data: home });
  const leavers = Array.from({ length: 10 }, (_, i) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), i);
    return fetch(`${bw.url}/unified/crm/contacts?${new URLSearchParams({ account: "acme", cursor })}`,
      { headers: { authorization: `Bearer ${key}` }, signal: controller.signal }).catch(() => undefined);
  });
  await Promise.all(leavers);
  assert.deepEqual(titles((await page({ cursor })).data), ["fifth"]);
});

test("what was brought back, or is gone from the document, is walked on as it was begun", async () => {
  const { next_cursor: cursor } = await begin("sixth", 30);
  const bare = version("none", 60);
  delete bare.unified.crm.contacts;
  delete bare.events;
  const { revision } = await bw.put(bare);
  await refused(501, "operation_unsupported");
  assert.deepEqual(titles(await rest(cursor)), ["sixth"]);
  await bw.api("POST", `integrations/hubspot/versions/${revision - 1}/activate`);
  const again = await page();
  await bw.put(version("seventh", 60));
  assert.deepEqual(titles([...again.data, ...await rest(again.next_cursor)]), ["sixth"]);
});

test("an account's override goes with it, and one that changes the pages ends the walk", async () => {
  const before = await begin("seventh", 60);
  await bw.put(version("eighth", 55));
  await bw.api("PUT", `accounts/${acme.id}/override`, { unified: { crm: { contacts: { list: { response: "{ 'custom_fields': { 'own': 'acme' } }" } } } } });
  const on = await page({ cursor: before.next_cursor });
  assert.deepEqual([on.data[0].job_title, on.data[0].custom_fields], ["seventh", { own: "acme" }]);
  // a setting of an override that changes the pages changes them for walks as well
  await bw.api("PUT", `accounts/${acme.id}/override`, { pagination: { size: { max: 61 } } });
  await refused(410, "cursor_stale", { cursor: on.next_cursor });
  await bw.api("DELETE", `accounts/${acme.id}/override`);
  assert.deepEqual(titles((await page({ cursor: on.next_cursor })).data), ["seventh"]);
});

test("a cursor of a version that its override does not fit is stale, with the reason", async () => {
  const bare = version("ninth", 40);
  delete bare.unified.crm.contacts.search;
  await bw.put(bare);
  const { next_cursor: cursor } = await page();
  await bw.put(version("tenth", 30));
  await bw.api("PUT", `accounts/${acme.id}/override`, { unified: { crm: { contacts: { search: { response: "{ 'job_title': 'x' }" } } } } });
  const problem = await refused(410, "cursor_stale", { cursor });
  assert.match(problem.detail, /Revision \d+ of "hubspot", with which the list was begun, cannot be had any more: .*override/i);
  await bw.api("DELETE", `accounts/${acme.id}/override`);
  assert.deepEqual(titles((await page({ cursor })).data), ["ninth"]);
});

test("a walk's credential goes to no host that was taken out since", async () => {
  const { next_cursor: cursor } = await begin("tenth", 30);
  const other = sim.anotherHost();
  await bw.put({ ...version("moved", 30), hosts: [other], base_url: `${other}/hubspot` });
  const count = async () => (await sim.requests("/hubspot/crm/v3/objects/contacts")).length;
  const asked = await count();
  const problem = await refused(403, "host_forbidden", { cursor });
  assert.match(problem.detail, /any more/);
  assert.equal(await count(), asked, "nothing was sent");
  assert.deepEqual(titles((await page()).data), ["moved"]);
  await bw.put({ ...version("both", 30), hosts: [other, sim.url] });
  assert.deepEqual(titles((await page({ cursor })).data), ["tenth"]);
});

test("a proxied list that is asked for by POST is walked on in the same way, after a kill too", async () => {
  const search = async (headers = {}) => {
    const answer = await fetch(`${bw.proxy("acme")}/crm/v3/objects/contacts/search`, { method: "POST", body: JSON.stringify({ filterGroups: [] }),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "x-breakwater-pages": "one", "x-breakwater-page-limit": "15", ...headers } });
    return answer.json();
  };
  const first = await search();
  const document = version("searched", 30);
  document.resources.contacts.methods.search.pagination.size.max = 20;
  await bw.put({ ...document, hosts: [sim.anotherHost(), sim.url] });
  await bw.stop("SIGKILL");
  bw = await breakwater({ integrations, data: home });
  const ids = first.data.map(({ id }) => id);
  for (let { next_cursor: cursor } = first; cursor;) {
    const page = await search({ "x-breakwater-cursor": cursor });
    ids.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  assert.deepEqual([ids.length, new Set(ids).size], [40, 40]);
});

test("a proxied list is walked on in the same way", async () => {
  const path = "proxy/acme/crm/v3/objects/contacts";
  const wish = (headers = {}) => ask(path, { properties: "email" }, { "x-breakwater-pages": "one", "x-breakwater-page-limit": "30", ...headers });
  const ids = [];
  let { value } = await wish();
  await bw.put(version("after", 10));
  for (;;) {
    ids.push(...value.data.map(({ id }) => id));
    if (!value.next_cursor) break;
    ({ value } = await wish({ "x-breakwater-cursor": value.next_cursor }));
  }
  assert.deepEqual([ids.length, new Set(ids).size], [250, 250]);
});
