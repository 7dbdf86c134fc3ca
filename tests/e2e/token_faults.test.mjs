// What goes wrong between Breakwater and a token endpoint: what a caller sees of it, what the
// account says, and what the authorization server's own log says.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { mishaps } from "./support/between.mjs";
import { renewed } from "./support/renewed.mjs";
import { stopAll, until } from "./support/run.mjs";

after(stopAll);

const json = { "content-type": "application/json" };

// With the first exchange behind it.
async function started(more = {}) {
  const it = await renewed({ way: true, ...more });
  await it.refreshes(1);
  it.lastToken = async () => (await it.server.log()).calls.at(-1).token;
  it.good = async () => {
    const answer = await it.call();
    assert.equal(answer.status, 200, answer.text);
    return it.lastToken();
  };
  // The account, once it is so and no exchange is under way.
  it.shown = (what, is) => until(what, async () => {
    const account = await it.show();
    return !account.token.renewing && is(account) && account;
  });
  // One exchange more, and the account after it has failed, or not.
  it.fails = async () => {
    const { failures } = (await it.show()).token;
    await it.renew();
    return it.shown("the failure", ({ token }) => token.failures > failures);
  };
  it.renews = async () => {
    const { credential_version: version } = await it.show();
    await it.renew();
    return it.shown("the renewal", (account) => account.credential_version > version);
  };
  return it;
}

// --- the server has not heard of it -----------------------------------------------------

const unheard = {
  "hangs": { mishap: mishaps.hang, says: /no answer began within the first-byte limit/, timeouts: { first_byte: "2s" } },
  "answers 500": { mishap: mishaps.says(500), says: /answered 500/ },
  "answers 503": { mishap: mishaps.says(503, "<html>down</html>"), says: /answered 503/ },
  "answers 503 with a word that means a person": { mishap: mishaps.says(503, '{"error":"invalid_grant"}', json), says: /503, invalid_grant/ },
  "answers 429": { mishap: mishaps.says(429), says: /answered 429/ },
  "cuts the connection": { mishap: mishaps.cut, says: /connection/i },
  "answers with a status page": { mishap: mishaps.says(200, "<html>Welcome</html>"), says: /answered 200 without a token/ },
  "answers 200 with an error that may pass": { mishap: mishaps.says(200, '{"error":"temporarily_unavailable"}', json), says: /200, temporarily_unavailable/ },
  "answers with an empty 400": { mishap: mishaps.says(400), says: /answered 400/, isRefusal: true },
  "does not know the app": { mishap: mishaps.says(401, '{"error":"invalid_client"}', json), says: /invalid_client/, isRefusal: true },
};

for (const [what, { mishap, says, isRefusal, timeouts }] of Object.entries(unheard))
  test(`a token endpoint that ${what}: the old token serves, and the next exchange is good`, async () => {
    const { server, way, bw, good, fails, renews } = await started({ changes: { resilience: { timeouts } } });
    const old = await good();
    way.always = mishap;
    const failing = await fails();
    assert.match(failing.token.fault, says);
    assert.equal(failing.trouble, null);
    assert.match(failing.warnings[0], /^1 attempt to renew its token failed; the present one works until 20/);
    assert.equal(failing.state, isRefusal ? "degraded" : "active");
    assert.equal((await fails()).state, "degraded", "twice in a row");
    assert.equal(await good(), old);
    way.clear();
    const { state, warnings, token } = await renews();
    assert.deepEqual([state, warnings, token.fault, token.failures], ["active", [], null, 0]);
    assert.notEqual(await good(), old);
    const { refreshes, granted, reused, api } = await server.stats();
    assert.deepEqual({ refreshes, granted, reused, refused: api.unauthorized }, { refreshes: 2, granted: 2, reused: 0, refused: 0 });
    assert.ok(bw.log("token").every((line) => line.what !== "needs_reauth"));
  });

test("nobody listens at the token endpoint's address: the same", async () => {
  const { server, way, good, fails, renews } = await started();
  const old = await good();
  await way.shut();
  await fails();
  assert.equal(await good(), old);
  await way.open();
  await renews();
  assert.notEqual(await good(), old);
  const { granted, reused } = await server.stats();
  assert.deepEqual([granted, reused], [2, 0]);
});

test("Retry-After of a token endpoint is kept to, unless somebody asks by hand", async () => {
  const { way, fails, renews } = await started({ seconds: 100 });
  way.always = mishaps.says(429, "", { "retry-after": "300" });
  const { token } = await fails();
  assert.ok(Date.parse(token.next_renewal) - Date.parse(token.tried) >= 299_000, JSON.stringify(token));
  way.clear();
  await renews();
});

