// Reads that survive: fresh and stale answers, what ends them, who shares them, and whose
// they are. The vendor is the test's own, which counts what it is asked.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { adminKey, breakwater, sleep, stopAll, until } from "./support/run.mjs";
import { json, scriptedVendor } from "./support/scripted.mjs";
import { shell } from "./support/shell.mjs";
import { ask } from "./support/wire.mjs";

let bw, key;

before(async () => {
  bw = await breakwater();
  key = await bw.callKey();
});
after(stopAll);

const methods = {
  list: { verb: "GET", path: "/things" },
  get: { verb: "GET", path: "/things/{id}" },
  search: { verb: "POST", path: "/things/search", safe: true },
  create: { verb: "POST", path: "/things" },
};
const quick = { timeouts: { first_byte: "20s" }, retry: { server: { retries: 0 }, timeout: { retries: 0 }, network: { retries: 0 } } };

// A vendor, its document, an account; answers count up unless the test says otherwise.
async function place(name, { cache, resources, resilience, ...more } = {}, daemon = bw) {
  let n = 0;
  const vendor = await scriptedVendor((request, response) => json(response, { n: ++n, path: request.path }));
  await daemon.put(plain(name, vendor.url, {
    cache: { proxy: "fresh", hold_off: "1h", ...cache },
    resilience: { ...quick, ...resilience },
    resources: resources ?? { things: { methods }, others: { methods: { get: { verb: "GET", path: "/others/{id}" } } } },
    ...more,
  }));
  const account = await daemon.account(name, { external_id: name });
  const call = (path, headers = {}, rest = {}) =>
    ask(`${daemon.proxy(account)}${path}`, { ...rest, headers: { authorization: `Bearer ${key}`, ...headers } });
  return Object.assign(call, { vendor, account });
}

const freshness = (answer) => answer.headers["x-data-freshness"];
const fails = (status = 503) => (_, response) => json(response, { error: "down" }, {}, status);

test("a fresh answer does not ask the vendor, and says how old it is", async () => {
  const call = await place("fresh");
  const first = await call("/things/1", { "x-some": "1" });
  assert.equal(freshness(first), "live");
  assert.equal(first.headers.age, undefined);
  const second = await call("/things/1");
  assert.equal(second.status, 200);
  assert.equal(freshness(second), "fresh");
  assert.match(second.headers.age, /^\d+$/);
  assert.equal(second.text, first.text);
  assert.equal(second.headers["content-type"], "application/json");
  assert.equal(second.headers["x-breakwater-attempts"], "0");
  assert.equal(call.vendor.count(), 1);
});

test("a proxied call gets no fresh answer unless it or the document asks", async () => {
  const call = await place("careful", { cache: { proxy: undefined } });
  for (let i = 0; i < 3; i++) assert.equal(freshness(await call("/things/1")), "live");
  assert.equal(freshness(await call("/things/1", { "x-breakwater-cache": "fresh" })), "fresh");
  assert.equal(call.vendor.count(), 3);
  call.vendor.answer = fails();
  const old = await call("/things/1");
  assert.equal(old.status, 200);
  assert.equal(freshness(old), "stale");
  assert.equal((await call("/things/1", { "x-breakwater-cache": "off" })).status, 503);
});

test("a call that matches no method is never kept", async () => {
  const call = await place("unmatched");
  await call("/elsewhere", { "x-breakwater-cache": "fresh" });
  assert.equal(freshness(await call("/elsewhere", { "x-breakwater-cache": "fresh" })), "live");
  call.vendor.answer = fails();
  assert.equal((await call("/elsewhere", { "x-breakwater-cache": "stale" })).status, 503);
});

test("the query's order does not matter, its content does", async () => {
  const call = await place("queries");
  await call("/things?a=1&b=2");
  assert.equal(freshness(await call("/things?b=2&a=1")), "fresh");
  assert.equal(freshness(await call("/things?a=1&b=3")), "live");
  assert.equal(freshness(await call("/things")), "live");
  assert.equal(freshness(await call("/things?a=2&a=1")), "live");
  assert.equal(freshness(await call("/things?a=1&a=2")), "live", "the order of one name's values may mean something");
});

