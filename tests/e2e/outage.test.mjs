// Vendors that fail: who is stopped, who is not, what is tried again and how often.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { breakwater, freePort, root, simulator, stopAll, until } from "./support/run.mjs";
import { holdingVendor } from "./support/vendor.mjs";
import { ask } from "./support/wire.mjs";

const down = { status: 503, body: { error: "down" } };
const quickBreaker = { failures: 5, open: "100ms", open_max: "200ms" };
const slowBreaker = { failures: 5, open: "1h", open_max: "1h" };
let bw, sim, key;

before(async () => {
  sim = await simulator({ script: join(root, "tests/e2e/support/vendor.json") });
  bw = await breakwater();
  key = await bw.callKey();
});
after(stopAll);

// Calls for an account; `once` with a single attempt.
function callerOf(account) {
  const call = (path, { headers = {}, ...more } = {}) =>
    ask(bw.proxy(account) + path, { ...more, headers: { authorization: `Bearer ${key}`, ...headers } });
  return Object.assign(call, { id: account.id, once: (path) => call(path, { headers: { "x-breakwater-retry": "never" } }) });
}

// A vendor of its own for each test: name, host, breaker, retry budget.
async function vendorNamed(name, resilience = {}) {
  await bw.put(plain(name, `${sim.anotherHost()}/${name}`, { resilience, idempotency: { kind: "header", header: "Idempotency-Key" } }));
  return {
    caller: async (environment) => callerOf(await bw.account(name, { environment })),
    fail: (fault = down, scope = {}) => sim.inject(`/${name}/`, fault, scope),
    seen: async (path = "") => (await sim.requests(`/${name}/${path}`)).length,
    breaker: () => bw.api("GET", `breakers/${name}`),
  };
}

async function fails(n, call) {
  for (let i = 0; i < n; i++) assert.equal((await call("/things/1")).status, 503);
}

test("failures of two accounts open the breaker for everyone", async () => {
  const vendor = await vendorNamed("two-fail", { breaker: slowBreaker, account_breaker: slowBreaker });
  const [ada, bob, eve] = [await vendor.caller(), await vendor.caller(), await vendor.caller()];
  await vendor.fail();
  await fails(3, ada.once);
  assert.equal((await vendor.breaker()).state, "closed");
  await fails(2, bob.once);
  assert.equal((await vendor.breaker()).state, "open");
  const held = await eve("/things/1");
  assert.equal(held.status, 503);
  assert.equal(held.json.code, "breaker_open");
  assert.match(held.json.detail, /breaker of the integration is open since \d+ s; last: HTTP 503/);
  assert.equal(held.json.attempts, 0);
  assert.equal(held.json.vendor.status, 503);
  assert.match(held.headers["retry-after"], /^\d+$/);
  assert.equal(held.headers["x-breakwater-breaker"], "open");
  assert.equal(await vendor.seen(), 5);
  await until("the log line of the breaker", () => bw.log("breaker").some((l) => l.breaker === "two-fail" && l.state === "open"));
});

test("failures of one account stop that account alone", async () => {
  const vendor = await vendorNamed("one-fails", { breaker: slowBreaker, account_breaker: slowBreaker });
  const [ada, bob] = [await vendor.caller(), await vendor.caller()];
  assert.equal((await bob("/things/2")).status, 200);
  await sim.inject("/one-fails/things/1", down);
  await fails(5, ada.once);
  const held = await ada("/things/2");
  assert.equal(held.json.code, "breaker_open");
  assert.match(held.json.detail, /breaker of the account/);
  for (let i = 0; i < 5; i++) assert.equal((await bob("/things/2")).status, 200);
  assert.equal((await vendor.breaker()).state, "closed");
  const { items } = await bw.api("GET", "breakers?kind=account&state=open&integration=one-fails");
  assert.deepEqual(items.map((b) => b.name), [ada.id]);
});

test("many failures of one account do not open it for all while others are active", async () => {
  const vendor = await vendorNamed("one-floods", { breaker: slowBreaker });
  const [ada, bob] = [await vendor.caller(), await vendor.caller()];
  assert.equal((await bob("/things/2")).status, 200);
  await sim.inject("/one-floods/things/1", down);
  await fails(20, ada.once);
  assert.equal((await vendor.breaker()).state, "closed");
  assert.equal((await bob("/things/2")).status, 200);
});

