// The shipped token blocks, vendor by vendor: what reaches a token endpoint, what is kept of
// its answer, and where the next call goes with it. The answers are the samples that other
// tests have as well; servers that others wrote are in tokens.test.mjs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { constants, createPublicKey, verify } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { folderOf, localizedTokens, plain, shipped, waysOf } from "./support/documents.mjs";
import { readJwt, signingKey } from "./support/jwt.mjs";
import { breakwater, root, stopAll, until } from "./support/run.mjs";
import { tokenEndpoint } from "./support/token_endpoint.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

const samples = JSON.parse(readFileSync(join(root, "tests/cases/vendor-samples.json"), "utf8")).token_responses;
const sample = (name, changes = {}) => ({ ...samples[name], body: { ...samples[name].body, ...changes } });
const key = signingKey("RS256");

// Signs that mean something in a form, in base64 and in a URL.
const id = "app:1/ä", secret = "s3cret+&= %";
const own = { client_id: id, client_secret: secret };
const escaped = (text) => new URLSearchParams({ "": text }).toString().slice(1);
const base64 = (text) => Buffer.from(text).toString("base64");
const basic = { authorization: `Basic ${base64(`${escaped(id)}:${escaped(secret)}`)}` };
const body = { client_id: id, client_secret: secret };

// --- what each vendor is asked ---------------------------------------------------------------

const refreshed = { grant_type: "refresh_token", refresh_token: "rt1" };
const identity = { identity_url: "https://login.salesforce.com/id/00D/005", organization_id: "00D" };
const personal = { token: "at1", refresh_token: "rt1", ...own };

// A row is called by its document and, where that has several, its way. `at` is the path of
// the token endpoint; `form` or `json` all that is sent, `headers` what
// stands among the others; `sends` the header that a call carries then, `kept` what the
// account's context has got, `base` the path in front of a call's own.
const refreshes = {
  airtable: { at: "/oauth2/v1/token", headers: basic, form: refreshed },
  asana: { at: "/-/oauth_token", form: { ...refreshed, ...body }, answer: { body: { access_token: "at2", expires_in: 3600, data: { gid: "17" } } }, sends: "Bearer at2", kept: { user_gid: "17" } },
  "bamboohr oauth": { at: "/token.php", query: "request=token", context: { company_domain: "acme" }, form: { ...refreshed, ...body, request: "token" },
    answer: sample("standard", { companyDomain: "acme2" }), kept: { company_domain: "acme2" } },
  "github oauth": { at: "/login/oauth/access_token", form: { ...refreshed, ...body }, answer: samples.github_form, sends: "Bearer gho_x" },
  "gitlab oauth": { at: "/oauth/token", form: { ...refreshed, ...body } },
  "google oauth": { at: "/token", form: { ...refreshed, ...body } },
  hubspot: { at: "/oauth/v1/token", context: { portal_id: "62515" }, form: { ...refreshed, ...body } },
  "jira oauth": { at: "/oauth/token", context: { cloud_id: "11-22" }, json: { ...refreshed, ...body }, base: "/ex/jira/11-22" },
  "microsoft oauth": { at: "/common/oauth2/v2.0/token", context: { tenant: "common" }, form: { ...refreshed, ...body } },
  "netsuite oauth": { at: "/services/rest/auth/oauth2/v1/token", headers: basic, context: { account_id: "1234567-sb1" }, form: refreshed },
  notion: { at: "/v1/oauth/token", headers: { ...basic, "notion-version": "2022-06-28" }, json: refreshed,
    answer: { body: { access_token: "at2", refresh_token: null, workspace_id: "w1", workspace_name: "Acme", bot_id: "b1" } }, sends: "Bearer at2",
    kept: { workspace_id: "w1", workspace_name: "Acme", bot_id: "b1" } },
  "pipedrive oauth": { at: "/oauth/token", headers: basic, form: refreshed, moves: "api_domain" },
  quickbooks: { at: "/oauth2/v1/tokens/bearer", headers: basic, context: { api: "sandbox-quickbooks" }, form: refreshed, answer: samples.quickbooks, sends: "Bearer eyJ" },
  "salesforce oauth": { at: "/services/oauth2/token", form: { ...refreshed, ...body }, answer: samples.salesforce_no_expiry, sends: "Bearer 00D!at", from: "instance_url", moves: "instance_url", kept: identity },
  shopify: { at: "/admin/oauth/access_token", context: { shop: "acme" }, credential: "key", form: { ...refreshed, ...body }, in: "x-shopify-access-token", sends: "at" },
  "slack bot": { at: "/api/oauth.v2.access", form: { ...refreshed, ...body }, answer: samples.slack_nested, sends: "Bearer xoxb-1",
    kept: { team_id: "T9", team_name: "Acme", app_id: "A0", bot_user_id: "U0", user_id: "U1" } },
  "slack user": { at: "/api/oauth.v2.access", context: { user_scope: "search:read" }, form: { ...refreshed, ...body }, answer: samples.slack_nested, sends: "Bearer xoxp-1", kept: { team_id: "T9", team_name: "Acme", user_id: "U1" } },
  "stripe connect": { at: "/oauth/token", form: { ...refreshed, ...body }, answer: { body: { access_token: "sk2", livemode: false, stripe_user_id: "acct_1", stripe_publishable_key: "pk1", refresh_token: "rt2" } },
    sends: "Bearer sk2", kept: { stripe_user_id: "acct_1", publishable_key: "pk1", livemode: "false" } },
  "stripe apps": { at: "/v1/oauth/token", headers: { authorization: `Bearer ${secret}` }, form: { ...refreshed, client_id: id } },
  "workday oauth": { at: "/ccx/oauth2/acme/token", headers: basic, context: { tenant: "acme", host: "x", token_domain: "x", authorization_domain: "x" }, form: refreshed,
    answer: { body: { access_token: "at2" } }, sends: "Bearer at2" },
  "zendesk oauth": { at: "/oauth/tokens", context: { subdomain: "acme" }, form: { ...refreshed, ...body, expires_in: "172800" } },
};

