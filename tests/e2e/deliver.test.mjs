// Events on their way to the product: signed, tried again, in order, and never anywhere
// they must not go.
import assert from "node:assert/strict";
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { plain } from "./support/documents.mjs";
import { receiver } from "./support/receiver.mjs";
import { breakwater, folder, stopAll, until } from "./support/run.mjs";

const inside = { BREAKWATER_ENDPOINT_RANGES: "127.0.0.0/8", BREAKWATER_ENDPOINT_HTTP: "true" };
let bw;

before(async () => {
  bw = await breakwater({ env: inside });
  await bw.put(plain("shop", "https://shop.test"));
});
after(stopAll);

let serial = 0;
const tenant = () => bw.tenant(`tenant-${++serial}`);
const endpoint = (environment, it, more = {}) =>
  bw.api("POST", "endpoints", { environment: environment.id, url: it.url ?? it, ...more });
// One event of the environment: account.connected.
const happen = (environment) => bw.account("shop", { environment });
const deliveries = async (query) => (await bw.api("GET", `deliveries?${query}`)).items;
const becomes = (query, state) => until(`${query} ${state}`, async () => {
  const [now] = await deliveries(query);
  return now?.state === state && now;
});

test("an integration's breaker is told to endpoints of stages, an account's to its environment's", async () => {
  const mine = await tenant(), other = await tenant();
  const whole = await receiver(), own = await receiver(), elsewhere = await receiver();
  await bw.api("POST", "endpoints", { stage: bw.stage.id, url: whole.url, types: ["breaker.*"] });
  await endpoint(mine, own, { types: ["breaker.*"] });
  await endpoint(other, elsewhere, { types: ["breaker.*"] });
  const trips = { failures: 2 };
  await bw.put(plain("flaky", "http://127.0.0.1:9", { resilience: { breaker: trips, account_breaker: trips, retry: { network: { retries: 0 } } } }));
  const accounts = [await bw.account("flaky", { environment: mine, external_id: "f1" }), await bw.account("flaky", { environment: mine, external_id: "f2" })];
  const key = await bw.callKey();
  for (let i = 0; i < 3; i++)
    for (const account of accounts)
      await (await fetch(`${bw.proxy(account)}/x`, { headers: { authorization: `Bearer ${key}` } })).text();
  await until("the integration's breaker", () => whole.taken.some(({ json }) => json.data.breaker === "flaky" && json.type === "breaker.opened"));
  assert.ok(own.taken.every(({ json }) => json.data.environment === mine.id && json.data.account));
  assert.equal(elsewhere.taken.length, 0);
});

test("an event reaches the endpoint of its environment, signed", async () => {
  const mine = await tenant(), other = await tenant();
  const it = await receiver(), elsewhere = await receiver();
  const made = await endpoint(mine, it);
  await endpoint(other, elsewhere);
  const account = await happen(mine);
  await until("a delivery", () => it.taken.length);
  const [{ body, headers, json }] = it.taken;
  assert.equal(json.type, "account.connected");
  assert.equal(json.data.account, account.id);
  assert.equal(json.data.environment, mine.id);
  assert.match(headers["webhook-id"], /^evt_[0-9a-f]{16}$/);
  new Webhook(made.secret).verify(body, headers);
  assert.throws(() => new Webhook(made.secret).verify(body.replace("connected", "Connected"), headers));
  const done = await becomes(`endpoint=${made.id}`, "delivered");
  assert.equal(done.event, headers["webhook-id"]);
  assert.equal(elsewhere.taken.length, 0);
});

test("signatures verify by svix, and v1a by the public key alone", async () => {
  const mine = await tenant(), it = await receiver();
  const made = await endpoint(mine, it, { ed25519: true });
  await happen(mine);
  await until("a delivery", () => it.taken.length);
  const [{ body, headers }] = it.taken;
  new Svix(made.secret).verify(body, headers);
  new Webhook(made.secret).verify(body, headers);
  const signature = headers["webhook-signature"].split(" ").find((one) => one.startsWith("v1a,")).slice(4);
  assert.match(made.public_key, /^whpk_/);
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(made.public_key.slice(5), "base64")]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  assert.ok(verify(null, signed, key, Buffer.from(signature, "base64")));
  assert.ok(!verify(null, Buffer.concat([signed, Buffer.from(" ")]), key, Buffer.from(signature, "base64")));
});

