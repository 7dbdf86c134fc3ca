// Stripe's SDK takes a host, a port and a protocol, and no path: it comes by
// {account}.localhost, or by a listener that is bound to an account.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { folderOf, localized, quickRetries } from "./support/documents.mjs";
import { breakwater, root, simulator, stopAll } from "./support/run.mjs";
import { everywhereHere } from "./support/wire.mjs";

let bw, sim, key, boundPort;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  bw = await breakwater({ integrations: folderOf(localized("stripe", `${sim.url}/stripe`)),
    flags: ["--account-listen", "127.0.0.1:0=bound"] });
  boundPort = Number(/^account .*:(\d+) bound$/m.exec(bw.out)[1]);
  key = await bw.callKey();
  await bw.put(quick("bound"));
  await bw.account("stripe-bound", { external_id: "bound", credentials: { token: "sk_bound" } });
});
after(stopAll);

async function byName(name, options = {}, integration = "stripe") {
  await bw.account(integration, { external_id: name, credentials: { token: `sk_${name}` } });
  return new Stripe(key, { host: `${name}.localhost`, port: bw.port, protocol: "http", maxNetworkRetries: 0,
    telemetry: false, httpAgent: everywhereHere(), ...options });
}
// Stripe at a host of its own, where nobody else has used up the retry budget.
const quick = (name) => localized("stripe", `${sim.anotherHost()}/stripe`,
  { name: `stripe-${name}`, resilience: { retry: { server: quickRetries, network: quickRetries } } });

async function byOwnHost(name, options) {
  const document = quick(name);
  await bw.put(document);
  return byName(name, options, document.name);
}
const byListener = (options = {}) => new Stripe(key, { host: "127.0.0.1", port: boundPort, protocol: "http",
  maxNetworkRetries: 0, telemetry: false, ...options });
const tokensOf = (requests) => [...new Set(requests.map((r) => r.headers.authorization))];
const charge = { amount: 1200, currency: "eur", source: "tok_visa" };

test("the account is found by host name", async () => {
  const stripe = await byName("named");
  assert.equal((await stripe.balance.retrieve()).available[0].currency, "usd");
  assert.equal((await stripe.customers.retrieve("cus_named")).id, "cus_named");
  const seen = await sim.requests("/stripe/v1/customers/cus_named");
  assert.deepEqual(tokensOf(seen), ["Bearer sk_named"]);
  assert.equal(seen[0].headers.host, new URL(sim.url).host);
  assert.ok(!JSON.stringify(seen).includes(key));
});

test("the account is found by its listener", async () => {
  assert.equal((await byListener().customers.retrieve("cus_bound")).id, "cus_bound");
  assert.deepEqual(tokensOf(await sim.requests("/stripe/v1/customers/cus_bound")), ["Bearer sk_bound"]);
});

test("a listener that is bound to an account serves nothing else", async () => {
  const response = await fetch(`http://127.0.0.1:${boundPort}/v1/accounts`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(response.status, 404);
  assert.match((await response.json()).error.message, /Unrecognized request URL \(GET: \/v1\/accounts\)/);
});

test("a list is paged to its end", async () => {
  const stripe = await byName("pager");
  const ids = new Set();
  for await (const customer of stripe.customers.list({ limit: 100 })) ids.add(customer.id);
  assert.equal(ids.size, 250);
});

test("a declined card surfaces as StripeCardError with all that Stripe said", async () => {
  const stripe = await byName("declined");
  const failed = await stripe.charges.create({ ...charge, source: "tok_chargeDeclined" }).catch((error) => error);
  assert.ok(failed instanceof Stripe.errors.StripeCardError);
  assert.equal(failed.statusCode, 402);
  assert.equal(failed.code, "card_declined");
  assert.equal(failed.decline_code, "insufficient_funds");
  assert.match(failed.requestId, /^req_\d+$/);
});

test("a refusal of ours surfaces as an error, never as a record", async () => {
  const unknown = await new Stripe("bw_" + "x".repeat(40), { host: "127.0.0.1", port: boundPort, protocol: "http" }).balance.retrieve().catch((error) => error);
  assert.ok(unknown instanceof Stripe.errors.StripeAuthenticationError);
  assert.equal(unknown.code, "key_unknown");
  const stripe = await byOwnHost("held");
  await bw.api("POST", "breakers/stripe-held/force", { state: "open", reason: "an exercise" });
  const held = await stripe.balance.retrieve().catch((error) => error);
  assert.ok(held instanceof Stripe.errors.StripeError);
  assert.deepEqual([held.statusCode, held.code], [503, "breaker_open"]);
  assert.match(held.message, /held open by hand/);
});

test("a missing object surfaces as StripeInvalidRequestError", async () => {
  const failed = await byListener().customers.retrieve("cus_missing").catch((error) => error);
  assert.ok(failed instanceof Stripe.errors.StripeInvalidRequestError);
  assert.equal(failed.statusCode, 404);
  assert.equal(failed.code, "resource_missing");
});

test("an idempotency key passes; a repeat gets the first answer, and the vendor hears of it once", async () => {
  const stripe = await byName("keyed");
  const options = { idempotencyKey: "keyed-1" };
  const first = await stripe.charges.create(charge, options);
  const again = await stripe.charges.create(charge, options);
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers["idempotency-replayed"], "true");
  const other = await stripe.charges.create({ ...charge, amount: 99 }, options).catch((error) => error);
  assert.equal(other.statusCode, 422);
  assert.equal(other.code, "idempotency_key_reused");
  const [write] = (await sim.writes("/stripe/v1/charges")).filter((w) => w.key === "keyed-1");
  assert.deepEqual([write.repeats, write.conflicts], [0, 0], "the vendor heard of it once");
});

