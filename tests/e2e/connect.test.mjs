// Connecting accounts in a browser, at a real authorization server.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { browser } from "./support/browser.mjs";
import { folderOf } from "./support/documents.mjs";
import { faults, oidc } from "./support/oidc.mjs";
import { breakwater, freePort, stopAll, until } from "./support/run.mjs";
import { ask, dial } from "./support/wire.mjs";

after(stopAll);

const back = "http://127.0.0.1:9/back";

async function started({ client = "basic", auth = "basic", token = {}, changes = {}, seconds = 3600, flags = [] } = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await oidc({ access_seconds: seconds, callback: `${url}/oauth/callback` });
  const { client_id, client_secret } = server.clients[client];
  const document = server.document("vendor", { scheme: "bearer", token: {
    grant: "authorization_code", authorize_url: server.authorizeUrl, url: server.tokenUrl, client: auth,
    scopes: server.scope.split(" "), authorize_params: { prompt: "consent" }, ...token } }, changes);
  const bw = await breakwater({ integrations: folderOf(document), flags: ["--public-url", url, "--listen", `127.0.0.1:${port}`, "--log-level", "debug", ...flags] });
  const environment = await bw.tenant();
  const account = await bw.api("POST", "accounts", { environment: environment.id, integration: "vendor", external_id: "acme" });
  const app = await bw.api("POST", "apps", { integration: "vendor", name: "default", client_id });
  if (client_secret) await bw.api("PUT", `apps/${app.id}/secrets`, { secrets: { client_secret } });
  const key = await bw.callKey();
  const call = () => ask(`${bw.proxy(account)}/contacts`, { headers: { authorization: `Bearer ${key}` } });
  const session = (more = {}) => bw.api("POST", "connect-sessions", { account: account.id, return_url: back, ...more });
  const state = async () => (await bw.api("GET", `accounts/${account.id}`)).state;
  return { server, bw, account, app, call, session, state };
}

for (const [client, auth] of [["basic", "basic"], ["post", "body"], ["odd", "basic"], ["public", "none"]])
  test(`an account is connected by consent; the app says who it is in the way "${auth}" (${client})`, async () => {
    const { server, bw, account, call, session, state } = await started({ client, auth });
    assert.equal(await state(), "connecting");
    const { url } = await session();
    const walked = await browser().walk(url, { until: back });
    assert.equal(walked.params.status, "connected", walked.last?.text);
    assert.equal(await state(), "active");
    const { token } = await bw.api("GET", `accounts/${account.id}`);
    assert.deepEqual(token.scope.split(" ").sort(), server.scope.split(" ").sort(), "what was granted is kept");
    const answer = await call();
    assert.equal(answer.status, 200, answer.text);
    const { granted, refreshes, reused } = await server.stats();
    assert.equal(granted, 1);
    assert.equal(refreshes, 0, "a token that has just come is not renewed");
    assert.equal(reused, 0);
  });

// --- the pages -------------------------------------------------------------------------

const statusOf = (answer) => [answer.status, /(\w+) · ses_/.exec(answer.text)?.[1] ?? /pass this on: (\w+)/.exec(answer.text)?.[1]];
const linkOf = (answer, words) => new RegExp(`<a (?:class="\\w+" )?href="([^"]*)">${words}</a>`).exec(answer.text)?.[1].replaceAll("&amp;", "&");
const titleOf = (answer) => /<h1>([^<]*)<\/h1>/.exec(answer.text)?.[1];

