// The counterparts themselves: that the authorization servers do what the tests of
// credentials rely on, so that nobody has to doubt them when one of those fails.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authlib, clientAssertion, jwtBearer, noAuthlib } from "./support/authlib.mjs";
import { browser } from "./support/browser.mjs";
import { assertion, makeJwt } from "./support/jwt.mjs";
import { faults, oidc, pkce } from "./support/oidc.mjs";
import { stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

let server, second;

before(async () => {
  server = await oidc();
  if (!noAuthlib) second = await authlib({ unknown: ["nobody"] });
});
after(stopAll);

const formText = (text) => new URLSearchParams({ text }).toString().slice("text=".length);
const basicOf = (id, secret) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` });
const basic = (client) => basicOf(formText(client.client_id), formText(client.client_secret));

// A request for a token. `json` throws where the answer is not JSON.
function post(url, form, headers = {}, signal) {
  const body = new URLSearchParams(form).toString();
  return ask(url, { method: "POST", body, signal, headers: { "content-type": "application/x-www-form-urlencoded", "content-length": body.length, ...headers } });
}
const ofServer = (form, headers) => post(server.tokenUrl, form, headers);
const refresh = (token, signal) => post(server.tokenUrl, { grant_type: "refresh_token", refresh_token: token }, basic(server.clients.basic), signal);
const redeem = (code, form, headers) => ofServer({ grant_type: "authorization_code", code, redirect_uri: server.callback, ...form }, headers);
const call = (token, url = server.apiUrl) => ask(`${url}/things`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
const asClient = (client, alg, aud) => ({ client_assertion_type: clientAssertion,
  client_assertion: assertion(server.keys[alg], { iss: client.client_id, sub: client.client_id, aud }) });

async function usesOf(token) {
  return (await server.stats()).tokens.find((one) => one.token === token);
}

// What happened meanwhile, as differences.
async function during(work) {
  const before = await server.stats();
  await work();
  const now = await server.stats();
  return (name) => now[name] - before[name];
}

test("a walk through login and consent ends at the callback with a code, and the code gives tokens", async () => {
  const { url, params, answers } = await server.walk(server.authorizeAddress({ state: "walked" }), { fields: { login: "walker" } });
  assert.ok(url.startsWith(server.callback));
  assert.equal(params.state, "walked");
  assert.deepEqual(answers.filter((answer) => answer.method === "POST").map((answer) => answer.status), [303, 303]);
  const { status, json } = await redeem(params.code, {}, basic(server.clients.basic));
  assert.equal(status, 200);
  assert.equal(json.expires_in, 60);
  assert.ok(json.refresh_token);
  assert.equal((await call(json.access_token)).json.account, "walker");
  assert.equal((await redeem(params.code, {}, basic(server.clients.basic))).json.error, "invalid_grant");
});

test("who denies comes back with access_denied", async () => {
  const { params } = await server.deny(server.authorizeAddress({ state: "denied" }));
  assert.equal(params.error, "access_denied");
  assert.equal(params.state, "denied");
});

test("who logged in before only consents, in the same browser", async () => {
  const person = browser(), where = { until: server.callback };
  const pages = async () => (await person.walk(server.authorizeAddress(), where)).answers.filter((answer) => answer.method === "POST").length;
  assert.equal(await pages(), 2);
  assert.equal(await pages(), 1);
});

test("a person whose grant was revoked can consent again", async () => {
  const person = browser(), where = { until: server.callback, fields: { login: "returning" } };
  const first = await person.walk(server.authorizeAddress(), where);
  await redeem(first.params.code, {}, basic(server.clients.basic));
  assert.equal((await server.revoke({ account: "returning" })).revoked, 1);
  const again = await person.walk(server.authorizeAddress(), where);
  assert.equal((await redeem(again.params.code, {}, basic(server.clients.basic))).status, 200);
});

test("the callback is where the test says", async () => {
  const former = server.callback;
  await server.redirectTo("http://127.0.0.1:9/elsewhere");
  const { url } = await server.walk(server.authorizeAddress());
  assert.ok(url.startsWith("http://127.0.0.1:9/elsewhere?"));
  const refused = await browser().walk(server.authorizeAddress({ redirect_uri: former }), { until: former });
  assert.match(refused.last.text, /redirect_uri/);
  await server.redirectTo(former);
});

const halves = { basic: ["basic", basic], "basic with reserved characters": ["odd", basic],
  post: ["post", () => ({}), ({ client_id, client_secret }) => ({ client_id, client_secret })] };
for (const [way, [name, headers, form = () => ({})]] of Object.entries(halves))
  test(`a client authenticates by its secret: ${way}`, async () => {
    const client = server.clients[name];
    const tokens = await server.mint("secretive", name);
    const answer = await ofServer({ grant_type: "refresh_token", refresh_token: tokens.refresh_token, ...form(client) }, headers(client));
    assert.equal(answer.status, 200, answer.text);
    const wrong = { ...client, client_secret: "wrong" };
    const refused = await ofServer({ grant_type: "refresh_token", refresh_token: answer.json.refresh_token, ...form(wrong) }, headers(wrong));
    assert.deepEqual([refused.status, refused.json.error], [401, "invalid_client"]);
  });

test("a secret with reserved characters that is not form-urlencoded is refused", async () => {
  const { client_id, client_secret } = server.clients.odd;
  const tokens = await server.mint("unencoded", "odd");
  const refused = await ofServer({ grant_type: "refresh_token", refresh_token: tokens.refresh_token }, basicOf(client_id, client_secret));
  assert.notEqual(refused.status, 200);
  assert.equal((await usesOf(tokens.refresh_token)).granted, 0);
});

test("a public client needs its code verifier", async () => {
  const { verifier, challenge } = pkce(), client_id = server.clients.public.client_id;
  const code = async () => (await server.walk(server.authorizeAddress({ client: "public", challenge }))).params.code;
  assert.equal((await redeem(await code(), { client_id, code_verifier: pkce().verifier })).json.error, "invalid_grant");
  const { status, json } = await redeem(await code(), { client_id, code_verifier: verifier });
  assert.equal(status, 200);
  assert.equal((await ofServer({ grant_type: "refresh_token", refresh_token: json.refresh_token, client_id })).status, 200);
  assert.equal((await server.walk(server.authorizeAddress({ client: "public" }))).params.error, "invalid_request");
});

for (const alg of ["RS256", "ES256"])
  test(`a client authenticates by an assertion, once each: ${alg}`, async () => {
    const tokens = await server.mint("asserting", "assertion");
    const form = asClient(server.clients.assertion, alg, server.issuer);
    const answer = await ofServer({ grant_type: "refresh_token", refresh_token: tokens.refresh_token, ...form });
    assert.equal(answer.status, 200, answer.text);
    const again = await ofServer({ grant_type: "refresh_token", refresh_token: answer.json.refresh_token, ...form });
    assert.equal(again.json.error, "invalid_client");
  });

test("client credentials give a token without a refresh token", async () => {
  const form = { grant_type: "client_credentials", scope: "api.read" };
  const ways = [await ofServer(form, basic(server.clients.machine)),
    await ofServer({ ...form, ...asClient(server.clients.machine_assertion, "ES256", server.tokenUrl) })];
  for (const { status, text, json } of ways) {
    assert.equal(status, 200, text);
    assert.equal(json.refresh_token, undefined);
    assert.equal((await call(json.access_token)).status, 200);
  }
});

test("a changed secret counts at once", async () => {
  const { refresh_token } = await server.mint("rotated secret");
  await server.putClient({ ...server.clients.basic, redirect_uris: [server.callback], client_secret: "another" });
  assert.equal((await refresh(refresh_token)).status, 401);
  await server.redirectTo(server.callback);
  assert.equal((await refresh(refresh_token)).status, 200);
});

test("refresh tokens rotate, and one that comes again revokes its grant", async () => {
  const first = await server.mint("reuser");
  const rotated = (await refresh(first.refresh_token)).json;
  assert.notEqual(rotated.refresh_token, first.refresh_token);
  assert.equal((await call(rotated.access_token)).status, 200);
  const count = await during(async () => {
    const again = await refresh(first.refresh_token);
    assert.deepEqual([again.status, again.json.error], [400, "invalid_grant"]);
  });
  assert.deepEqual([count("reused"), count("revoked")], [1, 1]);
  assert.equal((await call(rotated.access_token)).status, 401);
  assert.equal((await refresh(rotated.refresh_token)).json.error, "invalid_grant");
  assert.deepEqual(await usesOf(first.refresh_token), { token: first.refresh_token, account: "reuser", presented: 2, granted: 1, peak: 1 });
});

test("of racing refreshes one wins, and what it won is dead", async () => {
  const { refresh_token, account } = await server.mint("racer");
  await server.fault(faults.held, { count: 8 });
  const racing = Array.from({ length: 8 }, () => refresh(refresh_token));
  await until("all requests", async () => (await usesOf(refresh_token))?.presented === 8);
  await server.release();
  const answers = await Promise.all(racing);
  const won = answers.filter((answer) => answer.status === 200);
  assert.ok(won.length <= 1);
  for (const { json } of won) {
    assert.equal((await refresh(json.refresh_token)).status, 400);
    assert.equal((await call(json.access_token)).status, 401);
  }
  assert.deepEqual(await usesOf(refresh_token), { token: refresh_token, account, presented: 8, granted: won.length, peak: 8 });
});

test("rotation can be off, and a used token may be let pass for a while", async () => {
  const { refresh_token } = await server.mint("lenient");
  await server.set({ rotate: false });
  assert.equal((await refresh(refresh_token)).json.refresh_token, refresh_token);
  await server.set({ rotate: true, leniency_seconds: 600 });
  const [one, other] = [await refresh(refresh_token), await refresh(refresh_token)];
  await server.set({ leniency_seconds: 0 });
  assert.notEqual(one.json.refresh_token, other.json.refresh_token);
  assert.equal((await refresh(other.json.refresh_token)).status, 200);
});

test("the API tells a living access token from others and counts both", async () => {
  const { access_token } = await server.mint("caller");
  const count = await during(async () => {
    assert.deepEqual((await call(access_token)).json, { account: "caller", client: "basic", scope: server.scope });
    assert.equal((await call()).headers["www-authenticate"], 'Bearer realm="api"');
    assert.match((await call("made-up")).headers["www-authenticate"], /error="invalid_token"/);
  });
  assert.equal(count("requests"), 0);
  const { calls } = await server.log();
  assert.deepEqual(calls.slice(-3).map((one) => [one.status, one.account]), [[200, "caller"], [401, undefined], [401, undefined]]);
});

test("access tokens live as long as is set, or until they are made to expire", async () => {
  await server.set({ access_seconds: 2 });
  const short = await server.mint("short-lived");
  await server.set({ access_seconds: 60 });
  assert.equal(short.expires_in, 2);
  await until("the end of the access token", async () => (await call(short.access_token)).status === 401);
  const [mine, other] = [await server.mint("mine"), await server.mint("other")];
  assert.equal((await server.expireAccess("mine")).expired, 1);
  assert.deepEqual([(await call(mine.access_token)).status, (await call(other.access_token)).status], [401, 200]);
  assert.equal((await refresh(mine.refresh_token)).status, 200);
});

test("a grant can be revoked by the vendor and by its client", async () => {
  const [one, other] = [await server.mint("revoked"), await server.mint("disconnected")];
  await server.revoke(one.grant);
  assert.equal((await refresh(one.refresh_token)).json.error, "invalid_grant");
  const count = await during(() => post(server.revocationUrl, { token: other.refresh_token }, basic(server.clients.basic)));
  assert.deepEqual([count("revocations"), count("revoked"), count("requests")], [1, 1, 0]);
  assert.equal((await call(other.access_token)).status, 401);
});

// --- faults -----------------------------------------------------------------------------

test("a refusal of the server comes as often as is said, with Retry-After or without", async () => {
  const { refresh_token } = await server.mint("refused");
  await server.fault(faults.failing(503, 7), { count: 2 });
  await server.fault(faults.failing(429), { count: 1 });
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(await refresh(refresh_token));
  assert.deepEqual(answers.map((answer) => [answer.status, answer.headers["retry-after"]]),
    [[503, "7"], [503, "7"], [429, undefined], [200, undefined]]);
  assert.deepEqual(await usesOf(refresh_token), { token: refresh_token, account: "refused", presented: 4, granted: 1, peak: 1 });
});

test("a fault can be meant for a grant type, a client, a path", async () => {
  const { refresh_token, access_token } = await server.mint("aimed");
  const machine = () => ofServer({ grant_type: "client_credentials" }, basic(server.clients.machine));
  await server.fault(faults.failing(500), { grant: "client_credentials" });
  assert.deepEqual([(await refresh(refresh_token)).status, (await machine()).status], [200, 500]);
  await server.clear();
  await server.fault(faults.failing(500), { client: "post" });
  await server.fault(faults.failing(502), { path: "/api/" });
  assert.deepEqual([(await machine()).status, (await call(access_token)).status], [200, 502]);
  await server.clear();
  assert.equal((await call(access_token)).status, 200);
});

test("an answer is lost after the rotation: the old token is used up", async () => {
  const { refresh_token } = await server.mint("lost");
  await server.fault(faults.lostAnswer, { count: 1 });
  await assert.rejects(refresh(refresh_token), { code: "ECONNRESET" });
  const entry = (await server.log()).requests.at(-1);
  assert.ok(entry.next);
  assert.equal(entry.answered, false);
  assert.equal((await refresh(refresh_token)).json.error, "invalid_grant");
});

test("a connection is cut before anything happens: the old token is still good", async () => {
  const { refresh_token } = await server.mint("cut");
  await server.fault(faults.cut, { count: 1 });
  await assert.rejects(refresh(refresh_token), { code: "ECONNRESET" });
  assert.equal((await refresh(refresh_token)).status, 200);
});

test("garbage, an empty refusal and an error in a 200 are what they say", async () => {
  const { refresh_token } = await server.mint("garbled");
  for (const fault of [faults.garbage, faults.emptyRefusal, faults.errorIn200]) await server.fault(fault, { count: 1 });
  const [garbage, empty, error] = [await refresh(refresh_token), await refresh(refresh_token), await refresh(refresh_token)];
  assert.equal(garbage.status, 200);
  assert.throws(() => garbage.json, SyntaxError);
  assert.deepEqual([empty.status, empty.text], [400, ""]);
  assert.deepEqual([error.status, error.json.error], [200, "invalid_grant"]);
  assert.equal((await refresh(refresh_token)).status, 200);
});

test("an answer can lack its expiry or its refresh token, or say more", async () => {
  const { refresh_token } = await server.mint("patched");
  await server.fault({ patch: { ...faults.withoutExpiry.patch, ...faults.withoutRefreshToken.patch, instance_url: "https://na1.example" } }, { count: 1 });
  const { json } = await refresh(refresh_token);
  assert.deepEqual(Object.keys(json).filter((name) => name !== "id_token").sort(), ["access_token", "instance_url", "scope", "token_type"]);
});

for (const [when, fault] of [["before", faults.slow(300)], ["after", faults.slowAfterRotation(300)]])
  test(`an answer is slow: ${when} the rotation`, async () => {
    const { refresh_token } = await server.mint(`slow ${when}`);
    await server.fault(fault, { count: 1 });
    const began = performance.now();
    assert.equal((await refresh(refresh_token)).status, 200);
    assert.ok(performance.now() - began > 290);
  });

// A refresh that its caller may leave, and what the server's log says of it.
async function leaveable(account) {
  const { refresh_token } = await server.mint(account), leaving = new AbortController();
  const answer = refresh(refresh_token, leaving.signal).catch((error) => error.name);
  const entry = async () => (await server.log()).requests.find((one) => one.refresh_token === refresh_token);
  const leave = async () => {
    leaving.abort();
    assert.equal(await answer, "AbortError");
    return until("the end of the request", async () => (await entry()).ended && entry());
  };
  return { entry, leave, token: refresh_token };
}

test("a request is held before the rotation, which happens though its caller left", async () => {
  await server.fault(faults.held, { count: 1 });
  const { entry, leave } = await leaveable("held");
  await until("the request", entry);
  assert.deepEqual([(await leave()).next, (await entry()).answered], [undefined, false]);
  await server.release();
  await until("the rotation", async () => (await entry()).next);
});

test("a request is held after the rotation", async () => {
  await server.fault(faults.heldAfterRotation, { count: 1 });
  const { entry, leave, token } = await leaveable("held late");
  await until("the rotation", async () => (await entry())?.next);
  assert.equal((await entry()).ended, undefined);
  assert.equal((await leave()).answered, false);
  await server.release();
  assert.equal((await refresh(token)).json.error, "invalid_grant");
});

test("a hanging server answers nothing until its caller leaves, and does nothing", async () => {
  await server.fault(faults.hang, { count: 1 });
  const { entry, leave, token } = await leaveable("hung");
  await until("the request", entry);
  assert.equal((await leave()).next, undefined);
  assert.equal((await refresh(token)).status, 200);
});

// --- the second server --------------------------------------------------------------------

const ofSecond = (form, headers) => post(second.tokenUrl, form, headers);
const claimsOf = (more) => ({ iss: "service", sub: "ada@acme.test", aud: second.tokenUrl, ...more });
const grant = (jwt, form) => ofSecond({ grant_type: jwtBearer, assertion: jwt, ...form });
const seconds = (n) => Math.floor(Date.now() / 1000) + n;

for (const alg of ["RS256", "ES256", "PS256"])
  test(`a JWT bearer assertion gives a token for its subject, once: ${alg}`, { skip: noAuthlib }, async () => {
    const jwt = assertion(second.keys[alg], claimsOf({ scope: "api.read" }));
    const { status, json, text } = await grant(jwt);
    assert.equal(status, 200, text);
    assert.deepEqual([json.token_type, json.expires_in, json.scope, json.refresh_token], ["Bearer", 60, "api.read", undefined]);
    assert.deepEqual((await call(json.access_token, second.apiUrl)).json, { account: "ada@acme.test", client: "service", scope: "api.read" });
    assert.equal((await grant(jwt)).json.error, "invalid_grant");
  });

test("a JWT bearer assertion that is not right in every part is refused", { skip: noAuthlib }, async () => {
  const { RS256: key, ES256: other } = second.keys;
  const wrong = {
    signature: `${assertion(key, claimsOf()).slice(0, -12)}AAAAAAAAAAAA`,
    "another's key": assertion({ ...key, privateKey: server.keys.RS256.privateKey }, claimsOf()),
    "key of another algorithm": makeJwt({ ...other, kid: key.kid }, claimsOf({ exp: seconds(60) })),
    "no algorithm": makeJwt(key, claimsOf({ exp: seconds(60) }), { alg: "none" }),
    audience: assertion(key, claimsOf({ aud: "https://elsewhere.test/token" })),
    expiry: assertion(key, claimsOf({ exp: seconds(-5) })),
    "no expiry": makeJwt(key, claimsOf()),
    lifetime: assertion(key, claimsOf({ exp: seconds(7200) })),
    issuer: assertion(key, claimsOf({ iss: "stranger" })),
    subject: assertion(key, claimsOf({ sub: "nobody" })),
    form: "not.a.jwt",
  };
  for (const [what, jwt] of Object.entries(wrong)) {
    const { status, json } = await grant(jwt);
    assert.deepEqual([what, status, json.error], [what, 400, "invalid_grant"]);
  }
});

test("the second server gives client credentials: by secret, by one taken as it is, by assertion", { skip: noAuthlib }, async () => {
  const { machine, raw } = second.clients, form = { grant_type: "client_credentials", scope: "api.read" };
  const asserted = (alg) => ({ client_assertion_type: clientAssertion,
    client_assertion: assertion(second.keys[alg], { iss: "assertion", sub: "assertion", aud: second.tokenUrl }) });
  const ways = [
    await ofSecond(form, basicOf(machine.id, machine.secret)),
    await ofSecond({ ...form, client_id: machine.id, client_secret: machine.secret }),
    await ofSecond(form, basicOf(raw.id, raw.secret)),
    await ofSecond({ ...form, ...asserted("RS256") }),
    await ofSecond({ ...form, ...asserted("ES256") }),
    await ofSecond({ ...form, ...asserted("PS256") }),
  ];
  for (const { status, text, json } of ways) {
    assert.equal(status, 200, text);
    assert.equal((await call(json.access_token, second.apiUrl)).status, 200);
  }
  assert.equal((await ofSecond(form, basicOf(raw.id, formText(raw.secret)))).status, 401);
  assert.equal((await ofSecond(form, basicOf(machine.id, "wrong"))).json.error, "invalid_client");
  await second.expireAccess();
  assert.equal((await call(ways[0].json.access_token, second.apiUrl)).status, 401);
});

test("an integration's vendor is the server's API", async () => {
  const { base_url, hosts, auth } = server.document("acme", { scheme: "of the test" });
  assert.deepEqual([base_url, hosts, auth], [server.apiUrl, [server.url], { scheme: "of the test" }]);
});