test("answers that are the caller's own fault never open a breaker", async () => {
  const vendor = await vendorNamed("neutral", { breaker: slowBreaker, account_breaker: slowBreaker });
  const [ada, bob] = [await vendor.caller(), await vendor.caller()];
  for (const status of [400, 401, 403, 404, 409, 422, 429]) {
    await sim.inject("/neutral/things/1", { status, body: {} }, { count: 6 });
    for (let i = 0; i < 3; i++)
      for (const call of [ada, bob]) assert.equal((await call("/things/1")).status, status);
  }
  assert.equal((await vendor.breaker()).state, "closed");
});

test("a breaker recovers by itself: trials, then closed", async () => {
  const vendor = await vendorNamed("recovers", { breaker: quickBreaker });
  const [ada, bob] = [await vendor.caller(), await vendor.caller()];
  await vendor.fail();
  await fails(3, ada.once);
  await fails(2, bob.once);
  await until("a failed trial", async () => (await ada.once("/things/1"), await vendor.seen() > 5));
  assert.equal((await vendor.breaker()).state, "open");
  await sim.clear();
  await until("recovery", async () => (await ada("/things/1")).headers["x-breakwater-breaker"] === "closed");
  assert.equal((await vendor.breaker()).state, "closed");
  await until("the log line of the recovery", () => bw.log("breaker").some((l) => l.breaker === "recovers" && l.state === "closed"));
});

test("while it is half open, two calls at most are trials; the rest is held back", async () => {
  const held = await holdingVendor();
  await bw.put(plain("half-open", held.url, { resilience: { breaker: { failures: 5, open: "50ms" }, account_concurrency: 100 } }));
  const call = callerOf(await bw.account("half-open"));
  const failing = Array.from({ length: 5 }, () => call.once("/"));
  await until("five calls at the vendor", () => held.waiting.length === 5);
  held.release(503);
  for (const answer of await Promise.all(failing)) assert.equal(answer.status, 503);
  await until("the end of the open time", async () => (await bw.api("GET", "breakers/half-open")).retry_in_s === 0);
  const answers = Array.from({ length: 20 }, () => call.once("/"));
  let refused = 0;
  for (const answer of answers)
    answer.then(({ status, json }) => (refused += status === 503 && json.code === "breaker_open"));
  await until("all but two to be held back", () => refused === 18);
  assert.equal(held.waiting.length, 2);
  held.release();
  assert.equal((await Promise.all(answers)).filter((answer) => answer.status === 200).length, 2);
  assert.equal((await bw.api("GET", "breakers/half-open")).state, "closed");
});

test("a breaker is held open, held closed, and set free by hand", async () => {
  const vendor = await vendorNamed("forced", { breaker: slowBreaker, account_breaker: slowBreaker });
  const [ada, bob] = [await vendor.caller(), await vendor.caller()];
  const force = (state, name = "forced") => bw.api("POST", `breakers/${name}/force`, { state, reason: "an exercise" });
  assert.equal((await force("open")).held, "open");
  const held = await ada("/things/1");
  assert.equal(held.json.code, "breaker_open");
  assert.match(held.json.detail, /held open by hand/);
  assert.equal(await vendor.seen(), 0);
  assert.equal((await force("closed")).held, "closed");
  await vendor.fail();
  for (const call of [ada, bob, ada, bob, ada, bob]) assert.equal((await call.once("/things/1")).status, 503);
  assert.equal(await vendor.seen(), 6);
  await sim.clear();
  assert.equal((await force("auto")).held, "auto");
  await force("open", ada.id);
  assert.equal((await ada("/things/1")).json.code, "breaker_open");
  assert.equal((await bob("/things/1")).status, 200);
  await force("auto", ada.id);
  assert.equal((await ada("/things/1")).status, 200);
  const { items } = await bw.api("GET", "audit?limit=100");
  assert.equal(items.filter((line) => line.action === "breaker.force").length, 5);
});