test("a safe search is told apart by its body", async () => {
  const call = await place("searches");
  const search = (text) => call("/things/search", { "content-type": "application/json", "content-length": text.length }, { method: "POST", body: text });
  assert.equal(freshness(await search('{"q":1}')), "live");
  assert.equal(freshness(await search('{"q":1}')), "fresh");
  assert.equal(freshness(await search('{"q":2}')), "live");
  assert.equal(call.vendor.count(), 2);
  assert.equal(call.vendor.seen[1].body, '{"q":2}', "what was looked at is still sent");
});

test("no-cache asks the vendor, and what it says is kept", async () => {
  const call = await place("no-cache");
  const one = await call("/things/1");
  const two = await call("/things/1", { "cache-control": "no-cache" });
  assert.equal(freshness(two), "live");
  assert.notEqual(two.text, one.text);
  assert.equal((await call("/things/1")).text, two.text);
  call.vendor.answer = fails();
  assert.equal((await call("/things/1", { "cache-control": "no-cache" })).status, 503);
});

test("accounts and logins never share an answer", async () => {
  const call = await place("apart");
  await call("/things/1");
  const other = await bw.account("apart", { external_id: "apart-2" });
  const answer = await ask(`${bw.proxy(other)}/things/1`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(freshness(answer), "live");
  await bw.api("PUT", `accounts/${call.account.id}/credentials`, { credentials: { token: "another-login" } });
  const after = await call("/things/1");
  assert.equal(freshness(after), "live", "new credentials may be another login's");
  assert.equal(call.vendor.seen.at(-1).headers.authorization, "Bearer another-login");
});

for (const [what, answer] of [
  ["that fails", fails(500)],
  ["that breaks off", (_, response) => response.destroy()],
  ["that breaks off in the middle", (_, response) => { response.writeHead(500, { "content-length": 100 }); response.write("half"); response.destroy(); }],
]) {
  test(`a vendor ${what} is stood in for by the old answer`, async () => {
    const call = await place(`outage-${what.replaceAll(" ", "-")}`, { cache: { fresh: "0s" } });
    const first = await call("/things/1");
    call.vendor.answer = answer;
    const old = await call("/things/1");
    assert.equal(old.status, 200);
    assert.equal(old.text, first.text);
    assert.equal(freshness(old), "stale");
    assert.match(old.headers.age, /^\d+$/);
    assert.match(old.headers["x-breakwater-note"], /^stale after: /);
    assert.equal((await call("/things/2")).status >= 500, true, "without an old answer it is the vendor's");
  });
}

test("a vendor that says no is heard, and not stood in for", async () => {
  const call = await place("refuses", { cache: { fresh: "0s" } });
  await call("/things/1");
  for (const status of [400, 401, 403, 404, 422]) {
    call.vendor.answer = fails(status);
    assert.equal((await call("/things/1")).status, status);
  }
});

test("an old answer is given while the breaker is open", async () => {
  const breaker = { failures: 1, open: "1h", open_max: "1h" };
  const call = await place("breaker", { cache: { fresh: "0s", hold_off: "0s" }, resilience: { account_breaker: breaker } });
  const first = await call("/things/1");
  call.vendor.answer = fails();
  assert.equal((await call("/others/1")).status, 503);
  const asked = call.vendor.count();
  const old = await call("/things/1");
  assert.equal(old.text, first.text);
  assert.equal(freshness(old), "stale");
  assert.equal(old.headers["x-breakwater-breaker"], "open");
  assert.equal(call.vendor.count(), asked);
});

test("with an old answer at hand a slow vendor has two seconds, and is asked further behind", async () => {
  // So long that nothing but the two seconds can end the wait.
  const call = await place("slow", { cache: { fresh: "0s" }, resilience: { timeouts: { first_byte: "30m", total: "30m" } } });
  const first = await call("/things/1");
  const waiting = [];
  call.vendor.answer = (request, response) => waiting.push(response);
  const old = await call("/things/1");
  assert.equal(old.text, first.text);
  assert.equal(freshness(old), "stale");
  await until("the request behind", () => call.vendor.count() === 3);
  json(waiting.at(-1), { n: "late" });
  await until("the late answer", async () => (await call("/things/1", { "x-breakwater-cache": "stale" })).text.includes("late"));
  assert.equal(call.vendor.seen[2].headers.authorization, "Bearer vendor-secret-token");
});

test("after a failure the vendor is left alone for the hold-off", async () => {
  const call = await place("held-off", { cache: { fresh: "0s", hold_off: "1h" } });
  await call("/things/1");
  call.vendor.answer = fails();
  assert.equal(freshness(await call("/things/1")), "stale");
  await until("the request behind", () => call.vendor.count() === 3);
  for (let i = 0; i < 5; i++) assert.equal(freshness(await call("/things/1")), "stale");
  assert.equal(call.vendor.count(), 3, "one try, one behind, and none for the five");
});

test("the hold-off ends, and the vendor is asked again", async () => {
  const call = await place("held-shortly", { cache: { fresh: "0s", hold_off: "300ms" } });
  await call("/things/1");
  const good = call.vendor.answer;
  call.vendor.answer = fails();
  assert.equal(freshness(await call("/things/1")), "stale");
  call.vendor.answer = good;
  await until("a live answer", async () => freshness(await call("/things/1")) === "live");
});

test("a throttle passes, unless the caller would rather have an old answer", async () => {
  const call = await place("throttled", { cache: { fresh: "0s" } });
  const first = await call("/things/1");
  call.vendor.answer = (_, response) => json(response, {}, { "retry-after": "30" }, 429);
  assert.equal((await call("/things/1")).status, 429);
  const old = await call("/things/1", { "x-breakwater-stale": "on-limit" });
  assert.equal(old.text, first.text);
  assert.equal(freshness(old), "stale");
  assert.equal((await call("/things/1", { "x-breakwater-stale": "often" })).status, 400);
});

for (const [validator, header, value] of [
  ["etag", "if-none-match", '"v1"'],
  ["last-modified", "if-modified-since", "Sun, 22 Nov 2026 08:15:00 GMT"],
]) {
  test(`an answer with ${validator} is asked about, and renewed by a 304`, async () => {
    const call = await place(`validates-${validator}`);
    call.vendor.answer = (request, response) =>
      request.headers[header] === value
        ? response.writeHead(304, { [validator]: value, "x-renewed": "yes", "cache-control": "max-age=300" }).end()
        : json(response, { big: "body" }, { [validator]: value, "cache-control": "max-age=1" });
    const first = await call("/things/1");
    await until("the answer to grow old", async () => freshness(await call("/things/1")) === "live");
    const renewed = await call("/things/1");
    assert.equal(freshness(renewed), "fresh");
    assert.equal(renewed.status, 200);
    assert.equal(renewed.text, first.text);
    assert.equal(renewed.headers["x-renewed"], "yes");
    assert.equal(call.vendor.count(), 2);
    assert.equal(call.vendor.seen[0].headers[header], undefined);
    assert.equal(call.vendor.seen[1].headers[header], value);
  });
}

test("a caller's own copy is confirmed from a fresh answer", async () => {
  const call = await place("conditions");
  call.vendor.answer = (request, response) => json(response, { a: 1 }, { etag: '"v1"' });
  await call("/things/1");
  const same = await call("/things/1", { "if-none-match": 'W/"v0", "v1"' });
  assert.equal(same.status, 304);
  assert.equal(same.text, "");
  assert.equal(same.headers.etag, '"v1"');
  assert.equal((await call("/things/1", { "if-none-match": '"v2"' })).status, 200);
  assert.equal(call.vendor.count(), 1);
});

test("a request for a part goes to the vendor", async () => {
  const call = await place("parts");
  await call("/things/1");
  await call("/things/1", { range: "bytes=0-3" });
  assert.equal(call.vendor.count(), 2);
  assert.equal(call.vendor.seen[1].headers.range, "bytes=0-3");
});

test("a write ends the freshness of its resource, and of no other", async () => {
  const call = await place("writes");
  await call("/things/1");
  await call("/others/1");
  await call("/things", { "content-type": "application/json" }, { method: "POST", body: "{}" });
  assert.equal(freshness(await call("/others/1")), "fresh");
  assert.equal(freshness(await call("/things/1")), "live");
  call.vendor.answer = fails(422);
  await call("/things", {}, { method: "POST", body: "{}" });
  assert.equal(freshness(await call("/things/1")), "fresh", "what was refused has changed nothing");
});

test("a read that was under way before a write is not fresh after it", async () => {
  const call = await place("overtaken");
  const waiting = [];
  const good = call.vendor.answer;
  call.vendor.answer = (request, response) => (request.method === "GET" ? waiting.push(response) : json(response, {}));
  const early = call("/things/1");
  await until("the read", () => waiting.length === 1);
  await call("/things", {}, { method: "POST", body: "{}" });
  json(waiting[0], { n: "before the write" });
  await early;
  call.vendor.answer = good;
  assert.equal(freshness(await call("/things/1")), "live");
});

test("identical reads in flight are one call", async () => {
  const call = await place("shared");
  const waiting = [];
  call.vendor.answer = (request, response) => waiting.push(response);
  const calls = Array.from({ length: 20 }, () => call("/things/1"));
  await until("the one call", () => waiting.length === 1);
  await until("the others to wait", async () => (await metric("breakwater_cache_waiting")) === 19);
  json(waiting[0], { n: 1 });
  const answers = await Promise.all(calls);
  assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set(['{"n":1}']));
  assert.equal(call.vendor.count(), 1);
});

