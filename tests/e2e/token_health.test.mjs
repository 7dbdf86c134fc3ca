// How an account's token is: what the API, the command line and the metrics say of it, and
// what can be done about it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { folderOf } from "./support/documents.mjs";
import { oidc } from "./support/oidc.mjs";
import { breakwater, stopAll, until } from "./support/run.mjs";
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
  const refreshes = (n) => until(`exchange ${n}`, async () => (await server.stats()).refreshes >= n);
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
