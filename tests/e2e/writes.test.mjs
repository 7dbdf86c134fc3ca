// Writes that are never lost: queued while the vendor is away, done once when it is back, in
// their order; and what is told where nobody can know.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { ledger } from "./support/ledger.mjs";
import { adminKey, breakwater, stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

const once = { server: { retries: 0 }, network: { retries: 0 }, timeout: { retries: 0 } };
const quick = { base: "50ms", max: "200ms" };
let bw, key, replayer;

before(async () => {
  bw = await breakwater();
  key = await bw.callKey();
  replayer = await bw.callKey({ permissions: ["read", "replay"] });
});
after(stopAll);

let serial = 0;

// A vendor of its own for each test, and calls of one account of it.
async function vendor({ keyed = false, writes = {}, changes = {} } = {}) {
  const name = `ledger-${++serial}`;
  const it = await ledger({ keyed });
  await bw.put(plain(name, it.url, {
    ...(keyed && { idempotency: { kind: "header", header: "Idempotency-Key", window: "24h" } }),
    resources: { things: { methods: {
      list: { verb: "GET", path: "/things" }, create: { verb: "POST", path: "/things" },
      update: { verb: "PATCH", path: "/things/{id}" }, mail: { verb: "POST", path: "/mail", resilience: { writes: { timely: true } } },
    } } },
    resilience: { retry: once, writes: { ...quick, ...writes } },
    ...changes,
  }));
  it.account = await bw.account(name);
  it.post = (body, headers = {}, path = "/things", method = "POST") =>
    ask(bw.proxy(it.account) + path, { method, body: JSON.stringify(body),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers } });
  it.queue = (body, headers = {}) => it.post(body, { "x-breakwater-queue": "on-failure", ...headers });
  it.seen = () => it.executed.map(({ body }) => JSON.parse(body).n);
  it.events = async (type) => (await bw.api("GET", `events?account=${it.account.id}&type=${type}`)).items;
  return it;
}

const write = (id) => bw.api("GET", `writes/${id}`);
const becomes = (id, state) => until(`${id} ${state}`, async () => {
  const now = await write(id);
  return now.state === state && now;
});

function accepted(answer) {
  assert.equal(answer.status, 202, answer.text);
  assert.equal(answer.headers.location, answer.json.write.href);
  assert.equal(answer.headers["x-breakwater-write"], answer.json.write.id);
  return answer.json.write.id;
}