// --- the server has rotated, and nobody has its answer -----------------------------------

const lost = {
  "is cut off": mishaps.answerLost,
  "is cut in half": mishaps.answerHalf,
  "becomes a balancer's 502": mishaps.answerBecomes(502, "<html>Bad gateway</html>"),
  "becomes a page": mishaps.answerBecomes(200, "<html>Welcome</html>"),
};

for (const [what, mishap] of Object.entries(lost)) {
  test(`an answer that ${what} after the rotation: the loss is said, and a person mends it`, async () => {
    const { server, way, bw, account, renew, good, call, fails, shown } = await started();
    const old = await good();
    way.next = [mishap, mishaps.says(503)];
    await fails();
    await fails();
    assert.equal(await good(), old, "it lives until the server knows of the loss");
    await renew();
    const dead = await shown("the verdict", ({ state }) => state === "needs_reauth");
    assert.match(dead.state_reason, /^rotation_lost: .*invalid_grant/s);
    assert.match(dead.trouble, /must be connected again/);
    const answer = await call();
    assert.deepEqual([answer.status, answer.json.code], [409, "account_needs_reauth"]);
    const { tokens } = await server.stats();
    assert.deepEqual(tokens.map(({ granted }) => granted), [1, 1], "no refresh token was good twice");
    const fresh = await server.mint("acme");
    await bw.api("PUT", `accounts/${account.id}/credentials`, { credentials: { token: fresh.access_token, refresh_token: fresh.refresh_token, ...ofClient(server) } });
    await shown("life again", ({ state }) => state === "active");
    await good();
  });

  test(`an answer that ${what}, and a server that forgives one use more: nothing is lost`, async () => {
    const { server, way, good, fails, renews } = await started({ options: { leniency_seconds: 600 } });
    const old = await good();
    way.next = [mishap];
    await fails();
    await renews();
    assert.notEqual(await good(), old);
    const { granted, reused, revoked } = await server.stats();
    assert.deepEqual([granted, reused, revoked], [3, 0, 0]);
  });
}

const ofClient = ({ clients }) => ({ client_id: clients.basic.client_id, client_secret: clients.basic.client_secret });

// --- answers of another kind --------------------------------------------------------------

test("a 200 that says invalid_grant is believed once the set before was refused as well; a later success reactivates", async () => {
  const { server, way, bw, account, renew, call, good, shown } = await started();
  way.always = mishaps.says(200, '{"error":"invalid_grant","error_description":"as some vendors tell it"}', json);
  const before = way.asked;
  await renew();
  const dead = await shown("the verdict", ({ state }) => state === "needs_reauth");
  assert.equal(way.asked, before + 2);
  assert.match(dead.state_reason, /^The token endpoint answered 200, invalid_grant: as some vendors tell it/);
  assert.equal((await call()).json.code, "account_needs_reauth");
  way.clear();
  await renew();
  await shown("life again", ({ state }) => state === "active");
  await good();
  const { items } = await bw.api("GET", `events?account=${account.id}`);
  const types = items.map(({ type }) => type).filter((type) => /needs_reauth|reactivated/.test(type));
  assert.deepEqual(types.sort(), ["account.needs_reauth", "account.reactivated"]);
  const { granted, reused } = await server.stats();
  assert.deepEqual([granted, reused], [2, 0]);
});

test("an answer without an expiry: the token serves until the vendor refuses it, which no caller sees", async () => {
  const { server, way, good, renews } = await started();
  way.next = [mishaps.answerLacks("expires_in")];
  const { expires, good_for_s, next_renewal, failures } = (await renews()).token;
  assert.deepEqual({ expires, good_for_s, next_renewal, failures }, { expires: null, good_for_s: null, next_renewal: null, failures: 0 });
  const token = await good();
  await server.expireAccess();
  assert.notEqual(await good(), token);
  const { refreshes, reused, api } = await server.stats();
  assert.deepEqual([refreshes, reused, api.unauthorized], [3, 0, 1]);
});

test("an answer without a refresh token: the one before stays", async () => {
  const { server, way, good, renews } = await started();
  await server.set({ rotate: false });
  way.always = mishaps.answerLacks("refresh_token");
  const used = new Set();
  for (let i = 0; i < 3; i++) {
    await renews();
    used.add(await good());
  }
  assert.equal(used.size, 3);
  const { tokens, reused, granted } = await server.stats();
  assert.deepEqual([granted, reused, tokens.map(({ presented }) => presented)], [4, 0, [1, 3]]);
});

