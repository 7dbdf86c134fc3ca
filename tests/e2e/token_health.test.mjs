// How an account's token is: what the API, the command line and the metrics say of it, and
// what can be done about it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { folderOf } from "./support/documents.mjs";
import { faults, oidc } from "./support/oidc.mjs";
import { adminKey, breakwater, program, start, stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

// A Breakwater with an app and one account of a vendor whose tokens live for `seconds`.
async function started({ seconds = 3600, token = {}, secrets } = {}) {
  const server = await oidc({ access_seconds: seconds });
  const { client_id, client_secret } = server.clients.basic;
  const bw = await breakwater({ integrations: folderOf(server.document("vendor", { scheme: "bearer", token: {
    grant: "authorization_code", authorize_url: server.authorizeUrl, url: server.tokenUrl, client: "basic", ...token } })) });
  const app = await bw.api("POST", "apps", { integration: "vendor", name: "default", client_id });
  await bw.api("PUT", `apps/${app.id}/secrets`, { secrets: secrets ?? { client_secret } });
  const pair = async () => {
    const minted = await server.mint("acme");
    return { token: minted.access_token, refresh_token: minted.refresh_token };
  };
  const account = await bw.account("vendor", { external_id: "acme", credentials: await pair() });
  const key = await bw.callKey();
  const call = () => ask(`${bw.proxy(account)}/contacts`, { headers: { authorization: `Bearer ${key}` } });
  const show = () => bw.api("GET", `accounts/${account.id}`);
  const renew = () => bw.api("POST", `accounts/${account.id}/renew`);
  // Until the server has seen so many exchanges, and the last of them has ended here.
  const refreshes = (n) => until(`exchange ${n}`, async () => (await server.stats()).refreshes >= n && !(await show()).token.renewing)
    .catch(async (error) => { throw new Error(`${error.message}: ${JSON.stringify([(await show()).token, bw.log("token"), await server.log()])}`); });
  return { server, bw, app, account, pair, call, show, renew, refreshes };
}

test("a pair is renewed in the name of the app, whose secret no account has", async () => {
  const { server, call, refreshes } = await started();
  await refreshes(1);
  assert.equal((await call()).status, 200);
  const { granted, reused } = await server.stats();
  assert.equal(granted, 1);
  assert.equal(reused, 0);
});

test("a client's secret is changed with both stored: the next one is tried when the first is refused", async () => {
  const { server, bw, app, show, refreshes } = await started({ seconds: 4, secrets: { client_secret: "basic-secret", client_secret_next: "fresh-secret" } });
  await refreshes(1);
  await server.putClient({ redirect_uris: [server.callback], ...server.clients.basic, client_secret: "fresh-secret" });
  const before = (await server.stats()).granted;
  await until("exchanges with the next secret", async () => (await server.stats()).granted >= before + 2);
  assert.equal((await show()).state, "active");
  const { reused, revoked } = await server.stats();
  assert.deepEqual([reused, revoked], [0, 0]);
  assert.ok(bw.log("token").some((line) => line.what === "next_secret"));
  await bw.api("PATCH", `apps/${app.id}/secrets`, { secrets: { client_secret: null } });
  const told = bw.log("token").filter((line) => line.what === "next_secret").length;
  const then = (await server.stats()).granted;
  await until("exchanges with the one secret", async () => (await server.stats()).granted >= then + 2);
  assert.ok(bw.log("token").filter((line) => line.what === "next_secret").length <= told + 1);
});

const metric = async (bw, name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec((await ask(`${bw.url}/metrics`)).text)?.[1]);

test("the account shows its token; it is renewed by hand, which the audit log knows", async () => {
  const { server, bw, account, show, renew, refreshes } = await started();
  await refreshes(1);
  const shown = await until("the token", async () => (await show()).token.renewed && show());
  assert.equal(shown.trouble, null);
  assert.deepEqual(shown.warnings, []);
  const { token } = shown;
  assert.deepEqual([token.kept, token.static, token.failures, token.fault, token.unanswered], [true, false, 0, null, false]);
  assert.ok(token.good_for_s > 3500 && token.good_for_s <= 3600, String(token.good_for_s));
  assert.equal(Date.parse(token.expires) - Date.parse(token.issued), 3600_000);
  const ahead = Date.parse(token.expires) - Date.parse(token.next_renewal);
  assert.ok(ahead >= 59_000 && ahead <= 181_000, String(ahead));
  await renew();
  await refreshes(2);
  await until("the new token", async () => (await show()).credential_version === shown.credential_version + 1);
  const { items } = await bw.api("GET", `audit?object=${account.id}`);
  assert.equal(items[0].action, "account.renew");
  assert.equal((await bw.api("GET", "accounts")).items[0].token, undefined);
  assert.equal(await metric(bw, "breakwater_token_accounts"), 1);
  assert.equal(await metric(bw, 'breakwater_token_exchanges_total\\{verdict="good"\\}'), 2);
  assert.equal(await metric(bw, "breakwater_token_failing"), 0);
  assert.equal((await server.stats()).reused, 0);
});

test("the command line renews, and shows the token line by line", async () => {
  const { bw, account, refreshes } = await started();
  await refreshes(1);
  const cli = async (...words) => {
    const it = await start(program, ["accounts", ...words], { env: { BREAKWATER_URL: bw.url, BREAKWATER_KEY: adminKey } });
    assert.equal((await it.exited).code, 0, it.err);
    return it.out;
  };
  await cli("renew", account.id);
  await refreshes(2);
  const shown = await cli("show", account.id);
  assert.match(shown, /^token\.kept +yes$/m);
  assert.match(shown, /^token\.next_renewal +20\d\d-/m);
});

test("an expired token that cannot be renewed is token_unavailable, and the account says so", async () => {
  const { server, bw, call, show, renew, refreshes } = await started({ seconds: 5 });
  await refreshes(1);
  assert.equal((await call()).status, 200);
  await server.fault(faults.failing(503, 20), { path: "/token" });
  await until("two failures", async () => {
    if ((await show()).token.failures < 2) await renew();
    return (await show()).token.failures >= 2;
  });
  await until("the end of the token", async () => (await show()).token.good_for_s === 0);
  const answer = await call();
  assert.equal(answer.status, 503, answer.text);
  assert.equal(answer.json.code, "token_unavailable");
  assert.ok(Number(answer.headers["retry-after"]) >= 1, JSON.stringify(answer.headers));
  const shown = await show();
  assert.equal(shown.state, "degraded");
  assert.match(shown.trouble, /^Its token has ended, and \d+ attempts to renew it failed; the next is .*503/);
  assert.equal(await metric(bw, "breakwater_token_failing"), 1);
  assert.equal(await metric(bw, "breakwater_token_ended"), 1);
  assert.equal(await metric(bw, "breakwater_token_failing_life_seconds"), 0);
  await server.clear();
  await renew();
  await until("a call", async () => (await call()).status === 200);
  const { state, trouble, warnings } = await show();
  assert.deepEqual([state, trouble, warnings], ["active", null, []]);
  assert.equal(await metric(bw, "breakwater_token_failing"), 0);
});

test("while its token lives, a failing renewal is a warning and no trouble", async () => {
  const { server, call, show, renew, refreshes } = await started();
  await refreshes(1);
  await server.fault(faults.failing(500), { path: "/token" });
  await renew();
  const shown = await until("the failure", async () => (await show()).token.failures && show());
  assert.equal(shown.trouble, null);
  assert.match(shown.warnings[0], /^1 attempt to renew its token failed; the present one works until 20/);
  assert.match(shown.token.fault, /500/);
  assert.equal((await call()).status, 200);
});

test("a grant that was revoked is account_needs_reauth, until credentials are stored again", async () => {
  const { server, bw, account, pair, call, show, renew, refreshes } = await started();
  await refreshes(1);
  await server.revoke({ account: "acme" });
  await renew();
  await until("the state", async () => (await show()).state === "needs_reauth");
  const answer = await call();
  assert.equal(answer.status, 409, answer.text);
  assert.equal(answer.json.code, "account_needs_reauth");
  assert.match((await show()).trouble, /must be connected again\. .*invalid_grant/);
  assert.equal(await metric(bw, "breakwater_token_needs_reauth"), 1);
  await bw.api("PUT", `accounts/${account.id}/credentials`, { credentials: await pair() });
  await until("a call", async () => (await call()).status === 200);
  const shown = await show();
  assert.deepEqual([shown.state, shown.trouble, shown.state_reason], ["active", null, null]);
  assert.equal(await metric(bw, "breakwater_token_needs_reauth"), 0);
  const { items } = await bw.api("GET", `events?account=${account.id}`);
  const types = items.map((event) => event.type).filter((type) => /needs_reauth|reactivated/.test(type));
  assert.deepEqual(types.sort(), ["account.needs_reauth", "account.reactivated"]);
});

test("what nothing renews is refused by hand, with a reason", async () => {
  const { bw, pair, renew, account } = await started();
  const { token } = await pair();
  const bare = await bw.account("vendor", { external_id: "bare", credentials: { token } });
  const refusal = bw.api("POST", `accounts/${bare.id}/renew`);
  await assert.rejects(refusal, (error) => error.problem.code === "state_conflict" && /no refresh token/.test(error.problem.detail));
  const shown = await bw.api("GET", `accounts/${bare.id}`);
  assert.deepEqual([shown.token.kept, shown.token.static], [false, true]);
  await bw.api("POST", `accounts/${account.id}/disable`);
  await assert.rejects(renew(), (error) => /switched off/.test(error.problem.detail));
});

test("a refresh token that ends within two weeks is warned of", async () => {
  const { server, show, renew, refreshes } = await started({ token: { refresh_expires: "/refresh_token_expires_in" } });
  const ending = (days) => server.fault({ patch: { refresh_token_expires_in: days * 86400 } }, { path: "/token" });
  await refreshes(1);
  assert.equal((await show()).token.refresh_expires, null);
  await ending(20);
  await renew();
  const far = await until("an end", async () => (await show()).token.refresh_expires && show());
  assert.deepEqual(far.warnings, []);
  await server.clear();
  await ending(10);
  await renew();
  const near = await until("a warning", async () => (await show()).warnings.length && show());
  assert.match(near.warnings[0], /^Its refresh token ends 20/);
  assert.deepEqual([near.state, near.trouble], ["active", null]);
});