test("a write that finds its vendor down is accepted, kept, and done once it is back", async () => {
  const it = await vendor();
  it.mode = "down";
  const id = accepted(await it.queue({ n: 1 }));
  const queued = await becomes(id, "queued"); // between two attempts
  assert.equal(queued.reason, "unavailable");
  assert.equal(queued.vendor_status, 503);
  assert.deepEqual(queued.request.body, { n: 1 });
  const read = await ask(`${bw.proxy(it.account)}/things`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(read.headers["x-breakwater-pending-writes"], "1");
  it.mode = "up";
  const done = await becomes(id, "delivered");
  assert.deepEqual(it.seen(), [1]);
  assert.equal(done.answer.status, 201);
  assert.equal(done.answer.body.id, "rec_1");
  assert.ok(done.tries > 1);
  const [event] = await it.events("write.delivered");
  assert.equal(event.detail.write, id);
});

test("the pass-through queues nothing unless it is asked to", async () => {
  const it = await vendor();
  it.mode = "down";
  const answer = await it.post({ n: 1 });
  assert.equal(answer.status, 503);
  assert.deepEqual(answer.json, { error: "down" });
  assert.equal((await bw.api("GET", `writes?account=${it.account.id}`)).items.length, 0);
});

test("the document can ask for it", async () => {
  const it = await vendor({ writes: { queue: "on-failure" } });
  it.mode = "down";
  const id = accepted(await it.post({ n: 1 }));
  assert.equal((await it.post({ n: 2 }, { "x-breakwater-queue": "never", "x-breakwater-lane": "b" })).status, 503);
  it.mode = "up";
  await becomes(id, "delivered");
});

test("always: it is accepted without being tried", async () => {
  const it = await vendor();
  const id = accepted(await it.post({ n: 1 }, { "x-breakwater-queue": "always" }));
  await becomes(id, "delivered");
  assert.deepEqual(it.seen(), [1]);
});

test("an open breaker queues, and does not use up tries", async () => {
  const it = await vendor();
  const force = (state) => bw.api("POST", `breakers/${it.account.integration}/force`, { state, reason: "a test" });
  await force("open");
  const id = accepted(await it.queue({ n: 1 }));
  const queued = await write(id);
  assert.equal(queued.tries, 0);
  assert.equal(queued.reason, "breaker");
  await force("auto");
  await bw.api("POST", `writes/${id}/retry`);
  assert.equal((await becomes(id, "delivered")).tries, 1);
  assert.deepEqual(it.seen(), [1]);
});

test("when a breaker lets calls through again, what it held up goes by itself", async () => {
  const it = await vendor({ changes: { resilience: { retry: once, writes: quick,
    breaker: { failures: 3, open: "300ms", open_max: "300ms" }, account_breaker: { failures: 1000 } } } });
  it.mode = "down";
  for (let i = 0; i < 3; i++) await it.post({ n: 0 });
  it.mode = "up";
  const id = accepted(await it.post({ n: 1 }, { "x-breakwater-queue": "always" }));
  assert.equal((await becomes(id, "delivered")).tries, 1);
  assert.deepEqual(it.seen(), [1]);
});

test("writes of an account keep their order; lanes do not wait for each other", async () => {
  const it = await vendor();
  it.mode = "down";
  const ids = [];
  for (let n = 1; n <= 5; n++) ids.push(accepted(await it.queue({ n })));
  it.mode = (request, body) => (JSON.parse(body).n === 1 ? "down" : "up");
  const other = accepted(await it.queue({ n: 100 }, { "x-breakwater-lane": "another", "x-breakwater-queue": "always" }));
  await becomes(other, "delivered");
  assert.deepEqual(it.seen(), [100]);
  it.mode = "up";
  await Promise.all(ids.map((id) => becomes(id, "delivered")));
  assert.deepEqual(it.seen(), [100, 1, 2, 3, 4, 5]);
});

test("a new write waits behind those of its lane, or is refused", async () => {
  const it = await vendor();
  it.mode = "down";
  accepted(await it.queue({ n: 1 }));
  it.mode = (request, body) => (JSON.parse(body).n === 1 ? "down" : "up");
  const id = accepted(await it.queue({ n: 2 }));
  const busy = await it.post({ n: 3 }, { "x-breakwater-queue": "never" });
  assert.equal(busy.status, 409);
  assert.equal(busy.json.code, "lane_busy");
  assert.deepEqual(it.seen(), []);
  it.mode = "up";
  await becomes(id, "delivered");
  assert.deepEqual(it.seen(), [1, 2]);
});

test("what must not come late fails fast, whatever is asked", async () => {
  const it = await vendor();
  it.mode = "down";
  const answer = await it.post({ n: 1 }, { "x-breakwater-queue": "always" }, "/mail");
  assert.equal(answer.status, 503);
  assert.equal((await bw.api("GET", `writes?account=${it.account.id}`)).items.length, 0);
});

test("a lost answer: nobody knows, and it is not sent again by itself", async () => {
  const it = await vendor();
  it.mode = "lose";
  const answer = await it.queue({ n: 1 });
  assert.equal(answer.status, 504, answer.text);
  assert.equal(answer.json.code, "outcome_unknown");
  const { id, href } = answer.json.write;
  assert.equal(href, `/v1/writes/${id}`);
  it.mode = "up";
  const now = await write(id);
  assert.equal(now.state, "needs_decision");
  assert.equal(now.unsure, true);
  assert.equal((await it.events("write.needs_decision")).length, 1);
  // It holds nobody up.
  assert.equal((await it.queue({ n: 2 })).status, 201);
  assert.deepEqual(it.seen(), [1, 2]);
  // Somebody decides.
  let open;
  it.gate = new Promise((resolve) => (open = resolve));
  const retried = await bw.api("POST", `writes/${id}/retry`, undefined, replayer);
  assert.match(retried.state, /^(queued|sending)$/);
  open();
  await becomes(id, "delivered");
  assert.deepEqual(it.seen(), [1, 2, 1]);
  await assert.rejects(bw.api("POST", `writes/${id}/cancel`), (error) => error.problem.code === "state_conflict");
});

test("a 500 may have done it; a 503 says that it has not", async () => {
  const it = await vendor();
  it.mode = "broken";
  const answer = await it.queue({ n: 1 });
  assert.equal(answer.status, 504);
  assert.equal((await write(answer.json.write.id)).vendor_status, 500);
  assert.deepEqual(it.seen(), [1]);
});

test("a vendor that knows repeats gets a key from the first attempt on, and does it once", async () => {
  const it = await vendor({ keyed: true });
  it.mode = "lose";
  const id = accepted(await it.queue({ n: 1 }));
  it.mode = "up";
  await becomes(id, "delivered");
  assert.deepEqual(it.seen(), [1]);
  assert.equal(it.executed[0].key, id);
});

// The body has what it is searched by, and the gate looks before it promises anything.
test("a vendor that can be searched is asked before a write is sent again", async () => {
  const it = await vendor({ changes: {
    resources: { things: { methods: { create: { verb: "POST", path: "/things" }, find: { verb: "GET", path: "/things" } } } },
    idempotency: { kind: "none", search: { method: "things.find", query: "n ? { 'n': n }", found: "/things",
      settle: "200ms", conclusive: true } },
  } });
  it.find = (request) => ({ things: it.executed.filter(({ body }) => request.url === `/things?n=${JSON.parse(body).n}`)
    .map(({ n }) => ({ id: `rec_${n}` })) });
  it.mode = "lose";
  const done = accepted(await it.queue({ n: 1 }, { "x-breakwater-lane": "a" }));
  assert.equal((await it.queue({ other: 1 }, { "x-breakwater-lane": "b" })).status, 504);
  it.mode = (request) => (request.method === "POST" ? "reset" : "up");
  const lost = accepted(await it.queue({ n: 2 }, { "x-breakwater-lane": "c" }));
  const found = await becomes(done, "delivered");
  assert.equal(found.reason, "found");
  assert.deepEqual([found.answer.status, found.answer.body], [200, { id: "rec_1" }]);
  it.mode = "up";
  assert.equal((await becomes(lost, "delivered")).reason, "delivered");
  assert.deepEqual(it.seen(), [1, undefined, 2]);
});

test("with a key a repeat gets the first answer, and nothing is done twice", async () => {
  const it = await vendor();
  const first = await it.post({ n: 1 }, { "idempotency-key": "k1" });
  assert.equal(first.status, 201);
  assert.equal(first.headers["idempotency-replayed"], undefined);
  for (const header of ["idempotency-key", "x-idempotency-key"]) {
    const again = await it.post({ n: 1 }, { [header]: "k1" });
    assert.equal(again.status, 201);
    assert.equal(again.headers["idempotency-replayed"], "true");
    assert.equal(again.text, first.text);
    assert.equal(again.headers["x-vendor"], "ledger");
    assert.equal(again.headers["content-type"], first.headers["content-type"]);
  }
  assert.deepEqual(it.seen(), [1]);
  const other = await it.post({ n: 2 }, { "idempotency-key": "k1" });
  assert.equal(other.status, 422);
  assert.equal(other.json.code, "idempotency_key_reused");
  // Another path, another method, another account: another key.
  assert.equal((await it.post({ n: 1 }, { "idempotency-key": "k1" }, "/others")).status, 201);
  assert.equal((await it.post({ n: 1 }, { "idempotency-key": "k1" }, "/things", "PUT")).status, 201);
  assert.deepEqual(it.seen(), [1, 1, 1]);
});

test("a definite refusal is kept; a throttle and a failure are not", async () => {
  const it = await vendor();
  it.mode = "refuse";
  assert.equal((await it.post({ n: 1 }, { "idempotency-key": "refused" })).status, 422);
  it.mode = "limit";
  assert.equal((await it.post({ n: 2 }, { "idempotency-key": "limited" })).status, 429);
  it.mode = "down";
  assert.equal((await it.post({ n: 3 }, { "idempotency-key": "failed" })).status, 503);
  it.mode = "up";
  const again = await it.post({ n: 1 }, { "idempotency-key": "refused" });
  assert.equal(again.status, 422);
  assert.equal(again.headers["idempotency-replayed"], "true");
  assert.equal((await it.post({ n: 2 }, { "idempotency-key": "limited" })).status, 201);
  assert.equal((await it.post({ n: 3 }, { "idempotency-key": "failed" })).status, 201);
  assert.deepEqual(it.seen(), [2, 3]);
});

test("a key whose first request is under way, or queued, says so", async () => {
  const it = await vendor();
  let open;
  it.gate = new Promise((resolve) => (open = resolve));
  const first = it.post({ n: 1 }, { "idempotency-key": "slow" });
  await until("the write under way", async () =>
    (await bw.api("GET", `writes?account=${it.account.id}&state=sending`)).items.length === 1);
  const second = await it.post({ n: 1 }, { "idempotency-key": "slow" });
  assert.equal(second.status, 409);
  assert.equal(second.json.code, "idempotency_in_flight");
  open();
  assert.equal((await first).status, 201);
  it.mode = "down";
  const id = accepted(await it.queue({ n: 2 }, { "idempotency-key": "waits" }));
  const found = await it.queue({ n: 2 }, { "idempotency-key": "waits" });
  assert.equal(accepted(found), id);
  assert.equal(found.headers["idempotency-replayed"], "true");
  it.mode = "up";
  await becomes(id, "delivered");
  const done = await it.queue({ n: 2 }, { "idempotency-key": "waits" });
  assert.equal(done.status, 201);
  assert.deepEqual(it.seen(), [1, 2]);
});

test("a key whose outcome is unknown stays unknown; where the vendor knows repeats it may be sent again", async () => {
  const plainOne = await vendor();
  plainOne.mode = "lose";
  const lost = await plainOne.post({ n: 1 }, { "idempotency-key": "k" });
  assert.equal(lost.status, 504);
  plainOne.mode = "up";
  const again = await plainOne.post({ n: 1 }, { "idempotency-key": "k" });
  assert.equal(again.status, 504);
  assert.equal(again.json.write.id, lost.json.write.id);
  assert.deepEqual(plainOne.seen(), [1]);
  const keyed = await vendor({ keyed: true });
  keyed.mode = "lose";
  assert.equal((await keyed.post({ n: 1 }, { "idempotency-key": "k" })).status, 504);
  keyed.mode = "up";
  assert.equal((await keyed.post({ n: 1 }, { "idempotency-key": "k" })).status, 201);
  assert.deepEqual(keyed.seen(), [1]);
});

test("what is refused for good goes to the dead, and its lane moves on", async () => {
  const it = await vendor();
  it.mode = "down";
  const bad = accepted(await it.queue({ n: 1 }));
  const good = accepted(await it.queue({ n: 2 }));
  it.mode = (request, body) => (JSON.parse(body).n === 1 ? "refuse" : "up");
  const dead = await becomes(bad, "dead");
  assert.equal(dead.reason, "refused");
  assert.equal(dead.vendor_status, 422);
  assert.deepEqual(dead.answer.body, { error: "no such field" });
  await becomes(good, "delivered");
  assert.equal((await it.events("write.dead")).length, 1);
});

test("a strict lane stops behind it, until somebody decides", async () => {
  const it = await vendor({ writes: { strict: true } });
  it.mode = "down";
  const bad = accepted(await it.queue({ n: 1 }));
  const next = accepted(await it.queue({ n: 2 }));
  it.mode = (request, body) => (JSON.parse(body).n === 1 ? "refuse" : "up");
  await becomes(bad, "dead");
  assert.equal((await write(next)).state, "queued");
  await bw.api("POST", `writes/${bad}/cancel`);
  await becomes(next, "delivered");
  assert.equal((await write(bad)).state, "cancelled");
});

test("tries and age have an end", async () => {
  const it = await vendor({ writes: { tries: 3, base: "20ms", max: "20ms" } });
  it.mode = "down";
  const dead = await becomes(accepted(await it.queue({ n: 1 })), "dead");
  assert.equal(dead.reason, "tries");
  assert.equal(dead.tries, 3);
  const old = await vendor({ writes: { tries: 1000 } });
  old.mode = "down";
  const aged = await becomes(accepted(await old.queue({ n: 1 }, { "x-breakwater-queue-age": "1s" })), "dead");
  assert.equal(aged.reason, "age");
});

test("many are retried and cancelled by what chooses them, with a dry run", async () => {
  const it = await vendor({ writes: { base: "1h", max: "1h" } });
  it.mode = "down";
  const ids = [];
  for (let n = 1; n <= 3; n++) ids.push(accepted(await it.queue({ n })));
  const dry = await bw.api("POST", "writes/cancel", { account: it.account.id, state: "queued", dry_run: true });
  assert.deepEqual(dry, { writes: ids, more: false, dry_run: true, count: 3 });
  const rest = await bw.api("POST", "writes/cancel", { account: it.account.id, state: "queued", dry_run: true, after: ids[1] });
  assert.deepEqual(rest, { writes: [ids[2]], more: false, dry_run: true, count: 3 });
  await assert.rejects(bw.api("POST", "writes/cancel", { account: it.account.id, dry_run: true, after: "wrt_none" }),
    (error) => error.problem.code === "object_unknown");
  assert.equal((await write(ids[0])).state, "queued");
  await bw.api("POST", `writes/${ids[1]}/cancel`);
  it.mode = "up";
  const retried = await bw.api("POST", "writes/retry", { account: it.account.id, state: "queued" });
  assert.deepEqual(retried.writes, [ids[0], ids[2]]);
  await becomes(ids[2], "delivered");
  assert.deepEqual(it.seen(), [1, 3]);
  assert.equal((await write(ids[1])).state, "cancelled");
});

test("a queued write outlives the process, and so does its order", async () => {
  const it = await vendor({ writes: { base: "200ms" } });
  it.mode = "down";
  const ids = [];
  for (let n = 1; n <= 3; n++) ids.push(accepted(await it.queue({ n })));
  await bw.stop("SIGKILL").catch(() => {});
  bw = await breakwater({ data: bw.home });
  it.mode = "up";
  await Promise.all(ids.map((id) => becomes(id, "delivered")));
  assert.deepEqual(it.seen(), [1, 2, 3]);
});

test("an answer too large to be kept is not told wrongly, and neither is a write that was given up", async () => {
  const it = await vendor({ writes: { tries: 2 } });
  const big = { n: 1, text: "x".repeat(900_000) };
  const first = await it.post(big, { "idempotency-key": "big" });
  assert.equal(first.status, 201);
  const again = await it.post(big, { "idempotency-key": "big" });
  assert.equal(again.status, 201, "its answer has less than 1 MiB");
  const huge = { n: 2, text: '"'.repeat(400_000) };
  assert.equal((await it.post(huge, { "idempotency-key": "huge" })).status, 201);
  const lost = await it.post(huge, { "idempotency-key": "huge" });
  assert.equal(lost.status, 409);
  assert.equal(lost.json.code, "answer_not_kept");
  assert.deepEqual(it.seen(), [1, 2]);
  it.mode = "down";
  const id = accepted(await it.queue({ n: 3 }, { "idempotency-key": "given-up" }));
  await becomes(id, "dead");
  it.mode = "up";
  const dead = await it.queue({ n: 3 }, { "idempotency-key": "given-up" });
  assert.equal(dead.status, 409);
  assert.equal(dead.json.code, "write_dead");
  assert.equal(dead.json.write.id, id);
});

test("a body of more than 1 MiB passes, and is neither queued nor known again", async () => {
  const it = await vendor();
  const huge = { n: 1, text: "x".repeat(1_100_000) };
  for (let i = 0; i < 2; i++) assert.equal((await it.queue(huge, { "idempotency-key": "k" })).status, 201);
  it.mode = "down";
  assert.equal((await it.queue(huge)).status, 503);
  assert.equal((await bw.api("GET", `writes?account=${it.account.id}`)).items.length, 0);
});

test("a write of another login waits for a decision", async () => {
  const it = await vendor({ changes: { auth: { scheme: "bearer", token: { grant: "authorization_code", client: "body", identity: ["org"],
    authorize_url: "http://127.0.0.1:1/authorize", url: "http://127.0.0.1:1/token", keep: { org: "/org" } } } } });
  await bw.api("PATCH", `accounts/${it.account.id}`, { context: { org: "acme" } });
  it.mode = "down";
  const id = accepted(await it.queue({ n: 1 }));
  await bw.api("PATCH", `accounts/${it.account.id}`, { context: { org: "umbrella" } });
  it.mode = "up";
  assert.equal((await becomes(id, "needs_decision")).reason, "identity_changed");
  assert.deepEqual(it.seen(), []);
  await bw.api("POST", `writes/${id}/retry`);
  await becomes(id, "delivered");
});

test("wishes that cannot be read are refused", async () => {
  const it = await vendor();
  for (const headers of [{ "x-breakwater-queue": "perhaps" }, { "x-breakwater-queue-age": "99d" },
    { "x-breakwater-lane": "x".repeat(201) }, { "idempotency-key": "x".repeat(256) }]) {
    const answer = await it.queue({ n: 1 }, headers);
    assert.equal(answer.status, 400, JSON.stringify(headers));
    assert.equal(answer.json.code, "header_invalid");
  }
  assert.equal(it.requests, 0);
});

test("what cannot fit its vendor is refused before it is queued, with the places", async () => {
  const it = await vendor({ changes: { resources: { things: { methods: { create: { verb: "POST", path: "/things", request_schema:
    { type: "object", properties: { n: { type: "integer" }, name: { type: "string" } }, required: ["n"] } } } } } } });
  it.mode = "down";
  for (const headers of [{ "x-breakwater-queue": "on-failure" }, { "x-breakwater-queue": "always" }]) {
    const refused = await it.post({ n: "one", name: 2 }, headers);
    assert.equal(refused.status, 422, refused.text);
    assert.equal(refused.json.code, "record_invalid");
    assert.deepEqual(refused.json.faults.map(({ pointer }) => pointer).sort(), ["/n", "/name"]);
  }
  const good = accepted(await it.queue({ n: 1 }));
  const behind = await it.queue({ n: "two" });
  assert.equal(behind.status, 422, "it would have waited behind the other");
  it.mode = "up";
  await becomes(good, "delivered");
  // What is not queued is the vendor's to judge.
  assert.equal((await it.queue({ n: "three" })).status, 201);
  assert.equal((await it.post({ n: "four" })).status, 201);
  assert.deepEqual(it.seen(), [1, "three", "four"]);
});

// What a daemon of its own, with these flags, gets from a vendor in that mode.
async function alone(flags, it) {
  const other = await breakwater({ flags });
  await other.put(plain("ledger", it.url, {
    resources: { things: { methods: { create: { verb: "POST", path: "/things" }, list: { verb: "GET", path: "/things" } } } },
    resilience: { retry: once, writes: { base: "1h", max: "1h" } } }));
  const account = await other.account("ledger");
  const token = await other.callKey();
  other.post = (body, headers) => ask(`${other.proxy(account)}/things`, { method: "POST", body: JSON.stringify(body),
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers } });
  other.writes = async () => (await other.api("GET", "writes")).items;
  return other;
}