test("when the one who asked leaves, the next asks", async () => {
  const call = await place("led");
  const waiting = [];
  call.vendor.answer = (request, response) => waiting.push(response);
  const leaving = new AbortController();
  const first = call("/things/1", {}, { signal: leaving.signal }).catch(() => "left");
  await until("the first call", () => waiting.length === 1);
  const second = call("/things/1");
  await until("the second to wait", async () => (await metric("breakwater_cache_waiting")) === 1);
  leaving.abort();
  assert.equal(await first, "left");
  await until("the next call", () => waiting.length === 2);
  json(waiting[1], { n: 2 });
  assert.equal((await second).text, '{"n":2}');
});

test("an answer that may not be kept is not shared", async () => {
  const call = await place("private");
  const waiting = [];
  call.vendor.answer = (request, response) => waiting.push(response);
  const calls = [call("/things/1"), call("/things/1"), call("/things/1")];
  await until("the one call", () => waiting.length === 1);
  await until("the others to wait", async () => (await metric("breakwater_cache_waiting")) === 2);
  call.vendor.answer = (request, response) => json(response, { n: call.vendor.count() }, { "cache-control": "no-store" });
  json(waiting[0], { n: 1 }, { "cache-control": "no-store" });
  const texts = (await Promise.all(calls)).map(({ text }) => text);
  assert.equal(new Set(texts).size, 3);
  assert.equal(call.vendor.count(), 3);
});