test("filters choose types and accounts, and headers of its owner come along", async () => {
  const mine = await tenant();
  const first = await happen(mine);
  const all = await receiver(), none = await receiver(), one = await receiver();
  await endpoint(mine, all, { types: ["account.*"], headers: { Authorization: "Bearer t0p", "X-Team": "crm" } });
  await endpoint(mine, none, { types: ["record.*", "write.dead"] });
  const narrow = await endpoint(mine, one, { accounts: [first.id] });
  await happen(mine);
  await until("a delivery", () => all.taken.length);
  assert.equal(all.taken[0].headers.authorization, "Bearer t0p");
  assert.equal(all.taken[0].headers["x-team"], "crm");
  assert.equal(none.taken.length, 0);
  assert.equal((await deliveries(`endpoint=${narrow.id}`)).length, 0);
  const shown = await bw.api("GET", `endpoints?environment=${mine.id}`);
  assert.equal(shown.items.length, 3);
  assert.ok(!JSON.stringify(shown).includes("t0p") && !JSON.stringify(shown).includes("whsec_"));
});

test("a stage's endpoint gets the events of all of its environments", async () => {
  const mine = await tenant(), it = await receiver();
  const made = await bw.api("POST", "endpoints", { stage: bw.stage.id, url: it.url, types: ["account.connected"] });
  const a = await happen(mine), b = await happen(await tenant());
  await until("both", () => [a, b].every(({ id }) => it.taken.some(({ json }) => json.data.account === id)));
  await bw.api("DELETE", `endpoints/${made.id}`);
  await assert.rejects(bw.api("GET", `endpoints/${made.id}`), { status: 404 });
});

test("a failure is tried again under the same id and a new signature", async () => {
  const mine = await tenant(), it = await receiver({ answer: () => (it.taken.length === 1 ? { status: 500, body: "oops" } : 204) });
  const made = await endpoint(mine, it);
  await happen(mine);
  const done = await becomes(`endpoint=${made.id}`, "delivered");
  assert.equal(done.attempts, 2);
  assert.equal(it.taken[0].id, it.taken[1].id);
  assert.equal(it.taken[0].body, it.taken[1].body);
  for (const { body, headers } of it.taken) new Webhook(made.secret).verify(body, headers);
  const whole = await bw.api("GET", `deliveries/${done.id}`);
  assert.deepEqual(whole.attempt_list.map(({ number, status }) => [number, status]), [[1, 500], [2, 204]]);
  assert.equal(whole.attempt_list[0].exchange.body, "oops");
  assert.ok(whole.attempt_list[0].exchange.request_headers.some(([name]) => name === "webhook-signature"));
  const shy = await bw.callKey({ permissions: ["read"] });
  const seen = await bw.api("GET", `deliveries/${done.id}`, undefined, shy);
  assert.ok(seen.attempt_list.every(({ exchange }) => exchange === null));
});

test("Retry-After counts between the delay and twice that", async () => {
  const mine = await tenant();
  const short = await receiver({ answer: { status: 503, headers: { "retry-after": "1" } } });
  const long = await receiver({ answer: { status: 429, headers: { "retry-after": "3600" } } });
  const right = await receiver({ answer: { status: 503, headers: { "retry-after": "7" } } });
  for (const [it, least, most] of [[short, 4, 6], [long, 8, 12], [right, 7, 8]]) {
    const made = await endpoint(mine, it, { name: it.url });
    await happen(mine);
    const one = await until("an attempt", async () => (await deliveries(`endpoint=${made.id}`)).find(({ attempts }) => attempts === 1));
    const [attempt] = (await bw.api("GET", `deliveries/${one.id}`)).attempt_list;
    const delay = (Date.parse(one.due) - Date.parse(attempt.time) - attempt.duration_ms) / 1000;
    assert.ok(delay > least - 0.1 && delay < most + 0.1, `${delay} is not within ${least} and ${most}`);
    await bw.api("DELETE", `endpoints/${made.id}`);
  }
});

test("a redirect is a failure and is never followed", async () => {
  const mine = await tenant(), target = await receiver();
  const it = await receiver({ answer: { status: 307, headers: { location: target.url } } });
  const made = await endpoint(mine, it);
  await happen(mine);
  const one = await until("an attempt", async () => (await deliveries(`endpoint=${made.id}`)).find(({ attempts }) => attempts > 0));
  assert.equal(one.state, "pending");
  assert.equal(one.status, 307);
  assert.equal(target.taken.length, 0);
});

