// One vendor, several ways of authentication: accounts that are connected by different ways,
// one that changes its way, and what is no way.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { browser } from "./support/browser.mjs";
import { oidc } from "./support/oidc.mjs";
import { breakwater, freePort, stopAll, until } from "./support/run.mjs";
import { tokenEndpoint } from "./support/token_endpoint.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

const back = "http://127.0.0.1:9/back";

// A real authorization server with its API behind "oauth"; behind "key" another server, which
// takes whatever it is sent, with a path in front of the callers' own.
async function started({ seconds = 3600, withApp = true } = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await oidc({ access_seconds: seconds, callback: `${url}/oauth/callback` });
  const other = await tokenEndpoint(() => false);
  const key = { way: "key", label: "API key <1>", scheme: "header", header: "X-Api-Key", base_url: `${other.url}/{team}/v1`,
    connect: { text: "Under settings.", fields: { team: "Your team" } } };
  const oauth = { way: "oauth", scheme: "bearer", token: { grant: "authorization_code", authorize_url: server.authorizeUrl, url: server.tokenUrl,
    scopes: server.scope.split(" "), authorize_params: { prompt: "consent" } } };
  const document = (...ways) => server.document("vendor", ways, { hosts: [new URL(server.apiUrl).origin, other.url] });
  const bw = await breakwater({ flags: ["--public-url", url, "--listen", `127.0.0.1:${port}`, "--log-level", "debug"] });
  await bw.put(document(key, oauth));
  const { client_id, client_secret } = server.clients.basic;
  const app = withApp && await bw.api("POST", "apps", { integration: "vendor", name: "ours", client_id, secrets: { client_secret } });
  const caller = await bw.callKey();
  const call = (account, headers = { "x-breakwater-key": caller }) => ask(`${bw.proxy(account)}/contacts`, { headers });
  const session = (account, more = {}) => bw.api("POST", "connect-sessions", { account: account.id, return_url: back, ...more });
  const show = (account) => bw.api("GET", `accounts/${account.id}`);
  const consent = async (account, more) => browser().walk((await session(account, more)).url, { until: back });
  return { server, other, bw, app, caller, call, session, show, consent, document, key, oauth };
}

const make = (bw, more) => bw.tenant().then((environment) => bw.api("POST", "accounts", { environment: environment.id, integration: "vendor", ...more }));
const choices = (page) => [...page.text.matchAll(/<a class="choice" href="([^"]*)">([^<]*)<\/a>/g)].map(([, href, label]) => [href.replaceAll("&amp;", "&"), label]);
// A form has an address of its own, to which the link leads.
async function opened(url) {
  const page = await ask(url);
  return page.status === 303 ? ask(new URL(page.headers.location, url).href) : page;
}
const post = (url, fields) => ask(url, { method: "POST", body: new URLSearchParams(fields).toString(), headers: { "content-type": "application/x-www-form-urlencoded" } });

test("two accounts of one document, each by its way: base URL, credential, and the place of our key", async () => {
  const { server, other, bw, caller, call, show, consent } = await started();
  const keyed = await make(bw, { auth: "key", context: { team: "red" }, credentials: { key: "k-1" } });
  const person = await make(bw, { auth: "oauth" });
  assert.deepEqual([keyed.auth, keyed.state, keyed.token], ["key", "active", null]);
  assert.deepEqual([person.auth, person.state], ["oauth", "connecting"]);
  assert.equal((await consent(person)).params.status, "connected");

  for (const headers of [{ "x-api-key": caller }, { authorization: `Bearer ${caller}` }]) {
    const answer = await call(keyed, headers);
    assert.equal(answer.status, 200, answer.text);
    const { path, headers: sent } = other.calls.at(-1);
    assert.deepEqual([path, sent["x-api-key"], sent.authorization], ["/red/v1/contacts", "k-1", undefined]);
  }
  const answer = await call(person, { authorization: `Bearer ${caller}` });
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await call(person, { "x-api-key": caller })).status, 401, "this way has no credential there");
  assert.equal(other.calls.length, 2);
  assert.equal((await server.stats()).granted, 1);
  assert.equal((await show(person)).token.kept, true);
  const { items } = await bw.api("GET", "breakers?kind=integration");
  assert.deepEqual(items.map(({ name }) => name), ["vendor", "vendor auth=key", "vendor token"], "another base URL, another circuit");
  const { ways } = await bw.api("GET", "integrations/vendor");
  assert.deepEqual(ways.map(({ way, scheme, grant }) => [way, scheme, grant]), [["key", "header", null], ["oauth", "bearer", "authorization_code"]]);
  assert.deepEqual(ways[0].credentials.map(({ name }) => name), ["key"]);
  assert.ok(ways[1].credentials.some(({ name }) => name === "refresh_token"));
});

