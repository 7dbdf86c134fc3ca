// jsforce, unmodified and set up as docs/proxy.md says: the proxy as its instance.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import jsforce from "jsforce";
import { folderOf, localized } from "./support/documents.mjs";
import { breakwater, root, simulator, stopAll } from "./support/run.mjs";

const data = "/salesforce/services/data";
let bw, sim, key, salesforce;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  bw = await breakwater({ integrations: folderOf(localized("salesforce", `${sim.url}/salesforce`, { auth: { scheme: "bearer", accept: ["OAuth"] } })) });
  await bw.account("salesforce", { external_id: "acme", credentials: { token: "00D!acme" } });
  key = await bw.callKey();
  salesforce = connectionFor(key);
});
after(stopAll);

const connectionFor = (accessToken) => new jsforce.Connection({ instanceUrl: bw.proxy("acme"), accessToken });
const failure = (promise) => promise.then(() => assert.fail("it did not fail"), (error) => error);

// What was asked of the vendor since `before`: each with its credential, none with our key.
async function heard(path = "", before = 0) {
  const requests = (await sim.requests(data + path)).slice(before);
  for (const request of requests) {
    assert.equal(request.headers.authorization, "Bearer 00D!acme");
    assert.ok(!JSON.stringify(request).includes(key));
  }
  return requests;
}
const count = async () => (await sim.requests(data)).length;

test("a record is read", async () => {
  const account = await salesforce.sobject("Account").retrieve("001KV0000010007AAA");
  assert.deepEqual([account.Id, account.attributes.type], ["001KV0000010007AAA", "Account"]);
  await heard("/");
});

test("a query is gathered to its end by the SDK", async () => {
  const before = await count();
  const found = await salesforce.query("SELECT Id, Name FROM Account WHERE Name != 'Ünï & co'", { autoFetch: true, maxFetch: 5000 });
  assert.deepEqual([found.totalSize, found.records.length, found.done], [2341, 2341, true]);
  assert.equal(new Set(found.records.map(({ Id }) => Id)).size, 2341);
  const asked = await heard("", before);
  assert.equal(asked.length, 3);
  assert.equal(new URL(asked[0].target, sim.url).searchParams.get("q"), "SELECT Id, Name FROM Account WHERE Name != 'Ünï & co'");
});

test("a query is gone on with by its locator", async () => {
  const first = await salesforce.query("SELECT Id FROM Account");
  assert.deepEqual([first.records.length, first.done], [1000, false]);
  const second = await salesforce.queryMore(first.nextRecordsUrl);
  const third = await salesforce.queryMore(second.nextRecordsUrl);
  assert.deepEqual([third.records.length, third.done, third.nextRecordsUrl], [341, true, undefined]);
  await heard();
});

test("a query flows record by record", async () => {
  const ids = new Set();
  const query = salesforce.query("SELECT Id FROM Account").on("record", ({ Id }) => ids.add(Id));
  await query.run({ autoFetch: true, maxFetch: 5000 });
  assert.equal(ids.size, 2341);
});

test("records are created, changed, upserted and destroyed", async () => {
  const before = await count();
  const accounts = salesforce.sobject("Account");
  const made = await accounts.create({ Name: "Ünïcode ✓" });
  assert.deepEqual([made.success, made.errors], [true, []]);
  assert.deepEqual(await accounts.update({ Id: made.id, Name: "Other" }), { id: made.id, success: true, errors: [] });
  const first = await accounts.upsert({ Ref__c: "r-1", Name: "Upserted" }, "Ref__c");
  assert.equal(first.success, true);
  assert.deepEqual(await accounts.destroy(made.id), { id: made.id, success: true, errors: [] });
  const asked = await heard("", before);
  assert.deepEqual(asked.map(({ method, status }) => [method, status]), [["POST", 201], ["PATCH", 204], ["PATCH", 201], ["DELETE", 204]]);
  assert.equal(JSON.parse(asked[0].body).Name, "Ünïcode ✓");
  assert.match(asked[2].target, /\/sobjects\/Account\/Ref__c\/r-1$/);
});

test("a search goes as the SDK wrote it", async () => {
  const before = await count();
  const { searchRecords } = await salesforce.search("FIND {Acme*} IN ALL FIELDS RETURNING Account(Id, Name)");
  assert.equal(searchRecords[0].attributes.type, "Account");
  const [asked] = await heard("", before);
  assert.equal(new URL(asked.target, sim.url).searchParams.get("q"), "FIND {Acme*} IN ALL FIELDS RETURNING Account(Id, Name)");
});

test("what the vendor says no to surfaces as the SDK's error with the vendor's words", async () => {
  const missing = await failure(salesforce.sobject("Account").retrieve("missing"));
  assert.deepEqual([missing.errorCode, missing.message], ["NOT_FOUND", "The requested resource does not exist"]);
  const invalid = await failure(salesforce.sobject("Account").create({ Name: "" }));
  assert.equal(invalid.errorCode, "REQUIRED_FIELD_MISSING");
  assert.match(invalid.message, /Required fields are missing: \[Name\]/);
  const locator = await failure(salesforce.queryMore("01gKV0000000Xxyz-none"));
  assert.equal(locator.errorCode, "INVALID_QUERY_LOCATOR");
});

test("a key that is not ours surfaces as an error, and the vendor hears nothing of it", async () => {
  const before = await count();
  const refused = await failure(connectionFor("bw_" + "x".repeat(40)).query("SELECT Id FROM Account"));
  assert.match(JSON.stringify([refused.message, refused.data]), /key_unknown/);
  assert.equal(await count(), before);
});

const limited = { status: 403, body: [{ message: "TotalRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" }] };

test("the vendor's 403 of a limit is a 429, which the SDK waits out by itself", async () => {
  await sim.inject(`${data}/v50.0/sobjects/Account/waited`, limited, { count: 1 });
  const account = await salesforce.sobject("Account").retrieve("waited");
  assert.equal(account.Id, "waited");
  assert.deepEqual((await heard("/v50.0/sobjects/Account/waited")).map(({ status }) => status), [403, 200]);
});

test("a limit that a write meets surfaces with the vendor's words, and is sent once", async () => {
  await sim.inject(`${data}/v50.0/sobjects/Lead`, limited, { count: 1 });
  const failed = await failure(salesforce.sobject("Lead").create({ Name: "x" }));
  assert.deepEqual([failed.errorCode, failed.message], ["REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."]);
  assert.equal((await heard("/v50.0/sobjects/Lead")).length, 1);
});