test("410 disables an endpoint; resumed, it takes what is replayed", async () => {
  const mine = await tenant(), alerts = await receiver(), it = await receiver({ answer: 410 });
  const made = await endpoint(mine, it, { concurrency: 1 });
  await endpoint(mine, alerts, { types: ["record.*"], alerts: true });
  await bw.api("POST", `endpoints/${made.id}/pause`);
  for (let i = 0; i < 3; i++) await happen(mine);
  await until("three to wait", async () => (await bw.api("GET", `endpoints/${made.id}`)).pending === 3);
  await bw.api("POST", `endpoints/${made.id}/resume`);
  await until("the end", async () => (await deliveries(`endpoint=${made.id}&state=dead`)).length === 3);
  const dead = await deliveries(`endpoint=${made.id}&state=dead`);
  assert.deepEqual(dead.map(({ reason }) => reason), ["disabled", "disabled", "gone"]);
  assert.equal(it.taken.length, 1);
  const now = await bw.api("GET", `endpoints/${made.id}`);
  assert.deepEqual([now.state, now.reason, now.pending], ["disabled", "gone", 0]);
  await until("the alert", () => alerts.types().includes("endpoint.disabled"));
  assert.ok(alerts.types().includes("delivery.dead"));
  await happen(mine);
  await assert.rejects(bw.api("POST", `deliveries/${dead[0].id}/replay`), { status: 409 });
  it.answer = 200;
  it.taken.length = 0;
  await bw.api("POST", `endpoints/${made.id}/resume`);
  const tried = await bw.api("POST", "deliveries/replay", { endpoint: made.id, dry_run: true });
  assert.equal(tried.deliveries.length, 3);
  assert.equal(it.taken.length, 0);
  await bw.api("POST", `deliveries/${dead[0].id}/replay`);
  const rest = await bw.api("POST", "deliveries/replay", { endpoint: made.id });
  assert.equal(rest.deliveries.length, 2);
  await until("all three", async () => (await deliveries(`endpoint=${made.id}&state=delivered`)).length === 3);
  assert.equal(new Set(it.ids()).size, 3);
  assert.deepEqual(new Set(it.ids()), new Set(dead.map(({ event }) => event)));
});

test("a secret that is rotated signs on beside the new one", async () => {
  const mine = await tenant(), it = await receiver();
  const made = await endpoint(mine, it);
  const next = await bw.api("POST", `endpoints/${made.id}/rotate`);
  assert.notEqual(next.secret, made.secret);
  assert.ok(Date.parse(next.rotated_until) - Date.now() > 23 * 3600_000);
  await happen(mine);
  await until("a delivery", () => it.taken.length === 1);
  for (const secret of [made.secret, next.secret]) new Webhook(secret).verify(it.taken[0].body, it.taken[0].headers);
  await assert.rejects(bw.api("POST", `endpoints/${made.id}/rotate`), { status: 409 });
  await assert.rejects(bw.api("POST", `endpoints/${made.id}/rotate`, { overlap: "1h" }), { status: 422 });
  const last = await bw.api("POST", `endpoints/${made.id}/rotate`, { immediate: true });
  await happen(mine);
  await until("another", () => it.taken.length === 2);
  new Webhook(last.secret).verify(it.taken[1].body, it.taken[1].headers);
  for (const secret of [made.secret, next.secret])
    assert.throws(() => new Webhook(secret).verify(it.taken[1].body, it.taken[1].headers));
});

test("a paused endpoint's events wait, and come in order when it is resumed", async () => {
  const mine = await tenant(), it = await receiver();
  const made = await endpoint(mine, it, { concurrency: 1 });
  await bw.api("POST", `endpoints/${made.id}/pause`);
  const accounts = [];
  for (let i = 0; i < 8; i++) accounts.push((await happen(mine)).id);
  await until("them to wait", async () => (await bw.api("GET", `endpoints/${made.id}`)).pending === 8);
  assert.equal(it.taken.length, 0);
  await bw.api("POST", `endpoints/${made.id}/resume`);
  await until("all", () => it.taken.length === 8);
  assert.deepEqual(it.taken.map(({ json }) => json.data.account), accounts);
  assert.equal(it.most, 1);
});