test("who refuses at the vendor is told so in its words, may go back, and may try again", async () => {
  const { server, account, session, state } = await started();
  const person = browser();
  const denied = await person.walk((await session()).url, { until: back, deny: true });
  assert.deepEqual(statusOf(denied.last), [422, "connect_refused"]);
  assert.equal(titleOf(denied.last), "Not connected");
  assert.match(denied.last.text, /<blockquote>[^<]+ \(access_denied\)</);
  const way = new URL(linkOf(denied.last, "Go back"));
  assert.deepEqual(Object.fromEntries(way.searchParams), { status: "error", account: account.id, code: "connect_refused" });
  assert.equal(await state(), "connecting");
  const reloaded = await person.walk(denied.url, { until: back });
  assert.deepEqual(statusOf(reloaded.last), [409, "session_step_used"]);
  assert.equal(linkOf(reloaded.last, "Try again"), linkOf(denied.last, "Try again"));
  const again = await person.walk(linkOf(denied.last, "Try again"), { until: back });
  assert.equal(again.params.status, "connected", again.last?.text);
  assert.equal(await state(), "active");
  assert.equal((await server.stats()).granted, 1);
});

test("a link that was used or never was is a page, and so is a callback that nobody waits for", async () => {
  const { bw, account, session } = await started();
  const { url } = await session();
  const person = browser();
  const walked = await person.walk(url, { until: back });
  const callback = walked.answers.find(({ url }) => url.includes("/oauth/callback"));
  const used = await ask(url);
  assert.deepEqual([used.status, titleOf(used)], [200, "Connected"]);
  assert.equal(linkOf(used, "Go back"), back, "it is no fault");
  assert.equal(linkOf(used, "Try again"), undefined);
  const never = `${bw.url}/oauth/connect/con_${"x".repeat(22)}`;
  for (const address of [never, `${bw.url}/oauth/connect/`, `${bw.url}/oauth/callback`, `${bw.url}/oauth/callback?code=c&state=${"s".repeat(30)}`, callback.url]) {
    const answer = await ask(address);
    assert.deepEqual(statusOf(answer), [410, "session_unknown"], address);
    assert.match(answer.headers["content-type"], /^text\/html/);
  }
  for (const [address, method, allow] of [[never, "DELETE", "GET, POST"], [`${bw.url}/oauth/callback`, "POST", "GET"]]) {
    const answer = await ask(address, { method });
    assert.deepEqual([answer.status, answer.headers.allow], [405, allow]);
  }
  await assert.rejects(session({ lifetime: "59s" }), { status: 422 });
  await bw.api("POST", `accounts/${account.id}/disable`);
  assert.deepEqual(statusOf(await ask(url)), [410, "session_unknown"], "what it did no longer holds");
});

// Goes as far as the vendor's answer, which is not followed.
async function comeBack(session, person = browser()) {
  const { url } = await session();
  const walked = await person.walk(url, { until: `${new URL(url).origin}/oauth/callback` });
  return { url, callback: walked.url, first: walked.answers[0] };
}
const cookieOf = (answer) => answer.headers["set-cookie"][0].split(";")[0];

test("what comes back is taken once, and only from the browser that was sent", async () => {
  const { bw, session, state } = await started();
  const { callback, first } = await comeBack(session);
  for (const cookie of [undefined, `${cookieOf(first)}x`, cookieOf(first).replace(/=.*/, "="), cookieOf(first).replace(/=/, "x=")]) {
    const elsewhere = await ask(callback, { headers: cookie ? { cookie } : {} });
    assert.deepEqual(statusOf(elsewhere), [403, "session_other_browser"], cookie);
    assert.equal(linkOf(elsewhere, "Try again"), undefined);
  }
  assert.equal(await state(), "connecting");
  const headers = { cookie: `other=1; ${cookieOf(first)}; bw_connect_x=y` };
  const answer = await ask(callback, { headers });
  assert.equal(answer.status, 303, answer.text);
  assert.match(answer.headers.location, /status=connected/);
  assert.match(answer.headers["set-cookie"][0], /=; Path=\/oauth\/callback; .*Max-Age=0/);
  assert.equal(await state(), "active");
  assert.equal(titleOf(await ask(callback, { headers })), "Connected");
  assert.deepEqual(statusOf(await ask(callback)), [410, "session_unknown"], "without the cookie nobody is known");
  await until("its line", () => bw.log("connect").some(({ what }) => what === "connected"));
});