// A token of ours in what was sent: its claims, when its signature is good.
function signed(token, pss = false) {
  const [head, claims, signature] = token.split(".");
  const padding = pss ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  assert.ok(verify("sha256", Buffer.from(`${head}.${claims}`), { key: createPublicKey(key.privateKey), padding, saltLength: 32 }, Buffer.from(signature, "base64url")));
  return readJwt(token);
}
const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const asserted = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const isNow = (seconds) => assert.ok(Math.abs(seconds - Date.now() / 1000) < 60, String(seconds));

// What is asked without a person. `look` sees the request and takes what it has seen out.
const obtained = {
  "github app": { at: "/app/installations/42/access_tokens", context: { installation_id: "42" }, credentials: { client_id: "Iv1.1", private_key: key.pem }, json: {},
    answer: samples.github_installation, sends: "Bearer ghs_x",
    look: ({ headers }) => {
      const { header, claims } = signed(headers.authorization.replace("Bearer ", ""));
      assert.equal(header.alg, "RS256");
      assert.equal(claims.iss, "Iv1.1");
      isNow(claims.iat + 60);
      assert.ok(claims.exp - claims.iat <= 600);
      assert.equal(headers["user-agent"], "breakwater");
    } },
  "google service_account": { at: "/token", context: { client_email: "robot@p.iam", subject: "ada@acme.test", key_id: "k1" }, credentials: { private_key: key.pem }, form: { grant_type: jwtBearer },
    look: ({ form }) => {
      const { header, claims: { iat, exp, ...claims } } = signed(form.assertion);
      assert.equal(header.kid, "k1");
      assert.deepEqual(claims, { iss: "robot@p.iam", sub: "ada@acme.test", scope: "https://www.googleapis.com/auth/calendar", aud: "https://oauth2.googleapis.com/token" });
      isNow(iat);
      assert.equal(exp - iat, 3600);
      delete form.assertion;
    } },
  "microsoft app": { at: "/acme.test/oauth2/v2.0/token", context: { tenant: "acme.test" }, credentials: own,
    form: { grant_type: "client_credentials", scope: "https://graph.microsoft.com/.default", ...body } },
  "netsuite app": { at: "/services/rest/auth/oauth2/v1/token", context: { account_id: "1234567-sb1", key_id: "cert1" }, credentials: { client_id: id, private_key: key.pem },
    form: { grant_type: "client_credentials", client_assertion_type: asserted },
    look: ({ form }, url) => {
      const { header, claims } = signed(form.client_assertion, true);
      assert.deepEqual([header.alg, header.kid], ["PS256", "cert1"]);
      assert.deepEqual([claims.iss, claims.aud, claims.scope], [id, url, ["rest_webservices"]]);
      delete form.client_assertion;
    } },
  "salesforce app": { at: "/services/oauth2/token", context: { domain: "acme" }, credentials: own, form: { grant_type: "client_credentials", ...body },
    answer: samples.salesforce_no_expiry, sends: "Bearer 00D!at", moves: "instance_url", kept: identity },
  "salesforce jwt": { at: "/services/oauth2/token", context: { login: "test", username: "ada@acme.test" }, credentials: { client_id: id, private_key: key.pem }, form: { grant_type: jwtBearer, client_id: id },
    answer: samples.salesforce_no_expiry, sends: "Bearer 00D!at", moves: "instance_url", kept: identity,
    look: ({ form }) => {
      const { claims } = signed(form.assertion);
      assert.deepEqual([claims.iss, claims.sub, claims.aud], [id, "ada@acme.test", "https://test.salesforce.com"]);
      delete form.assertion;
    } },
  "workday app": { at: "/ccx/oauth2/acme/token", headers: { authorization: `ID ${base64(`${id}:${secret}`)}` }, context: { tenant: "acme", host: "x", token_domain: "x" }, credentials: own,
    form: { grant_type: "client_credentials", tenant_alias: "acme" }, answer: { body: { access_token: "at2" } }, sends: "Bearer at2" },
};

