// What a document's auth block asks the vendor by itself: requests that fill the account's
// context, and the check of credentials before they are stored.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { browser } from "./support/browser.mjs";
import { folderOf, plain } from "./support/documents.mjs";
import { oidc } from "./support/oidc.mjs";
import { breakwater, freePort, stopAll, stopLater, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

const back = "http://127.0.0.1:9/back";

// A vendor's API: answers are by path, { status, body }, or null for none at all, or a promise
// of either; what was asked is kept.
async function api(answers) {
  const it = { answers, asked: [] };
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (data) => (text += data));
    request.on("end", async () => {
      it.asked.push({ method: request.method, url: request.url, headers: request.headers, text });
      const path = new URL(request.url, "http://x").pathname;
      const planned = path in it.answers ? await it.answers[path] : { status: 404, body: {} };
      if (planned === null) return;
      response.writeHead(planned.status ?? 200, { "content-type": "application/json", ...planned.headers });
      response.end(typeof planned.body === "string" ? planned.body : JSON.stringify(planned.body ?? {}));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stopLater(() => server.closeAllConnections() ?? server.close());
  it.url = `http://127.0.0.1:${server.address().port}`;
  it.paths = () => it.asked.map((one) => `${one.method} ${one.url}`);
  return it;
}

async function serving(document, flags = []) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const bw = await breakwater({ integrations: folderOf(document), flags: ["--public-url", url, "--listen", `127.0.0.1:${port}`, "--log-level", "debug", ...flags] });
  const environment = await bw.tenant();
  const account = await bw.api("POST", "accounts", { environment: environment.id, integration: document.name, external_id: "acme" });
  const look = () => bw.api("GET", `accounts/${account.id}`);
  const link = async (more = {}) => (await bw.api("POST", "connect-sessions", { account: account.id, ...more })).url;
  return { bw, account, look, link };
}

// --- after consent ---------------------------------------------------------------------

// `adds` to the auth block; more `requests` for the context.
async function consenting(answers, { adds = {}, requests = [], ...changes } = {}) {
  const vendor = await api(answers);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await oidc({ access_seconds: 3600, callback: `${url}/oauth/callback` });
  const { client_id, client_secret } = server.clients.basic;
  const document = plain("sites", `${vendor.url}/site/{site_id}`, {
    headers: { "X-Version": "7" },
    ...changes,
    auth: { scheme: "bearer", ...adds,
      token: { grant: "authorization_code", authorize_url: server.authorizeUrl, url: server.tokenUrl, client: "basic",
        scopes: server.scope.split(" "), authorize_params: { prompt: "consent" }, identity: ["site_id"] },
      context: [{ url: `${vendor.url}/sites`, keep: { site_id: "/0/id" } }, { url: "/me?all=1", keep: { me: "/login" } }, ...requests] } });
  document.hosts = [vendor.url];
  const bw = await breakwater({ integrations: folderOf(document), flags: ["--public-url", url, "--listen", `127.0.0.1:${port}`, "--log-level", "debug"] });
  const environment = await bw.tenant();
  const account = await bw.api("POST", "accounts", { environment: environment.id, integration: "sites", external_id: "acme" });
  const app = await bw.api("POST", "apps", { integration: "sites", name: "default", client_id });
  await bw.api("PUT", `apps/${app.id}/secrets`, { secrets: { client_secret } });
  const connect = async (more = {}) => {
    const { url: link } = await bw.api("POST", "connect-sessions", { account: account.id, return_url: back, ...more });
    return browser().walk(link, { until: back });
  };
  const look = () => bw.api("GET", `accounts/${account.id}`);
  return { vendor, server, bw, account, connect, look, environment };
}

const good = { "/sites": { body: [{ id: "s 1" }, { id: "s2" }] }, "/site/s%201/me": { body: { login: "ann" } }, "/site/s%201/contacts": { body: {} } };

test("after consent the context is filled, each request with the new token and what those before kept", async () => {
  const { vendor, bw, account, connect, look } = await consenting(good);
  const walked = await connect();
  assert.equal(walked.params.status, "connected", walked.last?.text);
  assert.deepEqual(vendor.paths(), ["GET /sites", "GET /site/s%201/me?all=1"]);
  for (const { headers } of vendor.asked) {
    assert.match(headers.authorization, /^Bearer ./);
    assert.equal(headers["x-version"], "7");
    assert.equal(headers.accept, "application/json");
  }
  const account1 = await look();
  assert.equal(account1.state, "active");
  assert.deepEqual(account1.context, { site_id: "s 1", me: "ann" });
  const answer = await ask(`${bw.proxy(account)}/contacts`, { headers: { authorization: `Bearer ${await bw.callKey()}` } });
  assert.equal(answer.status, 200, answer.text);
});

for (const [what, answers, words] of [
  ["refuses", { "/sites": { status: 401, body: { message: "no such token" } } }, /GET .*\/sites answered 401/],
  ["forbids", { "/sites": { status: 403, body: {} } }, /answered 403/],
  ["is in trouble", { "/sites": { status: 500, body: {} } }, /answered 500/],
  ["answers garbage", { "/sites": { body: "<html>" } }, /answered 200, and nothing for .*site_id/],
  ["answers an empty list", { "/sites": { body: [] } }, /nothing for/],
  ["answers what no URL can have", { "/sites": { body: [{ id: ".." }] } }, /neither empty/],
])
  test(`a vendor that ${what} leaves the account as it was, and the page says so`, async () => {
    const { bw, server, connect, look } = await consenting(answers);
    const walked = await connect();
    assert.match(walked.last.text, words);
    const after = await look();
    assert.equal(after.state, "connecting");
    assert.deepEqual(after.context, {});
    assert.equal((await server.stats()).granted, 1);
    await until("the log's line", () => bw.log("connect").at(-1).what === "refused");
  });

test("whose login it is may be known from such a request, and may not change by accident", async () => {
  const { vendor, connect, look } = await consenting(good);
  assert.equal((await connect()).params.status, "connected");
  vendor.answers = { "/sites": { body: [{ id: "other" }] }, "/site/other/me": { body: { login: "bob" } } };
  const walked = await connect();
  assert.match(walked.last.text, /identity_changed/);
  assert.deepEqual((await look()).context, { site_id: "s 1", me: "ann" });
  assert.equal((await connect({ force: true })).params.status, "connected");
  assert.deepEqual((await look()).context, { site_id: "other", me: "bob" });
});

test("a login under which another account is connected is told of, once, and works", async () => {
  const { bw, account, connect, environment } = await consenting(good);
  const told = async () => (await bw.api("GET", "events")).items.filter((event) => event.type === "account.same_login");
  assert.equal((await connect()).params.status, "connected");
  assert.equal((await connect()).params.status, "connected", "again by itself");
  assert.deepEqual(await told(), []);
  const second = await bw.api("POST", "accounts", { environment: environment.id, integration: "sites", external_id: "twin" });
  assert.equal((await connect({ account: second.id })).params.status, "connected");
  assert.deepEqual((await told()).map((event) => [event.account, event.detail]), [[second.id, { other: account.id }]]);
  const elsewhere = await bw.api("POST", "accounts", { environment: (await bw.tenant("other")).id, integration: "sites", external_id: "far" });
  assert.equal((await connect({ account: elsewhere.id })).params.status, "connected");
  assert.equal((await told()).length, 1, "another environment's is nobody's business");
});

test("who has connected an account is kept, with whose login it is", async () => {
  const { bw, account, look, environment } = await consenting(good);
  assert.equal((await look()).connected, null);
  const session = await bw.api("POST", "connect-sessions", { account: account.id, return_url: back });
  assert.equal((await browser().walk(session.url, { until: back })).params.status, "connected");
  const shown = (await look()).connected;
  assert.deepEqual([shown.by, shown.identity], [session.id, { site_id: "s 1" }]);
  const lines = (await bw.api("GET", `audit?object=${account.id}`)).items;
  const [connect, minted] = ["account.connect", "account.connect_session"].map((action) => lines.find((line) => line.action === action));
  assert.deepEqual([connect.detail.session, connect.peer, connect.time], [session.id, "127.0.0.1", shown.time]);
  assert.equal(minted.detail.session, session.id);
  const stored = await bw.api("POST", "accounts", { environment: environment.id, integration: "sites", credentials: { token: "t" } });
  assert.deepEqual([stored.connected.by, stored.connected.identity], [minted.actor, {}]);
});

test("a person's login where a service account is wanted is told of, and works", async () => {
  const kind = { url: "/kind", keep: { token_of: { expression: "$exists(bot_id) ? 'bot' : 'user'" } } };
  const { vendor: api, bw, account, connect, look } = await consenting({ ...good, "/site/s%201/kind": { body: { bot_id: "B1" } } },
    { adds: { personal: { token_of: "user" } }, requests: [kind] });
  const told = async () => (await bw.api("GET", "events?type=account.personal_login")).items.map((it) => [it.account, it.detail]);
  assert.equal((await connect()).params.status, "connected");
  assert.deepEqual([(await look()).warnings, await told()], [[], []]);
  api.answers["/site/s%201/kind"] = { body: { user: "ann" } };
  assert.equal((await connect()).params.status, "connected");
  const shown = await look();
  assert.equal(shown.state, "active");
  assert.deepEqual(shown.warnings, ["It is connected with a person's login (\"token_of\" is \"user\"), where a service account is wanted: it ends when that person goes."]);
  assert.deepEqual(await told(), [[account.id, { member: "token_of", value: "user" }]]);
});

// --- keys ------------------------------------------------------------------------------

const post = (url, fields) => ask(url, { method: "POST", body: new URLSearchParams(fields).toString(), headers: { "content-type": "application/x-www-form-urlencoded" } });

const keyed = (vendor, auth = {}) => plain("keyed", vendor.url, { label: "Keyed", errors: { message: ["/message"] }, auth: { scheme: "bearer", check: "/me", ...auth } });

test("a key that the vendor does not take is told beside its field; the next one connects", async () => {
  const vendor = await api({ "/me": { status: 401, body: { message: "bad key <1>" } } });
  const { look, link } = await serving(keyed(vendor, { context: [{ url: "/org", keep: { org: "/name" } }] }));
  const url = await link();
  const refused = await post(url, { token: "wrong" });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /Keyed does not take this\./);
  assert.match(refused.text, /answered 401/);
  assert.ok(!refused.text.includes("wrong"), "a secret is not printed");
  assert.equal((await look()).state, "connecting");
  vendor.answers = { "/me": { body: {} }, "/org": { body: { name: "Acme" } } };
  const page = await post(url, { token: "right" });
  assert.equal(page.status, 303, page.text);
  const after = await look();
  assert.equal(after.state, "active");
  assert.deepEqual(after.context, { org: "Acme" });
  assert.deepEqual(vendor.paths(), ["GET /me", "GET /me", "GET /org"]);
  assert.equal(vendor.asked.at(-1).headers.authorization, "Bearer right");
});