test("a failing read is tried four times in all, and the vendor sees each", async () => {
  const vendor = await vendorNamed("four-times");
  const call = await vendor.caller();
  await vendor.fail();
  const answer = await call("/things/1");
  assert.equal(answer.status, 503);
  assert.deepEqual(answer.json, down.body);
  assert.equal(answer.headers["x-breakwater-attempts"], "4");
  assert.equal(await vendor.seen(), 4);
});

test("what is repeated: reads, idempotent methods, keyed writes; an unkeyed POST is not", async () => {
  for (const [verb, path, headers, attempts] of [["PUT", "/things/9", {}, 2], ["DELETE", "/things/9", {}, 2],
    ["POST", "/things", { "idempotency-key": "k" }, 2], ["POST", "/things", {}, 1],
    ["GET", "/things/9", { "x-breakwater-retry": "never" }, 1]]) {
    const vendor = await vendorNamed(`repeat-${verb}-${attempts}-${Object.keys(headers).length}`.toLowerCase());
    const call = await vendor.caller();
    await vendor.fail(down, { count: 1 });
    const answer = await call(path, { method: verb, headers, body: verb === "POST" || verb === "PUT" ? "x" : undefined });
    assert.equal(Number(answer.headers["x-breakwater-attempts"]), attempts, verb);
    assert.equal(answer.status < 300, attempts === 2, verb);
    assert.equal(await vendor.seen(), attempts, verb);
  }
});

test("a vendor that hangs is left after its time limit, tried again, and told as a timeout", async () => {
  const vendor = await vendorNamed("hangs", { timeouts: { first_byte: "100ms" } });
  const call = await vendor.caller();
  await vendor.fail({ instead: "hang" });
  const read = await call("/things/1");
  assert.equal(read.status, 504);
  assert.equal(read.json.code, "upstream_timeout");
  assert.match(read.json.detail, /first-byte limit \(100 ms\)/);
  assert.equal(read.json.attempts, 3);
  assert.equal(await vendor.seen(), 3);
});

test("a write whose answer never comes is told as unknown, and not repeated", async () => {
  const vendor = await vendorNamed("unknown", { timeouts: { first_byte: "100ms" } });
  const call = await vendor.caller();
  for (const instead of ["hang", "reset", "close"]) {
    await vendor.fail({ instead }, { count: 1 });
    const before = await vendor.seen();
    const answer = await call("/things", { method: "POST", body: "x" });
    assert.equal(answer.status, 504, instead);
    assert.equal(answer.json.code, "outcome_unknown");
    assert.equal(answer.json.sent, true);
    assert.equal(answer.json.retry, "check_first");
    assert.equal(await vendor.seen(), before + 1);
  }
});

test("a vendor where nobody listens is told as unreachable; nothing was sent", async () => {
  const port = await freePort();
  await bw.put(plain("nobody", `http://127.0.0.1:${port}`));
  const account = await bw.account("nobody");
  const answer = await ask(`${bw.proxy(account)}/things`, { method: "POST", body: "x", headers: { authorization: `Bearer ${key}` } });
  assert.equal(answer.status, 502);
  assert.equal(answer.json.code, "upstream_connect");
  assert.equal(answer.json.sent, false);
  assert.equal(answer.json.attempts, 4);
});

test("fifty calls that fail at once do not multiply the outage", async () => {
  const vendor = await vendorNamed("budget", { account_concurrency: 100 });
  const call = await vendor.caller();
  await vendor.fail({ ...down, delay: "100ms" });
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => call(`/things/${i}`)));
  assert.ok(answers.every((a) => a.status === 503));
  const seen = await vendor.seen();
  assert.ok(seen >= 53, `${seen} requests: some are tried again`);
  assert.ok(seen <= 50 + 2 * 10, `${seen} requests: four times fifty would be 200`);
  const notes = answers.map((a) => a.headers["x-breakwater-note"]).filter(Boolean);
  assert.ok(notes.some((note) => note.includes("not retried: budget")));
});

test("the caller's deadline bounds everything and is not held against the vendor", async () => {
  const vendor = await vendorNamed("deadline", { breaker: slowBreaker, account_breaker: slowBreaker });
  const [ada, bob] = [await vendor.caller(), await vendor.caller()];
  await vendor.fail({ delay: "20s" });
  for (const call of [ada, bob, ada, bob, ada, bob]) {
    const answer = await call("/things/1", { headers: { "x-breakwater-deadline-ms": "50" } });
    assert.equal(answer.status, 504);
    assert.equal(answer.json.code, "deadline_exceeded");
  }
  await sim.clear();
  assert.equal((await vendor.breaker()).state, "closed");
  assert.equal((await ada("/things/1")).status, 200);
});