const rows = { ...refreshes, ...obtained };
const withTokens = readdirSync(join(root, "integrations")).flatMap((name) =>
  waysOf(shipped(name)).filter((way) => way.token).map(({ way }) => (way ? `${name} ${way}` : name)));
const stored = ["mailchimp oauth"]; // whose tokens neither end nor are renewed

test("each token block that is shipped has a row here", () => {
  assert.deepEqual(withTokens.sort(), [...Object.keys(rows), ...stored].sort());
});

test("the page of vendors is as the documents are", () => {
  const page = execFileSync(process.execPath, [join(root, "tools/write-vendors"), "--print"], { encoding: "utf8" });
  assert.equal(readFileSync(join(root, "docs/reference/vendors.md"), "utf8"), page, "run tools/write-vendors");
});

// --- one Breakwater with all of them ---------------------------------------------------------

let bw, caller;
const vendors = {};

// Each row has a vendor, and a document, of its own; the account says its way.
const [named, wayOf] = [(row) => row.replace(" ", "-"), (row) => row.split(" ")[1]];
const documentOf = (row, origin) => localizedTokens(row.split(" ")[0], origin, { name: named(row) });
const accountOf = (it, row, more) => it.account(named(row), { auth: wayOf(row), ...more });

before(async () => {
  const documents = [];
  for (const [name, row] of Object.entries(rows)) {
    const api = await tokenEndpoint(() => false);
    const vendor = await tokenEndpoint((path) => path === row.at, []);
    const answer = row.answer ?? samples.standard;
    vendor.answers.push(row.moves ? { ...answer, body: { ...answer.body, [row.moves]: api.url } } : answer);
    vendors[name] = { vendor, api: row.moves ? api : vendor };
    const document = documentOf(name, vendor.url);
    documents.push({ ...document, hosts: [...document.hosts, api.url] });
  }
  bw = await breakwater({ integrations: folderOf(...documents) });
  caller = await bw.callKey();
});

const call = (account, path = "/ping") => ask(`${bw.proxy(account)}${path}`, { headers: { "x-breakwater-key": caller } });