for (const [what, answer] of [["is in trouble", { status: 503 }], ["limits", { status: 429, headers: { "retry-after": "5" } }], ["forbids the check", { status: 403 }]])
  test(`a vendor that ${what} keeps nobody from connecting`, async () => {
    const { link, look } = await serving(keyed(await api({ "/me": answer })));
    assert.equal((await post(await link(), { token: "key" })).status, 303);
    assert.equal((await look()).state, "active");
  });

test("whoever enters a key may say when it ends", async () => {
  const vendor = await api({ "/me": { body: {} } });
  const document = plain("keys", vendor.url, { auth: { scheme: "bearer", check: "/me" }, connect: { ends: true } });
  const { look, link } = await serving(document);
  const url = await link();
  assert.match((await ask(url)).text, /<input id="ends" name="ends" type="date"/);
  const wrong = await post(url, { token: "good", ends: "soon" });
  assert.deepEqual([wrong.status, /This must be a day, such as 2027-01-31\./.test(wrong.text)], [422, true]);
  const done = await post(url, { token: "good", ends: "2099-01-31" });
  assert.ok(done.status < 400, done.text);
  const shown = await look();
  assert.deepEqual([shown.state, shown.ends, shown.context], ["active", "2099-01-31T00:00:00.000Z", {}]);
  assert.match(shown.connected.by, /^ses_/);
});