const boom = { status: 500, executes: "yes", body: { error: { type: "api_error", message: "boom" } } };
const writesWith = async (key) => (await sim.writes("/stripe/v1/charges")).filter((w) => w.key === key);

for (const [way, client] of [["host name", () => byOwnHost("repeated")], ["listener", () => byListener()]])
  test(`a keyed POST that meets a 500 is repeated with its key, and executed once: by ${way}`, async () => {
    const stripe = await client(), idempotencyKey = `once-${way}`;
    await sim.inject("/stripe/v1/charges", boom, { count: 2 });
    const made = await stripe.charges.create(charge, { idempotencyKey });
    assert.match(made.id, /^ch_/);
    assert.equal(made.lastResponse.headers["x-breakwater-attempts"], "3");
    const writes = await writesWith(idempotencyKey);
    assert.equal(writes.length, 1);
    assert.equal(writes[0].repeats, 2);
  });

test("a keyed POST whose answer is lost after it was executed is repeated, and still executed once", async () => {
  const stripe = await byOwnHost("lost");
  await sim.inject("/stripe/v1/charges", { instead: "reset", executes: "yes" }, { count: 1 });
  const made = await stripe.charges.create(charge, { idempotencyKey: "lost-1" });
  assert.equal(made.lastResponse.headers["idempotent-replayed"], "true");
  assert.deepEqual((await writesWith("lost-1")).map((w) => w.repeats), [1]);
});

test("a POST without a key whose answer is lost is told as unknown, and sent once", async () => {
  const stripe = await byOwnHost("unknown");
  await sim.inject("/stripe/v1/customers", { instead: "reset", executes: "yes" }, { count: 1 });
  const failed = await stripe.customers.create({ email: "lost@acme.test" }).catch((error) => error);
  assert.ok(failed instanceof Stripe.errors.StripeError);
  assert.deepEqual([failed.statusCode, failed.code], [504, "outcome_unknown"]);
  assert.match(failed.message, /^It was sent, and then: /);
  assert.equal((await sim.requests("/stripe/v1/customers")).filter((r) => r.body.includes("lost%40")).length, 1);
});

test("a POST without a key that meets a 500 is sent once", async () => {
  const stripe = await byOwnHost("unkeyed");
  await sim.inject("/stripe/v1/customers", { status: 500, body: { error: { type: "api_error", message: "boom" } } }, { count: 2 });
  const failed = await stripe.customers.create({ email: "unkeyed@acme.test" }).catch((error) => error);
  await sim.clear();
  assert.ok(failed instanceof Stripe.errors.StripeAPIError);
  assert.equal(failed.statusCode, 500);
  assert.equal(failed.headers["x-breakwater-attempts"], "1");
  assert.match(failed.headers["x-breakwater-note"], /not retried: unsafe/);
  const seen = (await sim.requests("/stripe/v1/customers")).filter((r) => r.body.includes("unkeyed"));
  assert.equal(seen.length, 1);
});

test("the SDK's own repeats carry one key, so that ours and its add up to one execution", async () => {
  const stripe = await byOwnHost("both", { maxNetworkRetries: 1 });
  await sim.inject("/stripe/v1/charges", boom, { count: 4 });
  await stripe.charges.create({ ...charge, amount: 777 });
  const seen = (await sim.requests("/stripe/v1/charges")).filter((r) => r.body.includes("777"));
  assert.deepEqual(seen.map((r) => r.status), [500, 500, 500, 500, 200]);
  assert.equal(new Set(seen.map((r) => r.headers["idempotency-key"])).size, 1);
  assert.equal((await writesWith(seen[0].headers["idempotency-key"])).length, 1);
});

test("a rate limit surfaces as StripeRateLimitError, unrepeated, with the time to wait", async () => {
  const stripe = await byName("limited");
  await sim.inject("/stripe/v1/balance", { status: 429, headers: { "Stripe-Should-Retry": "false" },
    body: { error: { type: "invalid_request_error", code: "rate_limit", message: "Request rate limit exceeded." } } }, { count: 1 });
  const failed = await stripe.balance.retrieve().catch((error) => error);
  assert.ok(failed instanceof Stripe.errors.StripeRateLimitError);
  assert.match(failed.headers["retry-after"], /^\d+$/);
  assert.equal(failed.headers["stripe-should-retry"], "false");
  assert.equal(failed.headers["x-breakwater-attempts"], "1");
});