for (const [name, row] of Object.entries(rows))
  test(`${name}: the exchange and what comes of it`, async () => {
    const { vendor, api } = vendors[name];
    const { token, ...more } = personal;
    const context = { ...row.context, ...(row.from && { [row.from]: vendor.url }) };
    const account = await accountOf(bw, name, { credentials: row.credentials ?? { [row.credential ?? "token"]: token, ...more }, context });
    await until("the exchange", () => vendor.exchanges.length);
    const [asked] = vendor.exchanges;
    row.look?.(asked, `${vendor.url}${row.at}`);
    assert.deepEqual([asked.method, asked.path, asked.query], ["POST", row.at, row.query ?? ""]);
    assert.deepEqual(asked.json ?? asked.form, row.json ?? row.form);
    assert.equal(Boolean(asked.json), Boolean(row.json));
    for (const [header, value] of Object.entries(row.headers ?? {})) assert.equal(asked.headers[header], value);
    if (!row.headers && !row.look) assert.equal(asked.headers.authorization, undefined);
    assert.match(asked.headers.accept, /json/);

    const answer = await call(account);
    assert.equal(answer.status, 200, answer.text);
    // what fills the context, where the document has that, is asked beside it
    const pings = api.calls.filter(({ path }) => path === `${row.base ?? ""}/ping`);
    assert.equal(pings.length, 1);
    assert.equal(pings[0].headers[row.in ?? "authorization"], row.sends ?? "Bearer at");
    const { context: now, state, auth } = await bw.api("GET", `accounts/${account.id}`);
    assert.deepEqual([state, auth], ["active", wayOf(name) ?? null]);
    assert.deepEqual(now, { ...context, ...row.kept, ...(row.moves && { [row.moves]: api.url }) });
    assert.equal(vendor.exchanges.length, 1);
  });

test("a token that was stored alone is sent as it is, and nobody is asked for another", async () => {
  for (const name of Object.keys(refreshes)) {
    const { vendor, api } = vendors[name], row = refreshes[name];
    const before = vendor.exchanges.length;
    const context = { ...row.context, ...(row.moves && { [row.moves]: api.url }) };
    const account = await accountOf(bw, name, { credentials: { [row.credential ?? "token"]: "by-hand" }, context });
    const answer = await call(account);
    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    assert.equal(api.calls.at(-1).headers[row.in ?? "authorization"], row.in ? "by-hand" : "Bearer by-hand");
    assert.equal(vendor.exchanges.length, before, name);
  }
});

// --- what only a person can mend -------------------------------------------------------------

const refusals = {
  "google oauth": { answer: samples.invalid_grant },
  "slack bot": { answer: { body: { ok: false, error: "invalid_refresh_token" } } },
  "github oauth": { answer: { body: { error: "bad_refresh_token", error_description: "The refresh token passed is incorrect or expired." } } },
  hubspot: { answer: { status: 400, body: { status: "BAD_REFRESH_TOKEN", message: "missing or invalid refresh token" } } },
  "jira oauth": { answer: { status: 403, body: { error: "unauthorized_client", error_description: "refresh_token is invalid" } } },
  "microsoft oauth": { answer: { status: 400, body: { error: "interaction_required", error_description: "AADSTS50076" } } },
  "github app": { answer: { status: 404, body: { message: "Not Found" } } },
  "microsoft app": { answer: { status: 400, body: { error: "unauthorized_client", error_description: "AADSTS700016" } } },
  "google service_account": { answer: { status: 401, body: { error: "unauthorized_client" } } },
};
const passing = {
  "slack bot": { answer: { status: 429, headers: { "Retry-After": "60" }, body: { ok: false, error: "ratelimited" } } },
  "salesforce oauth": { answer: { status: 503, body: "" } },
  "microsoft oauth": { answer: { status: 400, body: { error: "temporarily_unavailable" } } },
  "github app": { answer: { status: 403, body: { message: "You have exceeded a secondary rate limit." } } },
};