// What the vendor says of keeping: name, headers, and how the next read comes.
for (const [what, headers, next, cache = {}] of [
  ["no-store", { "cache-control": "private, no-store" }, "live"],
  ["no-store that the document ignores", { "cache-control": "no-store" }, "fresh", { vendor: "ignore" }],
  ["no-cache", { "cache-control": "no-cache" }, "live"],
  ["max-age=0", { "cache-control": "max-age=0, must-revalidate" }, "live"],
  ["a long max-age", { "cache-control": "max-age=100000" }, "fresh"],
  ["private", { "cache-control": "private" }, "fresh"],
  ["Expires in the past", { expires: "0" }, "live"],
  ["Vary: *", { vary: "*" }, "live"],
  ["Set-Cookie", { "set-cookie": "a=b" }, "fresh"],
]) {
  test(`of an answer with ${what} the next read is ${next}`, async () => {
    const call = await place(`says-${what.toLowerCase().replaceAll(/[^a-z]+/g, "-")}x`, { cache });
    call.vendor.answer = (request, response) => json(response, { n: 1 }, headers);
    await call("/things/1");
    const second = await call("/things/1");
    assert.equal(freshness(second), next);
    if (next === "fresh") assert.equal(second.headers["set-cookie"], undefined);
  });
}

test("Vary and vary_by tell answers apart", async () => {
  const call = await place("varies", { cache: { vary_by: ["X-Tenant"] } });
  call.vendor.answer = (request, response) => json(response, { n: call.vendor.count() }, { vary: "Accept-Encoding, X-Flavor" });
  await call("/things/1", { "x-flavor": "a", "x-tenant": "1" });
  assert.equal(freshness(await call("/things/1", { "x-flavor": "a", "x-tenant": "1" })), "fresh");
  assert.equal(freshness(await call("/things/1", { "x-flavor": "a", "x-tenant": "2" })), "live");
  assert.equal(freshness(await call("/things/1", { "x-flavor": "b", "x-tenant": "1" })), "live");
  assert.equal(freshness(await call("/things/1", { "x-tenant": "1" })), "live");
});