test("of one link that was opened in two windows the window that opened it last counts", async () => {
  const { session, state } = await started();
  const person = browser(), { url } = await session();
  const first = await comeBack(async () => ({ url }), person), second = await comeBack(async () => ({ url }), person);
  assert.deepEqual(statusOf((await person.walk(first.callback)).last), [409, "session_step_used"]);
  assert.equal((await person.walk(second.callback, { until: back })).params.status, "connected");
  assert.equal(await state(), "active");
  const late = (await person.walk(first.callback)).last;
  assert.deepEqual(statusOf(late), [410, "session_unknown"], "the cookie has gone with its work");
});

test("one browser may be at the vendor for two accounts at the same time", async () => {
  const { session, state } = await started();
  const person = browser();
  const one = await comeBack(session, person), two = await comeBack(session, person);
  for (const { callback } of [one, two]) {
    const walked = await person.walk(callback, { until: back });
    assert.equal(walked.params.status, "connected", walked.last?.text);
  }
  assert.equal(await state(), "active");
});

test("the cookie and the pages keep to themselves", async () => {
  const { bw, session } = await started();
  const { url, first, callback } = await comeBack(session);
  assert.match(first.headers["set-cookie"][0], /^bw_connect_\w{8}=\w{22}\.con_\w{22}; Path=\/oauth\/callback; HttpOnly; SameSite=Lax; Max-Age=3600$/);
  for (const answer of [first, await ask(callback), await ask(`${bw.url}/oauth/connect/x`)]) {
    assert.equal(answer.headers["referrer-policy"], "no-referrer");
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.equal(answer.headers["x-frame-options"], "DENY");
    assert.match(answer.headers["content-security-policy"], /default-src 'none'.*frame-ancestors 'none'/);
  }
  const state = new URL(callback).searchParams.get("state"), code = new URL(callback).searchParams.get("code");
  const secrets = [url.split("/").at(-1), state, code, ...cookieOf(first).split(/[=.]/).slice(1)];
  await until("its lines", () => bw.log("connect").some(({ what, session }) => what === "refused" && session?.startsWith("ses_")));
  for (const secret of secrets) assert.ok(secret.length > 20 && !bw.err.includes(secret), `the log shows ${secret}`);
});

// --- the code's exchange ---------------------------------------------------------------

for (const [name, fault, words] of [
  ["fails", faults.failing(500), /./], ["answers garbage", faults.garbage, /./],
  ["breaks off", { instead: "cut" }, /./],
  ["does not know the app", { status: 401, body: { error: "invalid_client", error_description: "no such app here" } }, /no such app here/]])
  test(`when the token endpoint ${name} the account stays as it was, and the link works again`, async () => {
    const { server, session, state, call } = await started();
    const { url } = await session();
    const person = browser();
    await server.fault(fault, { path: "/token" });
    const walked = await person.walk(url, { until: back });
    assert.deepEqual(statusOf(walked.last), [422, "connect_refused"], walked.last.text);
    assert.match(/<blockquote>([^<]*)/.exec(walked.last.text)?.[1] ?? "", words);
    assert.equal(await state(), "connecting");
    await server.clear();
    const again = await person.walk(url, { until: back });
    assert.equal(again.params.status, "connected", again.last?.text);
    assert.equal((await call()).status, 200);
  });

test("a browser that leaves in the middle of the exchange leaves a connected account", async () => {
  const { server, session, state } = await started();
  const { callback, first } = await comeBack(session);
  await server.fault(faults.held, { path: "/token" });
  const leaving = new AbortController();
  const asked = ask(callback, { headers: { cookie: cookieOf(first) }, signal: leaving.signal }).catch((error) => error);
  await until("the exchange", async () => (await server.log()).requests.some(({ path }) => path === "/token"));
  leaving.abort();
  await asked;
  await server.release();
  await until("the connection", async () => (await state()) === "active");
});