test("a daemon that stops while a key is tried tells it, and stores nothing", async () => {
  const vendor = await api({ "/me": null });
  const { bw, link } = await serving(keyed(vendor), ["--drain-timeout", "300ms"]);
  const pressed = post(await link(), { token: "key" });
  await until("the check", () => vendor.asked.length);
  assert.deepEqual(await bw.stop("SIGTERM"), { code: 0, signal: null });
  assert.match((await pressed).text, /token_unavailable/);
});

test("a form is shown again though its document was replaced while the key was tried", async () => {
  let answer;
  const vendor = await api({ "/me": new Promise((resolve) => (answer = resolve)) });
  const document = { ...keyed(vendor), connect: { text: "You find it in your settings." } };
  const { bw, link } = await serving(document);
  const pressed = post(await link(), { token: "wrong" });
  await until("the check", () => vendor.asked.length);
  await bw.api("PUT", "integrations/keyed", { ...document, connect: { text: "Ask us." } });
  answer({ status: 401 });
  const refused = await pressed;
  assert.equal(refused.status, 422);
  assert.match(refused.text, /You find it in your settings\./);
});

// --- what nothing renews ----------------------------------------------------------------

// An account with a key that was stored by the API, and calls of it.
async function keyedAccount(vendor, auth = {}, changes = {}) {
  const document = { ...keyed(vendor, auth), resources: {
    contacts: { methods: { list: { verb: "GET", path: "/contacts" } } }, deals: { methods: { list: { verb: "GET", path: "/deals" } } } }, ...changes };
  const { bw, look } = await serving(document);
  const id = (await look()).id;
  await bw.api("PUT", `accounts/${id}/credentials`, { credentials: { token: "key" } });
  const key = await bw.callKey();
  const call = async (path) => (await ask(`${bw.proxy(id)}${path}`, { headers: { "x-breakwater-key": key } })).status;
  return { bw, id, look, call };
}

