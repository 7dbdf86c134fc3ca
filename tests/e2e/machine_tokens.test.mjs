// Tokens that no person consents to: client credentials and JWT bearer assertions (RFC 7523),
// at Authlib, whose log says how many exchanges there were and how the client authenticated.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authlib, jwtBearer, noAuthlib } from "./support/authlib.mjs";
import { folderOf } from "./support/documents.mjs";
import { readJwt } from "./support/jwt.mjs";
import { good, kept, load } from "./support/load.mjs";
import { breakwater, stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

const skip = noAuthlib;
let server, bw, key;

const algs = ["RS256", "ES256", "PS256"];
const machine = (client) => ({ grant: "client_credentials", client, scopes: ["api.read"] });
const bearer = (alg) => ({ grant: "jwt_bearer", scopes: ["api.read"],
  jwt: { alg, lifetime: "5m", claims: { iss: "service", sub: "{user}", aud: "{audience}", scope: "{scope}", jti: "{nonce}" } } });

// `auth` is how Authlib names the client's way to say who it is; an assertion is the grant itself.
const ways = {
  basic: { token: machine("basic"), id: "machine", auth: "client_secret_basic" },
  body: { token: machine("body"), id: "machine", auth: "client_secret_post" },
  raw: { token: machine("basic_raw"), id: "raw", auth: "client_secret_basic" },
  ...Object.fromEntries(algs.map((alg) => [`assertion-${alg.toLowerCase()}`,
    { token: machine({ kind: "assertion", alg }), id: "assertion", alg, auth: "client_assertion_jwt" }])),
  ...Object.fromEntries(algs.map((alg) => [`bearer-${alg.toLowerCase()}`, { token: bearer(alg), id: "service", alg }])),
};

const documentOf = (server, name, token) => server.document(name, { scheme: "bearer", token: { url: server.tokenUrl, ...token } });

// What an account of that way has.
function ownOf(server, { id, alg }, user = "ada@acme.test") {
  const { secret } = server.clients[id];
  return { credentials: { ...(id !== "service" && { client_id: id }), ...(secret && { client_secret: secret }), ...(alg && { private_key: server.keys[alg].pem }) },
    context: { user, audience: server.tokenUrl, ...(alg && { key_id: server.keys[alg].kid }) } };
}

before(async () => {
  if (skip) return;
  server = await authlib({ access_seconds: 3600, unknown: ["nobody"] });
  bw = await breakwater({ integrations: folderOf(...Object.entries(ways).map(([name, { token }]) => documentOf(server, name, token))) });
  key = await bw.callKey();
});
after(stopAll);

const call = (account, daemon = bw, caller = key) => ask(`${daemon.proxy(account)}/things`, { headers: { authorization: `Bearer ${caller}` } });
const exchanges = async (of = server) => (await of.log()).requests;

// The exchanges that came meanwhile, and what the work was worth.
async function during(work) {
  const before = (await exchanges()).length;
  const value = await work();
  return { value, seen: (await exchanges()).slice(before) };
}

// Each is a new one, signed as the document says.
function checkAssertions(exchanges, { alg }) {
  const made = exchanges.flatMap(({ form }) => form.assertion ?? form.client_assertion ?? []).map(readJwt);
  assert.deepEqual(made.map(({ header }) => [header.alg, header.kid]), alg ? exchanges.map(() => [alg, server.keys[alg].kid]) : []);
  assert.equal(new Set(made.map(({ claims }) => claims.jti)).size, made.length);
  assert.ok(made.every(({ claims }) => claims.aud === server.tokenUrl && claims.exp > claims.iat));
}

for (const [name, way] of Object.entries(ways))
  test(`${name}: the first call has a token, of one exchange, and so has the call after its end`, { skip }, async () => {
    const { value: account, seen } = await during(async () => {
      const account = await bw.account(name, ownOf(server, way));
      const answer = await call(account);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.json, { account: way.token.jwt ? "ada@acme.test" : null, client: way.id, scope: "api.read" });
      assert.equal((await call(account)).status, 200);
      return account;
    });
    assert.deepEqual(seen.map(({ status, auth, client }) => [status, auth ?? undefined, client]), [[200, way.auth, way.id]]);
    await server.expireAccess();
    const { value: answer, seen: again } = await during(() => call(account));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(again.map(({ status }) => status), [200]);
    checkAssertions([...seen, ...again], way);
    const shown = await bw.api("GET", `accounts/${account.id}`);
    assert.deepEqual([shown.state, shown.trouble, shown.token.kept, shown.token.failures], ["active", null, true, 0]);
  });