// Answers that are not whole, or too much.
for (const [what, answer] of [
  ["cut short of its length", (_, response) => { response.writeHead(200, { "content-length": 100 }); response.write("{}"); setTimeout(() => response.destroy(), 50); }],
  ["cut in the middle of its chunks", (_, response) => { response.writeHead(200); response.write("{}"); setTimeout(() => response.destroy(), 50); }],
  ["larger than what is kept", (_, response) => response.end("x".repeat((1 << 20) + 1))],
  ["larger than what is kept, with its length", (_, response) => json(response, "x".repeat((1 << 20) + 1))],
]) {
  test(`an answer ${what} is not kept`, async () => {
    const call = await place(`hostile-${what.replaceAll(/[^a-z]+/g, "-")}`);
    call.vendor.answer = answer;
    await call("/things/1").catch(() => {});
    await call("/things/1").catch(() => {});
    assert.equal(call.vendor.count(), 2);
  });
}

test("a large answer comes whole from the cache, also to one who reads slowly", async () => {
  const call = await place("large");
  const text = "0123456789abcdef".repeat(1 << 16);
  call.vendor.answer = (_, response) => json(response, text);
  const slowly = () => fetch(`${bw.proxy(call.account)}/things/1`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(await (await slowly()).text(), text);
  const response = await slowly();
  assert.equal(response.headers.get("x-data-freshness"), "fresh");
  await sleep(300);
  assert.equal(await response.text(), text);
  assert.equal(call.vendor.count(), 1);
});

async function metric(name, daemon = bw) {
  const response = await fetch(`${daemon.url}/metrics`);
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(await response.text())?.[1]);
}

// A daemon of its own, that may be stopped and started again on the same data.
async function own(name, flags = []) {
  const daemon = await breakwater({ flags });
  const call = await place(name, {}, daemon);
  return { daemon, call };
}

async function again({ daemon, call }, signal, flags = []) {
  await daemon.stop(signal);
  const next = await breakwater({ data: daemon.home, flags });
  const callKey = await next.callKey();
  return Object.assign((path, headers = {}) => ask(`${next.proxy(call.account)}${path}`, { headers: { authorization: `Bearer ${callKey}`, ...headers } }),
    { daemon: next, vendor: call.vendor });
}

test("a restart keeps what was kept", async () => {
  const first = await own("restarted");
  const ownKey = await first.daemon.callKey();
  const kept = await first.call("/things/1", { authorization: `Bearer ${ownKey}` });
  const call = await again(first, "SIGTERM");
  const answer = await call("/things/1");
  assert.equal(freshness(answer), "fresh");
  assert.equal(answer.text, kept.text);
  assert.equal(call.vendor.count(), 1);
});