// --- again -----------------------------------------------------------------------------

test("an account is connected again, whatever state it is in, and renewed in the app's name", async () => {
  const { server, bw, session, state, call } = await started({ seconds: 4 });
  for (let round = 0; round < 2; round++) {
    const walked = await browser().walk((await session()).url, { until: back });
    assert.equal(walked.params.status, "connected", walked.last?.text);
  }
  assert.equal((await server.stats()).granted, 2);
  await until("a renewal", async () => (await server.stats()).refreshes > 0);
  assert.equal((await call()).status, 200);
  const { refreshes, reused, peak } = await server.stats();
  assert.ok(refreshes > 0 && reused === 0 && peak === 1);
  await server.revoke({ account: "ada" });
  await until("the end of its token", async () => (await state()) === "needs_reauth");
  const walked = await browser().walk((await session()).url, { until: back });
  assert.equal(walked.params.status, "connected", walked.last?.text);
  assert.equal(await state(), "active");
  assert.equal((await call()).status, 200);
  assert.ok(bw.log("connect").every(({ what }) => what !== "refused"));
});

test("a call that waits for a token has the one of a person who connects meanwhile", async () => {
  const { server, bw, account, session, call } = await started();
  const person = browser();
  await person.walk((await session()).url, { until: back });
  const { callback, first } = await comeBack(session, person);
  await server.fault(faults.held, { path: "/token", grant: "authorization_code", count: 1 });
  const connected = ask(callback, { headers: { cookie: cookieOf(first) } });
  await until("the exchange of the code", async () => (await server.log()).requests.filter(({ grant_type }) => grant_type === "authorization_code").length === 2);
  await server.expireAccess();
  const waiting = call();
  await until("the call that waits", async () => (await bw.api("GET", `accounts/${account.id}`)).token.waiters === 1);
  await server.release();
  assert.match((await connected).headers.location, /status=connected/);
  const answer = await waiting;
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await server.stats()).reused, 0);
});

// --- forms -----------------------------------------------------------------------------

const post = (url, fields) => ask(url, { method: "POST", body: new URLSearchParams(fields).toString(), headers: { "content-type": "application/x-www-form-urlencoded" } });

