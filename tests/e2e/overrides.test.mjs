// What environments and accounts have in their own way: one line adds a custom field, a
// setting changes for one account, and what does not fit is refused or held back by name.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { folderOf, localized, quickRetries } from "./support/documents.mjs";
import { adminKey, breakwater, folder, program, root, simulator, stopAll, until } from "./support/run.mjs";

let bw, sim, key, home, integrations, north, south, acme, umbrella, globex;

const objects = "/hubspot/crm/v3/objects/contacts";
const response = (expression) => ({ unified: { crm: { contacts: { response: expression } } } });
const oneLine = response("{ 'custom_fields': { 'tier': properties.customer_tier } }");
const account = (it) => `accounts/${it.id}/override`;
const environment = (it) => `environments/${it.id}/overrides/hubspot`;
const put = (owner, override) => bw.api("PUT", owner, override);
const remove = (owner) => bw.api("DELETE", owner);

const document = () => localized("hubspot", `${sim.url}/hubspot`,
  { auth: "bearer", resilience: { retry: { server: { ...quickRetries, retries: 3 }, timeout: quickRetries, network: quickRetries },
    breaker: { failures: 1000 }, account_breaker: { failures: 1000 } } });

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  integrations = folderOf(document());
  cpSync(join(root, "integrations/hubspot/fixtures"), join(integrations, "hubspot/fixtures"), { recursive: true });
  home = folder();
  bw = await breakwater({ integrations, data: home });
  north = await bw.tenant("north");
  south = await bw.tenant("south");
  const connect = (external_id, environment) => bw.account("hubspot", { external_id, environment, credentials: { token: "pat" } });
  acme = await connect("acme", north);
  umbrella = await connect("umbrella", north);
  globex = await connect("globex", south);
  key = await bw.callKey();
});
after(stopAll);

async function unified(account, path = "crm/contacts/7", options = {}) {
  const answer = await fetch(`${bw.url}/unified/${path}?account=${account}`, { headers: { authorization: `Bearer ${key}` }, ...options });
  return { status: answer.status, value: JSON.parse(await answer.text()) };
}

async function record(account) {
  const { status, value } = await unified(account);
  assert.equal(status, 200, JSON.stringify(value));
  return value.data;
}

async function refused(code, pointer, says, owner, override) {
  await assert.rejects(put(owner, override), ({ status, problem }) => {
    assert.equal(status, 422);
    assert.equal(problem.code, code);
    assert.equal(problem.faults[0].pointer, pointer);
    assert.match(problem.faults[0].text, says);
    return true;
  });
}

const cli = (...args) => promisify(execFile)(program, args, { env: { ...process.env, BREAKWATER_URL: bw.url, BREAKWATER_KEY: adminKey } });

test("one line adds a custom field, for one account only", async () => {
  const plain = await record("umbrella");
  const { revision, unchanged } = await put(account(acme), response("{ 'custom_fields': { 'tier': properties.email } }"));
  assert.deepEqual([revision, unchanged], [1, false]);
  const own = await record("acme");
  assert.equal(own.custom_fields.tier, "person7@acme.test");
  assert.deepEqual(await record("umbrella"), plain);
  assert.deepEqual(await record("globex"), plain);
  const list = await unified("acme", "crm/contacts");
  assert.ok(list.value.data.every(({ custom_fields, emails }) => custom_fields.tier === emails[0].email));
  await remove(account(acme));
  assert.deepEqual(await record("acme"), plain);
});

test("an environment's is that of its accounts, and an account's own lies over it", async () => {
  await put(environment(north), response("{ 'job_title': 'of north', 'custom_fields': { 'from': 'north', 'of': 'north' } }"));
  await put(account(acme), response("{ 'custom_fields': { 'from': 'acme' } }"));
  const of = async (name) => (({ job_title, custom_fields }) => ({ job_title, custom_fields }))(await record(name));
  const mine = await of("acme");
  assert.equal(mine.job_title, "of north");
  assert.deepEqual([mine.custom_fields.from, mine.custom_fields.of], ["acme", "north"]);
  assert.equal((await of("umbrella")).custom_fields.from, "north");
  assert.notEqual((await of("globex")).job_title, "of north");
  await remove(account(acme));
  assert.equal((await of("acme")).custom_fields.from, "north");
  await remove(environment(north));
  assert.notEqual((await of("acme")).job_title, "of north");
});