test("a test is sent whatever the filters, and to that endpoint alone", async () => {
  const mine = await tenant(), it = await receiver(), other = await receiver();
  const made = await endpoint(mine, it, { types: ["record.created"] });
  const beside = await endpoint(mine, other);
  const { event } = await bw.api("POST", `endpoints/${made.id}/test`);
  await until("the test", () => it.taken.length);
  assert.equal(it.taken[0].id, event);
  assert.equal(it.taken[0].json.type, "endpoint.test");
  const shown = await bw.api("GET", `events/${event}`);
  assert.equal(shown.deliveries, 1);
  assert.equal((await deliveries(`endpoint=${beside.id}`)).length, 0);
});

test("hanging, failing and slow endpoints hold up nobody else", async () => {
  const mine = await tenant(), good = await receiver();
  const release = [];
  const hangs = await receiver({ answer: () => undefined });
  const fails = await receiver({ answer: 500 });
  const slow = await receiver({ answer: () => new Promise((resolve) => release.push(() => resolve(200))) });
  const bad = [];
  for (const it of [hangs, fails, slow])
    for (let i = 0; i < 20; i++) bad.push(await endpoint(mine, { url: `${it.url}/${i}` }, { concurrency: 64, timeout: "60s" }));
  const made = await endpoint(mine, good);
  const accounts = [];
  for (let i = 0; i < 40; i++) accounts.push((await happen(mine)).id);
  await until("all that the good one gets", () => good.taken.length === 40);
  assert.equal(hangs.answered.length + slow.answered.length, 0);
  assert.deepEqual(new Set(good.taken.map(({ json }) => json.data.account)), new Set(accounts));
  assert.equal((await deliveries(`endpoint=${made.id}&state=delivered`)).length >= 39, true);
  for (const { id } of bad) await bw.api("DELETE", `endpoints/${id}`);
  for (const go of release) go();
});

test("what is changed holds for the next event; what is wrong is refused", async () => {
  const mine = await tenant(), before = await receiver(), now = await receiver();
  const made = await endpoint(mine, before, { name: "crm", headers: { "X-A": "1" } });
  const changed = await bw.api("PATCH", `endpoints/${made.id}`, { url: now.url, name: null, headers: { "X-B": "2" } });
  assert.deepEqual([changed.name, changed.url, changed.header_names], [null, now.url, ["X-B"]]);
  await happen(mine);
  await until("a delivery", () => now.taken.length);
  assert.deepEqual([now.taken[0].headers["x-a"], now.taken[0].headers["x-b"]], [undefined, "2"]);
  assert.equal(before.taken.length, 0);
  new Webhook(made.secret).verify(now.taken[0].body, now.taken[0].headers);
  for (const [more, status] of [
    [{ url: "ftp://x.test/" }, 422], [{ url: "/events" }, 422], [{ types: 7 }, 422], [{ secret: "whsec_c2hvcnQ=" }, 422],
    [{ headers: { "webhook-id": "mine" } }, 422], [{ headers: { Host: "x" } }, 422], [{ headers: { "X-A": "a\r\nb" } }, 422],
    [{ ordering: "sometimes" }, 422], [{ timeout: "2h" }, 422], [{ nonsense: 1 }, 422], [{ stage: bw.stage.id }, 422],
  ]) await assert.rejects(endpoint(mine, now, more), { status }, JSON.stringify(more));
  await assert.rejects(bw.api("PATCH", `endpoints/${made.id}`, { url: null }), { status: 422 });
  await assert.rejects(bw.api("PATCH", `endpoints/${made.id}`, { secret: "x" }), { status: 422 });
  const other = await tenant();
  const key = await bw.callKey({ permissions: ["read", "write", "replay"], environments: [other.id], stage: bw.stage.id });
  for (const [method, path] of [["GET", `endpoints/${made.id}`], ["DELETE", `endpoints/${made.id}`], ["POST", `endpoints/${made.id}/test`]])
    await assert.rejects(bw.api(method, path, undefined, key), { status: 404 });
  assert.equal((await bw.api("GET", "endpoints", undefined, key)).items.length, 0);
  assert.equal((await bw.api("GET", "deliveries", undefined, key)).items.length, 0);
  await assert.rejects(bw.api("POST", "endpoints", { stage: bw.stage.id, url: now.url }, key), { status: 403 });
  await assert.rejects(bw.api("POST", "deliveries/replay", { endpoint: made.id }, key), { status: 422 });
});

// --- never inside ---

