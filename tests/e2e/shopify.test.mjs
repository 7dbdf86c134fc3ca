// shopify-api-node against the simulator's dialect of Shopify. It takes a host and no path,
// so it comes by {account}.localhost; names are found on this machine by the agent it is given.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Shopify from "shopify-api-node";
import { folderOf, localized } from "./support/documents.mjs";
import { breakwater, root, simulator, stopAll } from "./support/run.mjs";
import { everywhereHere } from "./support/wire.mjs";

let bw, sim, key;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  bw = await breakwater({ integrations: folderOf(localized("shopify", `${sim.url}/shopify`)) });
  key = await bw.callKey();
});
after(stopAll);

async function shop(name, options = {}) {
  await bw.account("shopify", { external_id: name, credentials: { key: `shpat_${name}` } });
  const shopify = new Shopify({ shopName: name, accessToken: key, apiVersion: "2025-10", agent: { http: everywhereHere() }, ...options });
  shopify.baseUrl = { hostname: `${name}.localhost`, port: bw.port, protocol: "http:" };
  return shopify;
}
const products = (name) => `/shopify/admin/api/2025-10/products${name ?? ""}`;

test("records are read and written with the vendor's token in its own header", async () => {
  const shopify = await shop("plain");
  assert.equal((await shopify.shop.get()).name, "Acme");
  assert.equal((await shopify.product.get(7)).id, 7);
  const made = await shopify.product.create({ title: "Tea ✓" });
  assert.equal(made.title, "Tea ✓");
  const seen = await sim.requests(products());
  for (const request of seen) assert.equal(request.headers["x-shopify-access-token"], "shpat_plain");
  assert.ok(!JSON.stringify(seen).includes(key));
});

test("the vendor's count of calls reaches the client", async () => {
  const shopify = await shop("counts");
  await shopify.product.get(1);
  await shopify.product.get(1);
  assert.equal(shopify.callLimits.max, 40);
  assert.ok(shopify.callLimits.current >= 1 && shopify.callLimits.current <= 2);
});

test("pages are followed by the links of the answers", async () => {
  const shopify = await shop("pages");
  const ids = new Set();
  let params = { limit: 50 };
  do {
    const page = await shopify.product.list(params);
    page.forEach((product) => ids.add(product.id));
    params = page.nextPageParameters;
  } while (params);
  assert.equal(ids.size, 120);
  const seen = (await sim.requests(products(".json"))).filter((r) => r.method === "GET");
  assert.equal(seen.length, 3);
});

test("a 404 and a 422 are the vendor's, body untouched", async () => {
  const shopify = await shop("refused");
  const missing = await shopify.product.get(404).catch((error) => error);
  assert.equal(missing.response.statusCode, 404);
  assert.deepEqual(missing.response.body, { errors: "Not Found" });
  const invalid = await shopify.product.create({ title: "" }).catch((error) => error);
  assert.equal(invalid.response.statusCode, 422);
  assert.deepEqual(invalid.response.body, { errors: { title: ["can't be blank"] } });
});

const spent = { status: 429, headers: { "Retry-After": "2.0", "X-Shopify-Shop-Api-Call-Limit": "40/40" }, body: { errors: "Exceeded 2 calls per second for api client." } };

test("a spent limit is told in whole seconds, the vendor's own words beside them", async () => {
  const shopify = await shop("spent");
  await sim.inject(products("/11"), spent, { count: 1 });
  const failed = await shopify.product.get(11).catch((error) => error);
  assert.equal(failed.response.statusCode, 429);
  assert.equal(failed.response.headers["retry-after"], "2");
  assert.equal(failed.response.headers["x-upstream-retry-after"], "2.0");
  assert.equal(failed.response.headers["ratelimit-limit"], "40");
  assert.equal(failed.response.headers["ratelimit-remaining"], "0");
  assert.equal(shopify.callLimits.remaining, 0);
  assert.equal((await sim.requests(products("/11"))).length, 1);
});

test("a client that retries by itself waits as told and gets its answer", async () => {
  const shopify = await shop("retries", { maxRetries: 2 });
  await sim.inject(products("/12"), { ...spent, headers: { ...spent.headers, "Retry-After": "1" } }, { count: 1 });
  assert.equal((await shopify.product.get(12)).id, 12);
  assert.deepEqual((await sim.requests(products("/12"))).map((request) => request.status), [429, 200]);
});

test("a GraphQL throttle in a 200 is a 429", async () => {
  const shopify = await shop("graphql");
  const throttled = { status: 200, body: { errors: [{ message: "Throttled", extensions: { code: "THROTTLED" } }],
    extensions: { cost: { requestedQueryCost: 502, actualQueryCost: null, throttleStatus: { maximumAvailable: 2000, currentlyAvailable: 102, restoreRate: 100 } } } } };
  await sim.inject("/shopify/admin/api/2025-10/graphql.json", throttled, { count: 1 });
  const failed = await shopify.graphql("{ products(first: 1) { nodes { id } } }").catch((error) => error);
  assert.equal(failed.response.statusCode, 429);
  assert.equal(failed.response.headers["x-upstream-status"], "200");
  assert.match(failed.response.headers["retry-after"], /^\d+$/);
  assert.match(failed.response.headers["ratelimit-policy"], /"graphql";q=2000/);
  const fine = await shopify.graphql("{ products(first: 1) { nodes { id } } }");
  assert.ok(fine.products.nodes.length > 0);
});