const refusing = (check = { status: 401, body: { message: "key was revoked" } }) => ({ "/me": check, "/contacts": { status: 401 }, "/deals": { status: 401 } });
const checks = (vendor) => vendor.paths().filter((one) => one === "GET /me").length;

test("three refusals of two resources and a refused check: a person is asked; a check by hand brings it back", async () => {
  const vendor = await api(refusing());
  const { bw, id, look, call } = await keyedAccount(vendor);
  for (const path of ["/contacts", "/contacts", "/contacts"]) assert.equal(await call(path), 401);
  assert.equal(checks(vendor), 0, "one resource may need a scope");
  assert.equal(await call("/deals"), 401);
  await until("needs_reauth", async () => (await look()).state === "needs_reauth");
  assert.equal(checks(vendor), 1);
  assert.match((await look()).state_reason, /answered 401: key was revoked/);
  assert.equal(await call("/contacts"), 409);
  const events = (await bw.api("GET", "events")).items.map((event) => event.type);
  assert.deepEqual(events.filter((type) => type === "account.needs_reauth").length, 1);
  vendor.answers = { "/me": { body: {} }, "/contacts": { body: {} } };
  await bw.api("POST", `accounts/${id}/renew`);
  await until("the check", async () => (await look()).state === "active");
  assert.equal(await call("/contacts"), 200);
  assert.ok((await bw.api("GET", "events")).items.some((event) => event.type === "account.reactivated"));
});

for (const [what, check] of [["is passed", { body: {} }], ["is forbidden", { status: 403 }], ["is limited", { status: 429 }], ["meets trouble", { status: 500 }]])
  test(`refused calls alone change nothing: the check ${what}`, async () => {
    const vendor = await api(refusing(check));
    const { look, call } = await keyedAccount(vendor);
    for (const path of ["/contacts", "/deals", "/contacts"]) await call(path);
    await until("the check", () => checks(vendor));
    assert.equal(await call("/deals"), 401);
    assert.notEqual((await look()).state, "needs_reauth");
  });

test("a call that is taken ends a row of refusals", async () => {
  const vendor = await api({ ...refusing(), "/ok": { body: {} } });
  const { look, call } = await keyedAccount(vendor);
  for (const path of ["/contacts", "/deals", "/ok", "/contacts", "/deals", "/ok"]) await call(path);
  assert.equal(checks(vendor), 0);
  assert.equal((await look()).state, "active");
});

test("without a check an account is never given up, and none can be made by hand", async () => {
  const vendor = await api(refusing());
  const { bw, id, look, call } = await keyedAccount(vendor, { check: undefined });
  for (const path of ["/contacts", "/deals", "/contacts", "/deals"]) await call(path);
  assert.equal((await look()).state, "active");
  await assert.rejects(bw.api("POST", `accounts/${id}/renew`), /no token block, and no check/);
});

test("an account that needs a person stays so after a restart, and credentials that are stored bring it back", async () => {
  const vendor = await api(refusing());
  const { bw, id, look, call } = await keyedAccount(vendor);
  for (const path of ["/contacts", "/deals", "/contacts"]) await call(path);
  await until("needs_reauth", async () => (await look()).state === "needs_reauth");
  await bw.api("PUT", `accounts/${id}/credentials`, { credentials: { token: "new" } });
  assert.equal((await look()).state, "active");
});

test("an account that the API makes gets its context, too, as soon as the vendor says it", async () => {
  const vendor = await api({ "/org": { status: 503 }, "/acme/contacts": { body: { found: true } } });
  const { bw, id, look, call } = await keyedAccount(vendor,
    { check: undefined, context: [{ url: `${vendor.url}/org`, keep: { org: "/name" } }] }, { base_url: `${vendor.url}/{org}` });
  await until("the first try", () => vendor.paths().includes("GET /org"));
  assert.equal(await call("/contacts"), 500, "credential_unusable: there is no base URL yet");
  vendor.answers["/org"] = { body: { name: "acme" } };
  await bw.api("PUT", `accounts/${id}/credentials`, { credentials: { token: "key2" } });
  await until("the context", async () => (await look()).context.org === "acme");
  assert.equal(await call("/contacts"), 200);
  assert.equal(vendor.asked.find((one) => one.url === "/acme/contacts").headers.authorization, "Bearer key2");
});
