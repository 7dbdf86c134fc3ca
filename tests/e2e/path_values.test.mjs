// Names in methods' paths that a document itself gives (`path_values`), with a simulated
// Salesforce: unified calls need nothing of the account's context for its API's version.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { folderOf, localized, shipped } from "./support/documents.mjs";
import { breakwater, root, simulator, stopAll } from "./support/run.mjs";

const { version } = shipped("salesforce").path_values;
let bw, sim, key;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  bw = await breakwater({ integrations: folderOf(localized("salesforce", `${sim.url}/salesforce`, { auth: "bearer" })) });
  key = await bw.callKey();
});
after(stopAll);

// What a page of contacts of an account with this context asks the vendor for.
async function asked(name, context) {
  await bw.account("salesforce", { external_id: name, credentials: { token: "t-1" }, ...(context && { context }) });
  const response = await fetch(`${bw.url}/unified/crm/contacts?account=${name}&limit=5`, { headers: { authorization: `Bearer ${key}` } });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  assert.equal(answer.data.length, 5);
  assert.match(answer.data[0].id, /^003KV/);
  return (await sim.requests()).at(-1).target.split("?")[0];
}

test("the version in paths is the document's, where the account's context has none", async () => {
  assert.equal(await asked("fresh"), `/salesforce/services/data/${version}/query`);
});

test("the account's context comes before the document", async () => {
  assert.equal(await asked("older", { version: "v55.0" }), "/salesforce/services/data/v55.0/query");
});