const on = { "x-breakwater-queue": "on-failure" }, always = { "x-breakwater-queue": "always" };

test("a disk with only its reserve left queues nothing, and still keeps what was begun", async () => {
  const it = await ledger();
  const other = await alone(["--disk-reserve", "100"], it);
  it.mode = "down";
  for (const headers of [on, always]) {
    const refused = await other.post({ n: 1 }, headers);
    assert.equal(refused.status, 503);
    assert.equal(refused.json.code, "disk_reserved");
    assert.ok(refused.headers["retry-after"]);
  }
  assert.deepEqual(await other.writes(), []);
  it.mode = "up";
  assert.equal((await other.post({ n: 2 }, { ...on, "idempotency-key": "k" })).status, 201);
  assert.equal((await other.post({ n: 2 }, { ...on, "idempotency-key": "k" })).headers["idempotency-replayed"], "true");
  it.mode = "lose";
  assert.equal((await other.post({ n: 3 }, on)).status, 504);
  assert.deepEqual((await other.writes()).map(({ state }) => state).sort(), ["delivered", "needs_decision"]);
  const metrics = await (await fetch(`${other.url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } })).text();
  assert.match(metrics, /^breakwater_disk_reserved 1$/m);
  await other.stop();
});

test("the queued writes of an environment take what they may", async () => {
  const it = await ledger();
  const other = await alone(["--queue-environment-bytes-max", "1048576"], it);
  it.mode = "down";
  const big = { text: "x".repeat(600_000) };
  const first = accepted(await other.post(big, on));
  for (const headers of [{ ...on, "x-breakwater-lane": "b" }, { ...always, "x-breakwater-lane": "c" }, on]) {
    const refused = await other.post(big, headers);
    assert.equal(refused.status, 503, refused.text);
    assert.equal(refused.json.code, "queue_quota");
  }
  await other.api("POST", `writes/${first}/cancel`);
  accepted(await other.post(big, on));
  await other.stop();
});
