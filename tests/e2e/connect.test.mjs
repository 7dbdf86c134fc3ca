// Connecting accounts in a browser, at a real authorization server.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { browser } from "./support/browser.mjs";
import { folderOf } from "./support/documents.mjs";
import { faults, oidc } from "./support/oidc.mjs";
import { breakwater, freePort, stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

const back = "http://127.0.0.1:9/back";

async function started({ client = "basic", auth = "basic", token = {}, changes = {}, seconds = 3600 } = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await oidc({ access_seconds: seconds, callback: `${url}/oauth/callback` });
  const { client_id, client_secret } = server.clients[client];
  const document = server.document("vendor", { scheme: "bearer", token: {
    grant: "authorization_code", authorize_url: server.authorizeUrl, url: server.tokenUrl, client: auth,
    scopes: server.scope.split(" "), authorize_params: { prompt: "consent" }, ...token } }, changes);
  const bw = await breakwater({ integrations: folderOf(document), flags: ["--public-url", url, "--listen", `127.0.0.1:${port}`] });
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
    const { server, call, session, state } = await started({ client, auth });
    assert.equal(await state(), "connecting");
    const { url } = await session();
    const walked = await browser().walk(url, { until: back });
    assert.equal(walked.params.status, "connected", walked.last?.text);
    assert.equal(await state(), "active");
    const answer = await call();
    assert.equal(answer.status, 200, answer.text);
    const { granted, refreshes, reused } = await server.stats();
    assert.equal(granted, 1);
    assert.equal(refreshes, 0, "a token that has just come is not renewed");
    assert.equal(reused, 0);
  });