test("what an address needs is asked for; a wrong value is told beside its field, and may be corrected later", async () => {
  const { bw, account, session, state, server } = await started({
    token: { authorize_params: { prompt: "consent", login_hint: "{login}" } },
    changes: { connect: { text: "Your team's address has it.", fields: { login: { label: "Your <login>", help: "As you sign in." } } } } });
  const { url } = await session();
  const form = `${url}?ask=login`;
  assert.equal((await ask(url)).headers.location, form);
  const page = await ask(form);
  assert.equal(page.status, 200);
  assert.match(page.text, /<h1>Connect vendor<\/h1><p>Your team&#39;s address has it.<\/p>/);
  assert.match(page.text, /<label for="login">Your &lt;login&gt;<\/label><p class="help" id="help.login">As you sign in.<\/p><input/);
  assert.equal(new URL(linkOf(page, "Go back")).searchParams.get("status"), "left");
  const empty = await post(url, { login: " " });
  assert.equal(empty.status, 422);
  assert.match(empty.text, /aria-invalid="true".*id="fault.login">/);
  const person = browser();
  const walked = await person.walk(url, { until: back, deny: true, fields: { login: "ada" } });
  assert.deepEqual(statusOf(walked.last), [422, "connect_refused"]);
  assert.equal((await bw.api("GET", `accounts/${account.id}`)).context.login, "ada");
  const again = linkOf(walked.last, "Try again");
  assert.match((await ask(again)).text, /name="login"[^>]* value="ada"/);
  assert.equal((await ask(url)).status, 303, "what is known is not asked for again by itself");
  const second = await person.walk(again, { until: back, fields: { login: "grace" } });
  assert.equal(second.params.status, "connected", second.last?.text);
  assert.equal((await bw.api("GET", `accounts/${account.id}`)).context.login, "grace");
  assert.equal(await state(), "active");
  assert.equal((await server.stats()).granted, 1);
});

test("a form leads to the document's hosts only", async () => {
  const { server, bw, account, session, state } = await started({
    changes: { base_url: "{origin}/api" }, token: {} });
  const { url } = await session();
  for (const origin of ["https://else.test", "http://else.test/", "nonsense", `${server.url}/path`, "http://127.0.0.1:1"]) {
    const page = await post(url, { origin });
    assert.equal(page.status, 422, origin);
    assert.match(page.text, /id="fault.origin">/);
    assert.ok(page.text.includes(`value="${origin}"`));
  }
  assert.equal((await bw.api("GET", `accounts/${account.id}`)).context.origin, undefined);
  const walked = await browser().walk(url, { until: back, fields: { origin: server.url } });
  assert.equal(walked.params.status, "connected", walked.last?.text);
  assert.equal(await state(), "active");
});

// An account of a vendor that has no consent.
async function keyed(auth, client) {
  const server = await oidc();
  if (client) auth = { ...auth, token: { url: server.tokenUrl, ...auth.token } };
  const bw = await breakwater({ integrations: folderOf({ ...server.document("vendor", auth), label: "The Vendor" }), flags: ["--log-level", "debug"] });
  const environment = await bw.tenant();
  const account = await bw.api("POST", "accounts", { environment: environment.id, integration: "vendor" });
  const { client_id, client_secret } = server.clients[client] ?? {};
  if (client) await bw.api("POST", "apps", { integration: "vendor", name: "default", client_id, secrets: { client_secret } });
  const session = (more = {}) => bw.api("POST", "connect-sessions", { account: account.id, ...more });
  return { server, bw, account, session, state: async () => (await bw.api("GET", `accounts/${account.id}`)).state };
}

for (const [scheme, auth, fields] of [["basic", "basic", { username: "ada", password: "hush-hush-&-hush" }],
  ["header", { scheme: "header", header: "X-Key" }, { key: "hush-hush-&-hush" }], ["bearer", "bearer", { token: "hush-hush-&-hush" }]])
  test(`keys of the scheme ${scheme} are asked for in a form, and connect without a vendor's page`, async () => {
    const { bw, account, session, state } = await keyed(auth);
    const { url } = await session({ return_url: back });
    const page = await ask(url);
    assert.match(page.text, /<h1>Connect The Vendor<\/h1>/);
    assert.match(page.text, /type="password"/);
    assert.match(page.text, /<button>Connect<\/button>/);
    const answer = await post(url, fields);
    assert.equal(answer.status, 303, answer.text);
    assert.deepEqual(Object.fromEntries(new URL(answer.headers.location).searchParams), { status: "connected", account: account.id });
    assert.equal(await state(), "active");
    assert.equal(titleOf(await post(url, fields)), "Connected", "a button that was pressed twice");
    const second = await session();
    assert.equal((await post(second.url, fields)).headers.location, second.url);
    const done = await ask(second.url);
    assert.deepEqual([done.status, titleOf(done)], [200, "Connected"]);
    assert.ok(!bw.err.includes("hush-hush"));
  });

test("a body that is too large is refused, and one that never ends does no harm", async () => {
  const { bw, session, state } = await keyed("basic");
  const { url } = await session();
  const large = await post(url, { username: "x".repeat(300_000), password: "y" });
  assert.deepEqual(statusOf(large), [413, "body_too_large"]);
  const chunked = await ask(url, { method: "POST", headers: { "transfer-encoding": "chunked" }, body: "x".repeat(300_000) });
  assert.deepEqual(statusOf(chunked), [413, "body_too_large"]);
  const wire = await dial(bw.port);
  wire.send(`POST ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n`);
  await until("the wait for its body", () => wire.text.startsWith("HTTP/1.1 100 "));
  wire.send("username=");
  wire.close();
  assert.equal((await ask(`${bw.url}/healthz`)).status, 200);
  assert.equal(await state(), "connecting");
});

test("an account that was switched off or deleted meanwhile is a page", async () => {
  const { bw, account, session } = await keyed("basic");
  const { url } = await session();
  await bw.api("POST", `accounts/${account.id}/disable`);
  assert.deepEqual(statusOf(await ask(url)), [403, "account_disabled"]);
  assert.deepEqual(statusOf(await post(url, { username: "a", password: "b" })), [403, "account_disabled"]);
  await bw.api("POST", `accounts/${account.id}/enable`);
  assert.equal((await ask(url)).status, 200);
});

// --- whose login -----------------------------------------------------------------------

test("another login than before is refused, unless it is forced", async () => {
  const { server, bw, account, session, call } = await started({
    token: { keep: { grant: "/scope" }, identity: ["grant"] } });
  const connect = async (more) => browser().walk((await session(more)).url, { until: back });
  assert.equal((await connect()).params.status, "connected");
  assert.equal((await connect()).params.status, "connected", "the same login");
  await server.fault({ patch: { scope: "another" } }, { path: "/token" });
  const refused = await connect();
  assert.deepEqual(statusOf(refused.last), [409, "identity_changed"], refused.last.text);
  assert.match(refused.last.text, /with another login than the one/);
  assert.ok(linkOf(refused.last, "Try again") && linkOf(refused.last, "Go back").includes("code=identity_changed"));
  assert.notEqual((await bw.api("GET", `accounts/${account.id}`)).context.grant, "another");
  assert.equal((await call()).status, 200, "it still has the login from before");
  assert.equal((await connect({ force: true })).params.status, "connected");
  assert.equal((await bw.api("GET", `accounts/${account.id}`)).context.grant, "another");
});

test("where a browser returns to is the setting's and the app's to say", async () => {
  const { bw, app, session } = await started({ flags: ["--connect-returns", "https://us.test/after"] });
  await assert.rejects(session({ return_url: "https://them.test/" }), ({ status, problem }) => {
    assert.deepEqual([status, problem.faults[0].pointer], [422, "/return_url"]);
    return true;
  });
  await bw.api("PATCH", `apps/${app.id}`, { return_urls: ["https://them.test/"] });
  for (const place of ["https://them.test/any?a=1#part", "https://us.test/after"]) {
    const walked = await browser().walk((await session({ return_url: place })).url, { until: place.split("?")[0] });
    assert.equal(walked.params.status, "connected");
    if (place.includes("#")) assert.match(walked.url, /^https:\/\/them\.test\/any\?a=1&status=connected&account=acc_\w+#part$/);
  }
});

test("where the app's own secret gets the token, one press of a button connects, and opening the link does not", async () => {
  const { server, bw, account, state, session } = await keyed({ scheme: "bearer", token: { grant: "client_credentials", client: "basic", scopes: ["api.read"] } }, "machine");
  const { url } = await session();
  const page = await ask(url);
  assert.match(page.text, /<form method="post"><div class="ways"><button>Connect<\/button><\/div><\/form>/);
  assert.equal((await server.stats()).requests, 0);
  await server.fault(faults.failing(500), { path: "/token" });
  const failed = await post(url, {});
  assert.deepEqual(statusOf(failed), [422, "connect_refused"]);
  assert.equal(await state(), "connecting");
  await server.clear();
  assert.equal((await post(url, {})).headers.location, url);
  const done = await ask(url);
  assert.deepEqual([done.status, titleOf(done)], [200, "Connected"]);
  assert.equal(await state(), "active");
  const answer = await ask(`${bw.proxy(account)}/contacts`, { headers: { authorization: `Bearer ${await bw.callKey()}` } });
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await server.stats()).granted, 1);
});