// --- callers in the middle ------------------------------------------------------------------

test("while the endpoint fails, callers with a token that the vendor no longer takes hear the vendor's 401, after one exchange", async () => {
  const { server, way, call } = await started();
  await server.expireAccess();
  way.always = mishaps.says(503);
  const before = way.asked;
  const answers = await Promise.all(Array.from({ length: 20 }, () => call()));
  assert.deepEqual(answers.map(({ status }) => status), answers.map(() => 401));
  assert.equal(way.asked, before + 1);
  assert.equal((await server.stats()).reused, 0);
});

test("callers who wait for an exchange that comes to nothing are told so together, and the next one leaves no trace of it", async () => {
  const { server, way, call, show, good, renews } = await started();
  let giveUp;
  await server.expireAccess();
  way.next = [({ cut }) => (giveUp = cut)];
  const waiting = Promise.all(Array.from({ length: 20 }, () => call()));
  await until("all of them", async () => (await show()).token.waiters === 20);
  giveUp();
  assert.deepEqual((await waiting).map(({ status }) => status), Array(20).fill(401));
  assert.equal((await show()).token.waiters, 0);
  await renews();
  await good();
  const { granted, reused } = await server.stats();
  assert.deepEqual([granted, reused], [2, 0]);
});

test("200 callers whose token has ended wait for one exchange, and all have the new token", async () => {
  const { server, way, call, show, fails, renew } = await started({ seconds: 4, changes: { resilience: { account_concurrency: 500, environment_concurrency: 500 } } });
  way.always = mishaps.says(503);
  await fails();
  await until("the end of the token", async () => (await show()).token.good_for_s === 0);
  const refused = await call();
  assert.deepEqual([refused.status, refused.json.code], [503, "token_unavailable"], refused.text);
  let goOn;
  const { granted } = await server.stats();
  await until("an exchange that is held", async () => {
    way.next = [({ go, say }) => (goOn = async () => say(await go()))];
    await renew();
    return goOn;
  });
  await server.set({ access_seconds: 3600 });
  const waiting = Promise.all(Array.from({ length: 200 }, () => call()));
  await until("all of them", async () => (await show()).token.waiters === 200);
  await goOn();
  assert.deepEqual((await waiting).filter(({ status }) => status !== 200).map(({ text }) => text), []);
  const after = await server.stats();
  assert.deepEqual([after.granted, after.reused, after.api.unauthorized], [granted + 1, 0, 0]);
});

// --- breakers -------------------------------------------------------------------------------

const touchy = { failures: 2, open: "1h", open_max: "1h" };

// The states of the breakers of API and token endpoint.
async function breakers(bw) {
  const { items } = await bw.api("GET", "breakers");
  const of = (name) => items.find((one) => one.name === name)?.state;
  return { api: of("vendor"), token: of("vendor token") };
}

test("a token endpoint that fails opens its own breaker, and the API's stays closed", async () => {
  const { server, way, bw, good, fails, renews } = await started({ changes: { resilience: { breaker: touchy } } });
  const old = await good();
  way.always = mishaps.says(503);
  await fails();
  await fails();
  assert.deepEqual(await breakers(bw), { api: "closed", token: "open" });
  const before = way.asked;
  assert.match((await fails()).token.fault, /breaker/);
  assert.equal(way.asked, before, "the endpoint is left alone");
  assert.equal(await good(), old);
  assert.deepEqual(bw.log("breaker").filter(({ state }) => state === "open").map(({ breaker }) => breaker), ["vendor token"]);
  way.clear();
  await bw.api("POST", "breakers/vendor%20token/force", { state: "auto", reason: "the vendor says that it is up" });
  await renews();
  assert.equal((await breakers(bw)).token, "closed");
  assert.equal((await server.stats()).reused, 0);
});

test("an API that fails opens its own breaker, and tokens are renewed", async () => {
  const { server, bw, good, call, renews } = await started({ changes: { resilience: { breaker: touchy, retry: { server: { retries: 0 } } } } });
  await good();
  await server.fault({ status: 500, body: {} }, { path: "/api/" });
  for (let i = 0; i < 2; i++) assert.equal((await call()).status, 500);
  assert.equal((await call()).json.code, "breaker_open");
  await renews();
  assert.deepEqual(await breakers(bw), { api: "open", token: "closed" });
});
