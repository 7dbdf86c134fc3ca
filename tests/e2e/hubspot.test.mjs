// HubSpot's own SDK, unmodified and set up as docs/proxy.md says: its base path and its token.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client } from "@hubspot/api-client";
import { folderOf, localized } from "./support/documents.mjs";
import { breakwater, root, simulator, stopAll } from "./support/run.mjs";

const objects = "/hubspot/crm/v3/objects";
let bw, sim, key, hubspot;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  bw = await breakwater({ integrations: folderOf(localized("hubspot", `${sim.url}/hubspot`, { auth: "bearer" })) });
  await bw.account("hubspot", { external_id: "acme", credentials: { token: "pat-acme" } });
  key = await bw.callKey();
  hubspot = clientFor(key);
});
after(stopAll);

const clientFor = (accessToken, more = {}) => new Client({ basePath: bw.proxy("acme"), accessToken, ...more });
const failure = (promise) => promise.then(() => assert.fail("it did not fail"), (error) => error);

// What was asked of the vendor below a path: each with its credential, none with our key.
async function heard(path) {
  const requests = await sim.requests(`${objects}/${path}`);
  for (const request of requests) {
    assert.equal(request.headers.authorization, "Bearer pat-acme");
    assert.ok(!JSON.stringify(request).includes(key));
  }
  return requests;
}

test("a record is read as the SDK's own object", async () => {
  const contact = await hubspot.crm.contacts.basicApi.getById("7", ["email", "firstname"]);
  assert.equal(contact.id, "7");
  assert.equal(contact.properties.email, "person7@acme.test");
  assert.ok(contact.createdAt instanceof Date);
  const [asked] = await heard("contacts/7");
  assert.match(asked.target, /properties=email/);
});

test("a list is gathered to its end by the SDK", async () => {
  const companies = await hubspot.crm.companies.getAll(100);
  assert.equal(companies.length, 250);
  assert.equal(new Set(companies.map(({ id }) => id)).size, 250);
  assert.equal((await heard("companies")).length, 3);
});

test("the links of a page lead through the proxy", async () => {
  const page = await hubspot.crm.deals.basicApi.getPage(2);
  assert.deepEqual([page.results.length, page.paging.next.after], [2, "2"]);
  assert.ok(page.paging.next.link.startsWith(`${bw.proxy("acme")}/crm/v3/objects/deals?`), page.paging.next.link);
  const next = await fetch(page.paging.next.link, { headers: { authorization: `Bearer ${key}` } });
  assert.deepEqual((await next.json()).results.map(({ id }) => id), ["3", "4"]);
  await heard("deals");
});

test("a search goes with the body that the SDK wrote, page by page", async () => {
  const asked = { limit: 15, properties: ["email"], sorts: ["createdate"],
    filterGroups: [{ filters: [{ propertyName: "email", operator: "CONTAINS_TOKEN", value: "acme" }] }] };
  const found = [];
  let after;
  do {
    const page = await hubspot.crm.contacts.searchApi.doSearch({ ...asked, after });
    assert.equal(page.total, 40);
    found.push(...page.results.map(({ id }) => id));
    after = page.paging?.next?.after;
  } while (after);
  assert.equal(new Set(found).size, 40);
  const bodies = (await heard("contacts/search")).map(({ body }) => JSON.parse(body));
  assert.deepEqual(bodies, [asked, { ...asked, after: "15" }, { ...asked, after: "30" }]);
});

test("records are created, changed and archived", async () => {
  const { basicApi } = hubspot.crm.tickets;
  const made = await basicApi.create({ properties: { subject: "Ünïcode ✓" }, associations: [] });
  assert.equal(made.properties.subject, "Ünïcode ✓");
  const changed = await basicApi.update(made.id, { properties: { subject: "closed" } });
  assert.deepEqual([changed.id, changed.properties.subject], [made.id, "closed"]);
  assert.equal(await basicApi.archive(made.id), undefined);
  assert.deepEqual((await heard("tickets")).map(({ method, status }) => [method, status]), [["POST", 201], ["PATCH", 200], ["DELETE", 204]]);
});

test("a record of ids that have to be escaped is asked for by the id that was meant", async () => {
  await hubspot.crm.contacts.basicApi.getById("a b/c?d");
  const [asked] = (await heard("contacts/a")).slice(-1);
  assert.match(asked.target, /contacts\/a%20b%2Fc%3Fd/);
});

test("what the vendor says no to surfaces as the SDK's exception with the vendor's words", async () => {
  const missing = await failure(hubspot.crm.contacts.basicApi.getById("missing"));
  assert.equal(missing.code, 404);
  assert.equal(missing.body.category, "OBJECT_NOT_FOUND");
  assert.match(missing.body.message, /^Object not found/);
  assert.equal(missing.headers["x-breakwater-attempts"], "1");
  const invalid = await failure(hubspot.crm.contacts.basicApi.create({ properties: { email: "invalid" }, associations: [] }));
  assert.deepEqual([invalid.code, invalid.body.category], [400, "VALIDATION_ERROR"]);
  assert.match(invalid.body.correlationId, /^[0-9a-f-]{36}$/);
});

test("a key that is not ours surfaces as an exception, and the vendor hears nothing of it", async () => {
  const refused = await failure(clientFor("bw_" + "x".repeat(40)).crm.contacts.basicApi.getById("stranger"));
  assert.equal(refused.code, 401);
  assert.equal(refused.body.code, "key_unknown");
  assert.equal((await sim.requests(`${objects}/contacts/stranger`)).length, 0);
});

const secondly = { status: 429, body: { status: "error", message: "You have reached your secondly limit.",
  errorType: "RATE_LIMIT", policyName: "SECONDLY", category: "RATE_LIMITS" } };

test("a rate limit surfaces as it is, with the time to wait that the vendor put into its body", async () => {
  await sim.inject(`${objects}/contacts/limited`, secondly, { count: 1 });
  const limited = await failure(hubspot.crm.contacts.basicApi.getById("limited"));
  assert.deepEqual([limited.code, limited.body.policyName], [429, "SECONDLY"]);
  assert.match(limited.headers["retry-after"], /^[12]$/);
  assert.equal(limited.headers["x-breakwater-attempts"], "1");
});

test("the SDK's own retries see the limit they know, and get through", async () => {
  await sim.inject(`${objects}/contacts/retried`, secondly, { count: 1 });
  const contact = await clientFor(key, { numberOfApiCallRetries: 3 }).crm.contacts.basicApi.getById("retried");
  assert.equal(contact.id, "retried");
  assert.deepEqual((await heard("contacts/retried")).map(({ status }) => status), [429, 200]);
});

test("a request that the SDK has no name for goes the same way", async () => {
  const response = await hubspot.apiRequest({ method: "GET", path: "/crm/v3/objects/contacts/55" });
  assert.equal((await response.json()).id, "55");
  await heard("contacts/55");
});