test("where nothing says the way, the person chooses it; what is chosen is the account's then", async () => {
  const { other, bw, call, session, show } = await started();
  const account = await make(bw, { context: { team: "blue" } });
  assert.equal(account.auth, null);
  const { url } = await session(account);
  const page = await ask(url);
  assert.equal(page.status, 200);
  assert.match(page.text, /How do you want to connect\?/);
  assert.deepEqual(choices(page), [["?auth=key", "API key &lt;1&gt;"], ["?auth=oauth", "oauth"]]);
  assert.deepEqual(choices(await ask(`${url}?auth=nonsense`)), choices(page));
  const form = await ask(new URL("?auth=key", url).href);
  assert.match(form.text, /Under settings\..*name="key"/);
  assert.doesNotMatch(form.text, /name="team"/, "it is known");
  const done = await post(new URL("?auth=key", url).href, { key: "k-2" });
  assert.match(done.headers.location, /status=connected/);
  assert.deepEqual([(await show(account)).auth, (await show(account)).state], ["key", "active"]);
  assert.equal((await call(account)).status, 200);
  assert.equal(other.calls[0].headers["x-api-key"], "k-2");

  const second = await make(bw, { external_id: "second" });
  const { url: link } = await session(second);
  const walked = await browser().walk(new URL("?auth=oauth", link).href, { until: back });
  assert.equal(walked.params.status, "connected", walked.last?.text);
  assert.equal((await show(second)).auth, "oauth");
  assert.equal((await call(second)).status, 200);
});

test("a way that nobody can use now is not offered: without an app there is no consent", async () => {
  const { bw, session } = await started({ withApp: false });
  const { url } = await session(await make(bw, {}));
  const page = await opened(url);
  assert.deepEqual(choices(page), []);
  assert.match(page.text, /name="team".*name="key"/s);
});

test("a refusal at the vendor leads back to the choice", async () => {
  const { bw, session, show } = await started();
  const account = await make(bw, {});
  const { url } = await session(account);
  const person = browser();
  const denied = await person.walk(new URL("?auth=oauth", url).href, { until: back, deny: true });
  assert.equal(denied.last.status, 422);
  const again = /<a class="deed" href="([^"]*)">Try again/.exec(denied.last.text)[1];
  assert.deepEqual(choices(await ask(again)).map(([href]) => href), ["?auth=key&ask", "?auth=oauth&ask"]);
  assert.deepEqual([(await show(account)).auth, (await show(account)).state], [null, "connecting"]);
  const walked = await person.walk(new URL("?auth=key&ask", again).href, { until: back, fields: { team: "green", key: "k-3" } });
  assert.equal(walked.params.status, "connected", walked.last?.text);
  assert.equal((await show(account)).auth, "key");
});

test("an account changes its way by being connected again, and nothing of the other is left", async () => {
  const { server, other, bw, call, session, show, consent } = await started({ seconds: 4 });
  const account = await make(bw, { auth: "key", context: { team: "red" }, credentials: { key: "k-4" } });
  const kept = await session(account);
  assert.deepEqual(choices(await ask(kept.url)), [], "it has a way");
  assert.match((await ask(kept.url)).text, /name="key"/);

  const before = (await show(account)).credential_version;
  const walked = await consent(account, { auth: "oauth" });
  assert.equal(walked.params.status, "connected", walked.last?.text);
  const now = await show(account);
  assert.deepEqual([now.auth, now.state, now.credential_version], ["oauth", "active", before + 1]);
  assert.equal((await call(account)).status, 200);
  assert.equal(other.calls.length, 0);
  await until("a renewal", async () => (await server.stats()).refreshes > 0);
  assert.equal((await show(account)).auth, "oauth", "a renewal leaves it");

  const { url } = await session(account, { auth: "key" });
  assert.match((await post(url, { key: "k-5" })).headers.location, /status=connected/);
  const again = await show(account);
  assert.deepEqual([again.auth, again.token, again.trouble], ["key", null, null]);
  assert.equal((await call(account)).status, 200);
  assert.equal(other.calls[0].headers["x-api-key"], "k-5");
  const { items } = await bw.api("GET", `audit?object=${account.id}`);
  assert.ok(items.some(({ action, detail }) => action === "account.connect_session" && detail.auth === "key"));
  assert.ok(items.some(({ action, detail }) => action === "account.credentials" && detail.auth === "key"));
});

test("credentials that are stored by hand bring their way along", async () => {
  const { server, bw, call, show } = await started();
  const account = await make(bw, { auth: "oauth" });
  const store = (body) => bw.api("PUT", `accounts/${account.id}/credentials`, body);
  await assert.rejects(store({ credentials: { key: "k" } }), { status: 422 });
  assert.equal((await store({ auth: "key", credentials: { key: "k-6" } })).auth, "key");
  await bw.api("PATCH", `accounts/${account.id}`, { context: { team: "t" } });
  assert.equal((await call(account)).status, 200);
  assert.equal((await store({ credentials: { key: "k-7" } })).auth, "key", "as it was");
  assert.equal((await store({ auth: "oauth", credentials: { token: "by-hand" } })).auth, "oauth");
  assert.equal((await show(account)).base_url, new URL(server.apiUrl).href);
});