test("kill -9 keeps it as well, and takes nothing for fresh", async () => {
  const first = await own("killed");
  const ownKey = await first.daemon.callKey();
  const kept = await first.call("/things/1", { authorization: `Bearer ${ownKey}` });
  await until("the disk", async () => (await first.daemon.api("GET", "cache")).disk_bytes > 0);
  const call = await again(first, "SIGKILL");
  call.vendor.answer = fails();
  const answer = await call("/things/1");
  assert.equal(freshness(answer), "stale");
  assert.equal(answer.text, kept.text);
});

test("what was purged is gone, after kill -9 too, and what is kept is listed", async () => {
  const first = await own("purged");
  const ownKey = await first.daemon.callKey();
  const ask1 = (path) => first.call(path, { authorization: `Bearer ${ownKey}` });
  await ask1("/things/1");
  await ask1("/others/1");
  const listed = await first.daemon.api("GET", `cache/entries?account=purged`);
  assert.deepEqual(listed.items.map(({ method }) => method).sort(), ["others.get", "things.get"]);
  assert.deepEqual(await first.daemon.api("DELETE", "cache?account=purged&resource=things").then(({ entries }) => entries), 1);
  const call = await again(first, "SIGKILL");
  call.vendor.answer = fails();
  assert.equal((await call("/things/1")).status, 503);
  assert.equal(freshness(await call("/others/1")), "stale");
  const audit = await call.daemon.api("GET", `audit?object=${first.call.account.id}`);
  assert.ok(audit.items.some(({ action }) => action === "cache.purge"));
});

test("the command line shows and purges", async () => {
  const call = await place("by-cli");
  await call("/things/1");
  const cli = async (...args) => (await shell(`breakwater ${args.join(" ")} --url ${bw.url} --key ${adminKey}`)).out;
  assert.match(await cli("cache", "show"), /bytes_max/);
  assert.match(await cli("cache", "list", "--account", "by-cli"), /things\.get/);
  assert.match(await cli("cache", "purge", "--account", "by-cli"), /entries\s+1/);
  assert.match(await cli("cache", "list", "--account", "by-cli"), /no kept answers/);
});

test("memory stays within its bound, whatever is read", async () => {
  const flags = ["--cache-bytes-max", "2000000", "--cache-environment-bytes-max", "1048576"];
  const { daemon, call } = await own("bounded", flags);
  const ownKey = await daemon.callKey();
  call.vendor.answer = (request, response) => json(response, "x".repeat(50_000));
  for (let i = 0; i < 60; i++) assert.equal((await call(`/things/${i}`, { authorization: `Bearer ${ownKey}` })).status, 200);
  const stats = await daemon.api("GET", "cache");
  assert.ok(stats.bytes <= 1048576, `${stats.bytes}`);
  assert.ok(stats.evicted > 30);
  assert.equal(freshness(await call("/things/59", { authorization: `Bearer ${ownKey}` })), "fresh");
});

test("without a cache every read is live", async () => {
  const { daemon, call } = await own("none", ["--cache-bytes-max", "0"]);
  const ownKey = await daemon.callKey();
  for (let i = 0; i < 2; i++) assert.equal(freshness(await call("/things/1", { authorization: `Bearer ${ownKey}` })), "live");
  assert.equal(call.vendor.count(), 2);
});

test("an account that must be connected again still has its old answers", async () => {
  const call = await place("reauth", { auth: { scheme: "bearer", check: "/me" } });
  const first = await call("/things/1");
  call.vendor.answer = fails(401);
  const state = async () => (await bw.api("GET", `accounts/${call.account.id}`)).state;
  for (const path of ["/things/2", "/others/1", "/others/2", "/things/3"]) assert.equal((await call(path)).status, 401);
  await until("the account's state", async () => (await state()) === "needs_reauth");
  const asked = call.vendor.count();
  const old = await call("/things/1");
  assert.equal(old.text, first.text);
  assert.equal((await call("/things/2")).json.code, "account_needs_reauth");
  assert.equal((await call("/things", {}, { method: "POST", body: "{}" })).json.code, "account_needs_reauth");
  assert.equal(call.vendor.count(), asked);
});