for (const name of ["basic", "assertion-es256", "bearer-rs256"])
  test(`${name}: 40 calls on an account without a token cause one exchange, and none fails`, { skip }, async () => {
    const { seen } = await during(async () => {
      const account = await bw.account(name, ownOf(server, ways[name], "grace@acme.test"));
      const answers = await Promise.all(Array.from({ length: 40 }, () => call(account)));
      assert.deepEqual(answers.filter(({ status }) => status !== 200).map(({ text }) => text), []);
    });
    assert.equal(seen.length, 1);
  });

test("what is obtained without a person is renewed before its end: no call meets a 401", { skip }, async () => {
  const brief = await authlib({ access_seconds: 3 });
  const names = ["basic", "assertion-ps256", "bearer-es256"];
  const daemon = await breakwater({ integrations: folderOf(...names.map((name) => documentOf(brief, name, ways[name].token))) });
  const caller = await daemon.callKey();
  const loads = [];
  for (const name of names) {
    const account = await daemon.account(name, ownOf(brief, ways[name]));
    loads.push(load(1, good(`${daemon.proxy(account)}/things`, caller, kept())));
  }
  const of = async (name) => (await exchanges(brief)).filter(({ client, status }) => client === ways[name].id && status === 200).length;
  for (const name of names) await until(`four exchanges of ${name}`, async () => await of(name) >= 4);
  for (const it of loads) {
    await it.stop();
    assert.deepEqual(it.faults, []);
  }
  const { calls, requests } = await brief.log();
  assert.deepEqual(calls.filter(({ status }) => status !== 200), []);
  assert.deepEqual(requests.filter(({ status }) => status !== 200), []);
});

// An account that gets no token, when that is known.
async function refused(name, own, isKnown) {
  const account = await bw.account(name, own);
  return until("the refusal", async () => {
    const shown = await bw.api("GET", `accounts/${account.id}`);
    return isKnown(shown) && shown;
  });
}

test("a client that is not believed is degraded, and asked for no person", { skip }, async () => {
  const wrong = ownOf(server, ways.basic);
  const otherKey = ownOf(server, ways["assertion-rs256"]);
  const escaped = ownOf(server, { id: "raw" }); // form-urlencoded before base64, which this client is not
  for (const [name, own] of [
    ["basic", { ...wrong, credentials: { ...wrong.credentials, client_secret: "wrong" } }],
    ["assertion-rs256", { ...otherKey, credentials: { ...otherKey.credentials, private_key: server.keys.PS256.pem } }],
    ["basic", escaped]]) {
    const { value: shown, seen } = await during(() => refused(name, own, ({ state }) => state === "degraded"));
    assert.match(shown.token.fault, /invalid_client/);
    assert.deepEqual(seen.map(({ status, error }) => [status, error]), [[seen[0].status, "invalid_client"]]);
    const answer = await call(shown);
    assert.deepEqual([answer.status, answer.json.code], [503, "token_unavailable"], answer.text);
    assert.equal((await exchanges()).at(-1).granted, null);
  }
});

test("a subject nobody may speak for needs a person, until it is another", { skip }, async () => {
  const shown = await refused("bearer-rs256", ownOf(server, ways["bearer-rs256"], "nobody"), ({ state }) => state === "needs_reauth");
  assert.match(shown.state_reason, /invalid_grant/);
  assert.equal((await exchanges()).at(-1).grant_type, jwtBearer);
  assert.equal((await call(shown)).json.code, "account_needs_reauth");
  await bw.api("PATCH", `accounts/${shown.id}`, { context: { ...shown.context, user: "ada@acme.test" } });
  await bw.api("POST", `accounts/${shown.id}/renew`);
  await until("a call", async () => (await call(shown)).status === 200);
  assert.equal((await bw.api("GET", `accounts/${shown.id}`)).state, "active");
});