test("what is no way is refused, and says which there are", async () => {
  const { bw, session, show } = await started();
  const refused = (status, code, words) => ({ status: found, problem }) => {
    assert.deepEqual([found, problem.code], [status, code]);
    assert.match(JSON.stringify(problem), words);
    return true;
  };
  const unknown = refused(422, "body_invalid", /"\/auth".*no way of authentication called \\"jwt\\"; it has \\"key\\", \\"oauth\\"/);
  await assert.rejects(make(bw, { auth: "jwt" }), unknown);
  await assert.rejects(make(bw, { auth: "oauth", credentials: { key: "k" } }), refused(422, "body_invalid", /no credential of the way \\"oauth\\"; it wants/));
  const account = await make(bw, { auth: "key", credentials: { key: "k" } });
  const patch = (auth) => bw.api("PATCH", `accounts/${account.id}`, { auth });
  await assert.rejects(session(account, { auth: "jwt" }), unknown);
  await assert.rejects(patch("jwt"), unknown);
  await assert.rejects(patch("oauth"), refused(409, "state_conflict", /comes together with new ones/));
  assert.equal((await patch("key")).auth, "key");
  await assert.rejects(bw.api("PUT", `accounts/${account.id}/credentials`, { auth: "jwt", credentials: { key: "k" } }), unknown);
  await assert.rejects(bw.api("POST", "apps", { integration: "vendor", name: "n", client_id: "c", auth: "jwt" }), unknown);
  const bare = await make(bw, { external_id: "bare" });
  assert.equal((await bw.api("PATCH", `accounts/${bare.id}`, { auth: "oauth" })).auth, "oauth");
  assert.equal((await bw.api("PATCH", `accounts/${bare.id}`, { auth: null })).auth, null);
  assert.equal((await show(account)).credential_version, 1);
});

test("a way that the document has no longer is told by its name, and connecting again mends it", async () => {
  const { bw, call, session, show, document, oauth } = await started();
  const account = await make(bw, { auth: "key", context: { team: "red" }, credentials: { key: "k" } });
  await bw.put(document(oauth));
  const answer = await call(account);
  assert.deepEqual([answer.status, answer.json.code], [500, "credential_unusable"], answer.text);
  assert.match(answer.json.detail, /no way of authentication called "key"; it has "oauth"/);
  const seen = await show(account);
  assert.match(seen.trouble, /called "key"/);
  assert.equal(seen.base_url, null);
  await assert.rejects(bw.api("PUT", `accounts/${account.id}/credentials`, { credentials: { key: "k" } }), { status: 422 });
  const { url } = await session(account);
  const walked = await browser().walk(url, { until: back });
  assert.equal(walked.params.status, "connected", walked.last?.text);
  assert.equal((await show(account)).auth, "oauth");
  assert.equal((await call(account)).status, 200);
});

test("a session whose way has gone meanwhile is a page that names it", async () => {
  const { bw, session, document, oauth } = await started();
  const { url } = await session(await make(bw, {}), { auth: "key" });
  await bw.put(document(oauth));
  const page = await ask(url);
  assert.equal(page.status, 422);
  assert.match(page.text, /no way of authentication called &quot;key&quot;/);
});

test("two ways that want different apps have them", async () => {
  const { server, bw, app, show, consent, document, key, oauth } = await started({ seconds: 4 });
  await bw.put(document(key, oauth, { ...oauth, way: "partner", token: { ...oauth.token, client: "body" } }));
  const { client_id, client_secret } = server.clients.post;
  const partner = await bw.api("POST", "apps", { integration: "vendor", auth: "partner", name: "partners", client_id, secrets: { client_secret } });
  assert.deepEqual([app.auth, partner.auth], [null, "partner"]);
  assert.equal((await bw.api("GET", `apps/${app.id}`)).default, true, "of all the other ways");
  assert.equal(partner.default, true, "of its own");
  for (const auth of ["oauth", "partner"]) {
    const account = await make(bw, { external_id: auth, auth });
    const walked = await consent(account);
    assert.equal(walked.params.status, "connected", walked.last?.text);
    const asked = walked.answers.map(({ url }) => new URL(url).searchParams.get("client_id")).find(Boolean);
    assert.equal(asked, auth === "oauth" ? server.clients.basic.client_id : client_id);
    await until("a renewal", () => bw.log("token").some((line) => line.account === account.id && line.what === "renewed"));
    assert.equal((await show(account)).state, "active");
  }
});