const attempted = (b, id) => until("an attempt", async () => {
  const [one] = (await b.api("GET", `deliveries?endpoint=${id}`)).items;
  return one?.attempts > 0 && b.api("GET", `deliveries/${one.id}`);
});

test("an environment or a stage that has endpoints stays, and says so", async () => {
  const mine = await tenant(), stage = await bw.api("POST", "stages", { name: "empty", kind: "sandbox" });
  const endpoints = [await endpoint(mine, "https://one.test/"), await bw.api("POST", "endpoints", { stage: stage.id, url: "https://all.test/" })];
  for (const path of [`environments/${mine.id}`, `stages/${stage.id}`]) {
    await assert.rejects(bw.api("DELETE", path), { status: 409, message: /object_in_use.*It still has endpoints \(1\)/ });
  }
  for (const { id } of endpoints) await bw.api("DELETE", `endpoints/${id}`);
  await bw.api("DELETE", `environments/${mine.id}`);
  await bw.api("DELETE", `stages/${stage.id}`);
});

test("a master key that is rotated leaves endpoints what they sign with", async () => {
  const home = folder(), keys = join(home, "data/key"), it = await receiver();
  let own = await breakwater({ data: home, env: inside });
  await own.put(plain("shop", "https://shop.test"));
  const mine = await own.tenant();
  const made = await own.api("POST", "endpoints", { environment: mine.id, url: it.url, headers: { "x-mine": "kept" } });
  await own.account("shop", { environment: mine });
  await until("a delivery under the old key", () => it.taken.length === 1);
  await own.stop();
  const old = readFileSync(keys, "utf8").trim();
  writeFileSync(keys, `${old}\nmk_next ${randomBytes(32).toString("base64")}\n`);
  own = await breakwater({ data: home, env: inside });
  await own.api("POST", "master-keys/rotate", { master_key: "mk_next" });
  await until("all data keys under the new one", async () => (await own.api("GET", "master-keys")).needed.every(({ id }) => id === "mk_next"));
  await own.stop();
  // Nothing but the new key is there: whatever the old one had still sealed would be lost.
  writeFileSync(keys, readFileSync(keys, "utf8").split("\n").filter((line) => line !== old).join("\n"));
  own = await breakwater({ data: home, env: inside });
  await own.account("shop", { environment: mine });
  await until("a delivery under the new key", () => it.taken.length === 2);
  new Webhook(made.secret).verify(it.taken[1].body, it.taken[1].headers);
  assert.equal(it.taken[1].headers["x-mine"], "kept");
  await own.stop();
});

test("no delivery goes to a private network, however its address is written", async () => {
  const b = await breakwater({ env: { BREAKWATER_ENDPOINT_HTTP: "true" } });
  const it = await receiver();
  const mine = await b.tenant();
  await b.put(plain("shop", "https://shop.test"));
  for (const host of ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "10.1.2.3", "169.254.169.254", "192.168.1.1",
    "172.31.0.1", "100.64.0.1", "0.0.0.0", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "[ff02::1]"])
    await assert.rejects(b.api("POST", "endpoints", { environment: mine.id, url: `http://${host}:${it.port}/` }),
      (error) => error.status === 422 && error.problem.code === "address_refused", host);
  // Names are asked when they are connected to: localhost is loopback, and so may any name be.
  for (const host of ["localhost", "2130706433", "0x7f000001", "127.1", "0177.0.0.1"]) {
    const made = await b.api("POST", "endpoints", { environment: mine.id, url: `http://${host}:${it.port}/` }).catch((error) => {
      assert.equal(error.status, 422);
    });
    if (!made) continue;
    await b.api("POST", `endpoints/${made.id}/test`);
    const { attempt_list } = await attempted(b, made.id);
    assert.equal(attempt_list[0].status, null);
    if (host === "localhost") assert.match(attempt_list[0].fault, /no address that may be connected to/);
  }
  assert.equal(it.connections, 0);
  await b.stop();
});

test("plain http is refused unless it is allowed", async () => {
  const b = await breakwater();
  const mine = await b.tenant();
  await assert.rejects(b.api("POST", "endpoints", { environment: mine.id, url: "http://example.com/" }),
    (error) => error.problem.code === "address_refused" && /https/.test(error.message));
  const made = await b.api("POST", "endpoints", { environment: mine.id, url: "https://example.com/events" });
  await assert.rejects(b.api("PATCH", `endpoints/${made.id}`, { url: "http://example.com/" }), { status: 422 });
  await b.stop();
});