for (const [what, states, list] of [["asks for a person", ["needs_reauth"], refusals], ["waits", ["active", "degraded"], passing]])
  test(`a refusal that ${what}`, async () => {
    const documents = [], servers = {};
    for (const [name, { answer }] of Object.entries(list)) {
      servers[name] = await tokenEndpoint((path) => path === rows[name].at, [answer]);
      documents.push(documentOf(name, servers[name].url));
    }
    const other = await breakwater({ integrations: folderOf(...documents) });
    for (const name of Object.keys(list)) {
      const row = rows[name];
      const account = await accountOf(other, name, { credentials: row.credentials ?? personal, context: { ...row.context, ...(row.from && { [row.from]: servers[name].url }) } });
      const known = () => other.api("GET", `accounts/${account.id}`);
      await until(`the refusal of ${name}`, () => other.log("token").some((line) => line.account === account.id));
      await until(`the state of ${name}`, async () => states.includes((await known()).state));
      assert.ok(servers[name].exchanges.length <= 2, name);
    }
  });

// --- vendors of patterns that no shipped document has ------------------------------------------

// A document of our own with one token block.
async function inline(name, answers, token, more = {}) {
  const vendor = await tokenEndpoint((path) => path === "/token", answers);
  const document = plain(name, vendor.url, { auth: { scheme: "bearer",
    token: { grant: "authorization_code", authorize_url: `${vendor.url}/authorize`, url: `${vendor.url}/token`, client: "body", ...token } }, ...more });
  return { vendor, document };
}

const inSeconds = (n) => new Date(Date.now() + n * 1000).toISOString();

test("an end that is a moment is met: the next exchange comes before it", async () => {
  const answer = () => ({ headers: { "Content-Type": "application/json", Date: new Date().toUTCString() }, body: { ...samples.square_absolute_expiry.body, expires_at: inSeconds(4) } });
  const { vendor, document } = await inline("moments", [answer], { expires: { from: "/expires_at", unit: "iso8601" }, keep: { merchant: "/merchant_id" } });
  const it = await breakwater({ integrations: folderOf(document) });
  const account = await it.account("moments", { credentials: personal });
  await until("another exchange", () => vendor.exchanges.length > 1);
  assert.equal(vendor.exchanges[1].form.refresh_token, "EQAA");
  assert.deepEqual((await it.api("GET", `accounts/${account.id}`)).context, { merchant: "MERCH" });
});

test("a lifetime of 0 is for ever", async () => {
  const { vendor, document } = await inline("endless", [{ body: { ...samples.mailchimp_never.body, refresh_token: "rt2" } }], {});
  const it = await breakwater({ integrations: folderOf(document) });
  const account = await it.account("endless", { credentials: personal });
  const caller = await it.callKey();
  const { token } = await until("the exchange", async () => {
    const shown = await it.api("GET", `accounts/${account.id}`);
    return shown.token.renewed && !shown.token.renewing && shown;
  });
  assert.deepEqual([token.kept, token.expires, token.good_for_s, token.next_renewal, token.failures], [true, null, null, null, 0]);
  for (let i = 0; i < 2; i++) {
    const answer = await ask(`${it.proxy(account)}/ping`, { headers: { "x-breakwater-key": caller } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(vendor.calls.at(-1).headers.authorization, "Bearer 5c6c");
  }
  assert.equal(vendor.exchanges.length, 1);
});

test("the token endpoint is where the account's context says, if the hosts have it", async () => {
  const { vendor, document } = await inline("regions", [sample("zoho", { api_domain: "http://127.0.0.1:1" })],
    { url: "{accounts_server}/token", scope_separator: ",", redirect: { accounts_server: "accounts-server" }, keep: { api_domain: "/api_domain" } });
  const elsewhere = await tokenEndpoint(() => true, [samples.standard]);
  const it = await breakwater({ integrations: folderOf({ ...document, base_url: "{api_domain}" }) });
  const caller = await it.callKey();
  const account = await it.account("regions", { credentials: personal, context: { accounts_server: vendor.url } });
  await until("the exchange", () => vendor.exchanges.length);
  const answer = await ask(`${it.proxy(account)}/ping`, { headers: { "x-breakwater-key": caller } });
  assert.equal(answer.json.code, "host_forbidden", answer.text); // learned, but not among the hosts
  const other = await it.account("regions", { credentials: personal, context: { accounts_server: elsewhere.url } });
  await until("the fault", () => it.log("token").some((line) => line.account === other.id));
  assert.match(it.log("token").find((line) => line.account === other.id).detail, /is not among the hosts/);
  assert.equal(elsewhere.exchanges.length, 0);
});