test("a setting changes for one account only", async () => {
  const tries = async (name) => {
    await sim.inject(objects, { status: 503 });
    const before = (await sim.requests(objects)).length;
    const asks = { headers: { authorization: `Bearer ${key}`, "cache-control": "no-cache" } };
    assert.ok((await unified(name, undefined, asks)).status >= 500);
    await sim.clear();
    return (await sim.requests(objects)).length - before;
  };
  await put(account(acme), { resilience: { retry: { server: { retries: 0 } } } });
  assert.equal(await tries("acme"), 1);
  assert.equal(await tries("umbrella"), 4);
  const proxied = await fetch(`${bw.proxy(acme)}/crm/v3/objects/contacts/7`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(proxied.status, 200);
  await remove(account(acme));
});

test("what an override writes goes to the vendor, and is not refused as unread", async () => {
  const create = { method: "POST", body: JSON.stringify({ last_name: "Lovelace", custom_fields: { tier: "gold" } }) };
  await put(account(acme), { unified: { crm: { contacts: { request: { body: "{ 'properties': { 'customer_tier': body.custom_fields.tier } }" } } } } });
  const { status } = await unified("acme", "crm/contacts", create);
  assert.ok(status < 300);
  const [sent] = (await sim.requests(objects)).filter(({ method }) => method === "POST").slice(-1);
  const { properties } = JSON.parse(sent.body);
  assert.equal(properties.customer_tier, "gold");
  assert.equal(properties.lastname, "Lovelace");
  await remove(account(acme));
});

test("what belongs to the platform is refused by name, and what stood stays", async () => {
  await put(account(acme), response("{ 'job_title': 'kept' }"));
  const refuse = (...args) => refused("override_invalid", ...args);
  await refuse("/hosts", /belongs to the platform/, account(acme), { hosts: ["evil.test"] });
  await refuse("/base_url", /belongs to the platform/, account(acme), { base_url: "https://evil.test" });
  await refuse("/auth", /belongs to the platform/, environment(north), { auth: "bearer" });
  await refuse("/webhooks", /belongs to the platform/, account(acme), { webhooks: null });
  await refuse("/rate_limit", /belongs to the platform, and cannot be overridden/, account(acme), { rate_limit: { default_wait: "1s" } });
  await refuse("/errors", /belongs to the platform, and cannot be overridden/, account(acme), { errors: { message: ["/m"] } });
  await refuse("/resources/contacts/methods/upsert/items", /belongs to the platform, and cannot be overridden/, account(acme), { resources: { contacts: { methods: { upsert: { items: { at: "" } } } } } });
  await refuse("/headers/Authorization", /credentials/, account(acme), { headers: { Authorization: "Bearer x" } });
  await refuse("/resilience/retry/server/retries", /more than the platform's 3/, account(acme), { resilience: { retry: { server: { retries: 4 } } } });
  await refuse("/resilience/timeouts/total", /more than the platform's 60 s/, account(acme), { resilience: { timeouts: { total: "61s" } } });
  await refuse("/unified/crm/contacts/response", /no JSONata expression/, account(acme), response("{ 'a': "));
  await refuse("/unified/crm/cats", /is not in the document/, account(acme), { unified: { crm: { cats: { response: "{}" } } } });
  await refuse("/unified/crm/contacts", /sample 1 .*D1012/s, account(acme), response("($f := function($n) { $f($n + 1) }; $f(1))"));
  await refuse("/unified/crm/contacts", /not_of_the_model/, account(acme), response("{ 'not_of_the_model': 1 }"));
  await refuse("", /larger than 65536 bytes/, account(acme), { "x-note": "x".repeat(900_000) });
  await assert.rejects(put(account(acme), { "x-note": "x".repeat(1 << 20) }), ({ problem }) => problem.code === "body_too_large");
  await refuse("/__proto__", /no member of an override/, account(acme), JSON.parse('{"__proto__":{"hosts":["evil.test"]}}'));
  assert.equal((await record("acme")).job_title, "kept");
  assert.equal({}.hosts, undefined);
  const checked = await bw.api("PUT", `${account(acme)}?dry_run=true`, response("{ 'job_title': 'only checked' }"));
  assert.equal(checked.revision, null);
  assert.equal((await record("acme")).job_title, "kept");
  await remove(account(acme));
});

test("a fault at run time is told with its tier, and no other account has it", async () => {
  // samples are taken as they should be: only a record that none of them is like shows it
  await put(account(acme), response("{ 'job_title': properties.email = 'person7@acme.test' ? 1 + properties.email : 'fine' }"));
  const { status, value } = await unified("acme");
  assert.equal(status, 502);
  assert.equal(value.code, "mapping_failed");
  assert.match(value.detail, /in the override of the account/);
  assert.equal((await unified("umbrella")).status, 200);
  const list = await unified("acme", "crm/contacts");
  assert.equal(list.status, 200);
  assert.equal(list.value.faults.length, 1);
  await remove(account(acme));
});

test("explain tells the tier of each value and field; lint, what no sample has", async () => {
  await put(environment(north), { resilience: { timeouts: { total: "40s" } } });
  await put(account(acme), oneLine);
  const told = await bw.api("POST", `${account(acme)}/explain`, {});
  assert.deepEqual(told.values, [{ pointer: "/resilience/timeouts/total", tier: "environment", value: "40s" }]);
  assert.equal(told.expressions[0].tier, "account");
  assert.equal(told.document.resilience.timeouts.total, "40s");
  assert.ok(told.sample.fields.some(({ pointer, tier }) => pointer === "/id" && tier === "platform"));
  const asked = { category: "crm", resource: "contacts", record: { id: "1", properties: { customer_tier: "gold" } } };
  const { sample } = await bw.api("POST", `${account(acme)}/explain`, asked);
  assert.equal(sample.output.custom_fields.tier, "gold");
  assert.deepEqual(sample.fields.filter(({ tier }) => tier === "account"), [{ pointer: "/custom_fields/tier", tier: "account" }]);
  const { findings } = await bw.api("GET", `${account(acme)}/lint`);
  assert.deepEqual(findings.map(({ pointer, path }) => [pointer, path]), [["/unified/crm/contacts/response", "properties.customer_tier"]]);
  assert.match((await cli("overrides", "explain", acme.id)).stdout, /account +\/unified\/crm\/contacts\/response/);
  assert.match((await cli("overrides", "lint", acme.id)).stdout, /properties\.customer_tier/);
  assert.match((await cli("overrides", "lint", north.id, "hubspot")).stdout, /no findings/);
  await remove(account(acme));
  await remove(environment(north));
});

test("who may: a key of the stage with admin, within its reach; each change is in the audit log", async () => {
  const keys = (permissions, environments) => bw.callKey({ permissions, stage: bw.stage.id, environments });
  const reader = await keys(["read", "write"]);
  const elsewhere = await keys(["read", "admin"], [south.id]);
  const admin = await keys(["read", "admin"], [north.id]);
  await assert.rejects(bw.api("PUT", account(acme), oneLine, reader), ({ problem }) => problem.code === "key_forbidden");
  await assert.rejects(bw.api("PUT", account(acme), oneLine, elsewhere), ({ problem }) => problem.code === "account_unknown");
  await assert.rejects(bw.api("PUT", environment(north), oneLine, elsewhere), ({ problem }) => problem.code === "object_unknown");
  await bw.api("PUT", account(acme), oneLine, admin);
  assert.deepEqual((await bw.api("GET", "overrides", undefined, elsewhere)).items, []);
  const [mine] = (await bw.api("GET", "overrides", undefined, admin)).items;
  assert.deepEqual([mine.account, mine.state], [acme.id, "fits"]);
  await bw.api("DELETE", account(acme), undefined, admin);
  const lines = (await bw.api("GET", `audit?object=${acme.id}`)).items.filter(({ action }) => action.startsWith("override."));
  assert.deepEqual(lines.slice(0, 2).map(({ action }) => action), ["override.remove", "override.put"]);
  assert.equal(lines[1].detail.integration, "hubspot");
});

test("an account that is deleted takes its override with it", async () => {
  const gone = await bw.account("hubspot", { external_id: "gone", environment: north, credentials: { token: "pat" } });
  await put(account(gone), oneLine);
  await bw.api("DELETE", `accounts/${gone.id}`);
  assert.deepEqual((await bw.api("GET", "overrides")).items, []);
});

test("overrides are there after a kill, and a document that breaks one leaves its accounts on the version before", async () => {
  await put(account(acme), response("{ 'custom_fields': { 'own': 'acme' } }"));
  await put(environment(south), { unified: { crm: { contacts: { search: { filters: ["email"] } } } } });
  await bw.stop("SIGKILL");
  bw = await breakwater({ integrations, data: home });
  assert.equal((await record("acme")).custom_fields.own, "acme");

  const next = document();
  delete next.unified.crm.contacts.search;
  next.unified.crm.contacts.response = "{ 'id': $string(id), 'job_title': 'new' }";
  const { revision } = await bw.put(next);
  assert.deepEqual((({ job_title, custom_fields }) => [job_title, custom_fields.own])(await record("acme")), ["new", "acme"]);
  assert.equal((await record("umbrella")).job_title, "new");
  assert.notEqual((await record("globex")).job_title, "new");
  const broken = (await bw.api("GET", "overrides?broken=true")).items;
  assert.deepEqual(broken.map(({ environment, account, state, base_revision }) => [environment, account, state, base_revision]),
    [[south.id, null, "broken", revision - 1]]);
  assert.equal(broken[0].faults[0].pointer, "/unified/crm/contacts/search");
  await until("the line of the broken override", () => bw.log("override_broken").length === 1);
  assert.match((await cli("overrides", "list", "--broken")).stdout, /broken/);
  await bw.stop("SIGKILL");
  bw = await breakwater({ integrations, data: home });
  assert.notEqual((await record("globex")).job_title, "new");
  const file = join(folder(), "override.json");
  writeFileSync(file, JSON.stringify(response("{ 'job_title': 'mended' }")));
  await cli("overrides", "put", file, south.id, "hubspot");
  assert.equal((await record("globex")).job_title, "mended");
  assert.deepEqual((await bw.api("GET", "overrides?broken=true")).items, []);
  assert.match((await cli("overrides", "show", south.id, "hubspot")).stdout, /fits/);
  assert.match((await cli("overrides", "remove", south.id, "hubspot")).stdout, /removed/);
});