test("a retry that cannot end before the deadline is not begun", async () => {
  const vendor = await vendorNamed("no-time", { retry: { server: { base: "30s", max: "30s" } } });
  const call = await vendor.caller();
  await vendor.fail();
  const answer = await call("/things/1", { headers: { "x-breakwater-deadline-ms": "10000" } });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers["x-breakwater-attempts"], "1");
  assert.match(answer.headers["x-breakwater-note"], /not retried: deadline/);
});

// An account that has `n` calls waiting at its vendor.
async function busy(name, n, resilience, environment) {
  const held = await holdingVendor();
  await bw.put(plain(name, held.url, { resilience }));
  const account = await bw.account(name, { environment });
  const call = callerOf(account);
  const waiting = Array.from({ length: n }, () => call("/wait"));
  await until(`${n} calls under way`, () => held.waiting.length === n);
  assert.equal((await bw.api("GET", `accounts/${account.id}`)).standing.calls, n);
  const end = async () => {
    held.release();
    for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 200);
  };
  return { call, end, held };
}

async function isRefused(call, whose) {
  const { status, json, headers } = await call("/more");
  assert.deepEqual([status, json.code, json.sent], [429, "concurrency_limit", false]);
  assert.match(json.detail, whose);
  assert.match(headers["retry-after"], /^\d+$/);
}

test("calls of one account over its limit are refused; another account's go on", async () => {
  const ada = await busy("crowded", 2, { account_concurrency: 2 });
  await isRefused(ada.call, /account has all its 2 places taken/);
  const bob = callerOf(await bw.account("crowded"))("/mine");
  await until("the other one's call at the vendor", () => ada.held.waiting.length === 3);
  await ada.end();
  assert.equal((await bob).status, 200);
});

test("calls of one environment over its limit are refused, whatever the account; another environment's go on", async () => {
  const environment = await bw.tenant("a small customer");
  await bw.api("PATCH", `environments/${environment.id}`, { concurrency_max: 2 });
  const first = await busy("small", 2, {}, environment);
  const vendor = await vendorNamed("elsewhere");
  const [same, other] = [await vendor.caller(environment), await vendor.caller()];
  await isRefused(same, /environment has all its 2 places taken/);
  assert.equal((await other("/things/1")).status, 200);
  await first.end();
  assert.equal((await same("/things/1")).status, 200);
});

test("a caller that would rather wait for a place gets one", async () => {
  const ada = await busy("patient", 1, { account_concurrency: 1 });
  const patient = ada.call("/patient", { headers: { "x-breakwater-wait-on-limit": "30s" } });
  await ada.end();
  await until("the place", () => ada.held.waiting.length === 1);
  ada.held.release();
  assert.equal((await patient).status, 200);
});

test("a read is cancelled when its caller leaves; a write is finished and logged", async () => {
  const vendor = await vendorNamed("leavers");
  const call = await vendor.caller();
  const left = (await sim.control("GET", "stats")).callers_left;
  await vendor.fail({ delay: "30s" }, { count: 1 });
  const reading = new AbortController();
  const read = call("/things/1", { signal: reading.signal }).catch((error) => error.name);
  await until("the read at the vendor", async () => (await sim.control("GET", "stats")).requests_open >= 2);
  reading.abort();
  assert.equal(await read, "AbortError");
  await until("the vendor to be left", async () => (await sim.control("GET", "stats")).callers_left > left);
  const writing = new AbortController();
  const write = call("/slow", { method: "POST", body: "x", signal: writing.signal }).catch((error) => error.name);
  await until("the write at the vendor", async () => (await sim.control("GET", "stats")).requests_open >= 2);
  writing.abort();
  await write;
  const line = await until("the log line of the write", () => bw.log("call").find((l) => l.integration === "leavers" && l.verb === "POST"));
  assert.equal(line.caller_gone, true);
  assert.equal(line.vendor_status, 201);
  assert.equal((await sim.writes("/leavers/")).length, 1);
});