// A unified resource of a vendor of the test's own.
async function contacts(name, response = '{"id": id, "first_name": first}') {
  const get = { method: "people.get", request: { path: '{"id": $request.id}' } };
  const unified = { crm: { contacts: { response, list: { method: "people.list" }, get, update: { method: "people.update", request: { path: '{"id": $request.id}', body: '{"first": first_name}' } } } } };
  const resources = { people: { methods: { list: { verb: "GET", path: "/people" }, get: { verb: "GET", path: "/people/{id}" }, update: { verb: "PATCH", path: "/people/{id}" } } } };
  const document = { unified, resources, pagination: { kind: "none", records: "/people" } };
  const call = await place(name, document);
  let n = 0;
  call.vendor.answer = (request, response) =>
    json(response, request.path === "/people" ? { people: [{ id: "1", first: `Ada ${++n}` }] } : { id: "1", first: `Ada ${++n}` });
  const read = (path, headers = {}, rest = {}) => ask(`${bw.url}/unified/crm/contacts${path}${path.includes("?") ? "&" : "?"}account=${name}`,
    { ...rest, headers: { authorization: `Bearer ${key}`, ...headers } });
  return Object.assign(read, { vendor: call.vendor, account: call.account, document: (changes) => ({ ...plain(name, call.vendor.url, { ...document, resilience: quick }), ...changes }) });
}

test("a unified read is fresh without asking or mapping again, and says so", async () => {
  const read = await contacts("unified-fresh");
  const first = await read("/1");
  assert.equal(first.status, 200, first.text);
  assert.equal(freshness(first), "live");
  const second = await read("/1");
  assert.equal(freshness(second), "fresh");
  assert.match(second.headers.age, /^\d+$/);
  assert.equal(second.text, first.text);
  await read("?limit=5");
  assert.equal(freshness(await read("?limit=5")), "fresh");
  assert.equal(freshness(await read("/1?original=true")), "fresh", "out of what the vendor said before");
  assert.equal(read.vendor.count(), 2);
  assert.ok((await bw.api("GET", "cache")).mapped >= 3);
  await until("the log line", () => bw.log("call").some((l) => l.integration === "unified-fresh" && l.freshness === "fresh"));
});

test("a changed mapping maps what is kept again, without a call", async () => {
  const read = await contacts("remapped");
  await read("/1");
  const changed = read.document();
  changed.unified.crm.contacts.response = '{"id": id, "first_name": "Countess " & first}';
  await bw.put(changed);
  const answer = await until("the new mapping", async () => {
    const one = await read("/1");
    return one.json.data.first_name.startsWith("Countess") && one;
  });
  assert.equal(answer.json.data.first_name, "Countess Ada 1");
  assert.equal(freshness(answer), "fresh");
  assert.equal(read.vendor.count(), 1);
});

test("a unified write ends the freshness of what was read", async () => {
  const read = await contacts("unified-write");
  await read("/1");
  await read("?limit=5");
  const written = await read("/1", { "content-type": "application/json" }, { method: "PATCH", body: '{"first_name":"Grace"}' });
  assert.equal(written.status, 200, written.text);
  assert.equal(freshness(await read("/1")), "live");
  assert.equal(freshness(await read("?limit=5")), "live");
});

test("a unified read is stale when the vendor cannot answer, and no-cache hears that he cannot", async () => {
  const read = await contacts("unified-stale");
  const first = await read("/1");
  await bw.put(read.document({ cache: { fresh: "0s" } }));
  read.vendor.answer = fails();
  const old = await until("an old answer", async () => {
    const one = await read("/1");
    return freshness(one) === "stale" && one;
  });
  assert.deepEqual(old.json.data, first.json.data);
  assert.equal((await read("/1", { "cache-control": "no-cache" })).status, 503);
  assert.equal((await read("/2")).status, 503);
});

test("a whole list is read from the vendor", async () => {
  const read = await contacts("unified-all");
  await read("?limit=5");
  await read("?all=true");
  assert.equal(read.vendor.count(), 2);
});
