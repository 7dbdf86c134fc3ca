// Tokens that are renewed: a real authorization server with rotating refresh tokens, whose
// log says how many exchanges there were.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { folderOf, plain } from "./support/documents.mjs";
import { good, kept, load } from "./support/load.mjs";
import { faults, oidc } from "./support/oidc.mjs";
import { breakwater, sleep, stopAll, until } from "./support/run.mjs";
import { answerOf, rawVendor } from "./support/vendor.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

// The token block of an integration with that server.
const tokenOf = (server, changes = {}) => ({
  scheme: "bearer",
  token: { grant: "authorization_code", authorize_url: server.authorizeUrl, url: server.tokenUrl, client: "basic", ...changes },
});

// A Breakwater with one account of a vendor whose tokens live for `seconds`.
async function started({ seconds = 3600, client = "basic", token = {}, options = {}, changes = {} } = {}) {
  const server = await oidc({ access_seconds: seconds, ...options });
  const bw = await breakwater({ integrations: folderOf(server.document("vendor", tokenOf(server, token), changes)) });
  const minted = await server.mint("acme", client);
  const { client_id, client_secret } = server.clients[client];
  const account = await bw.account("vendor", { external_id: "acme", credentials: {
    token: minted.access_token, refresh_token: minted.refresh_token, client_id, ...(client_secret && { client_secret }) } });
  const key = await bw.callKey();
  const url = `${bw.proxy(account)}/contacts`;
  const call = () => ask(url, { headers: { authorization: `Bearer ${key}` } });
  return { server, bw, account, key, url, call, minted };
}

test("a pair that was stored is renewed at once, and calls have the new token", async () => {
  const { server, call } = await started();
  const answer = await call();
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.account, "acme");
  await until("the exchange", async () => (await server.stats()).refreshes === 1);
  const { tokens, reused } = await server.stats();
  assert.equal(tokens[0].granted, 1);
  assert.equal(reused, 0);
});

test("200 calls on an account whose token has just expired cause one exchange, and none fails", async () => {
  const { server, call } = await started({ changes: { resilience: { account_concurrency: 500, environment_concurrency: 500 } } });
  await until("the first exchange", async () => (await server.stats()).refreshes === 1);
  assert.equal((await call()).status, 200);
  await server.expireAccess();
  await server.fault(faults.slow(300), { path: "/token", count: 1 });
  const answers = await Promise.all(Array.from({ length: 200 }, call));
  assert.deepEqual(answers.filter((a) => a.status !== 200).map((a) => a.text), []);
  const { refreshes, reused, peak } = await server.stats();
  assert.equal(refreshes, 2);
  assert.equal(reused, 0);
  assert.equal(peak, 1);
});

test("tokens of three seconds under load: no 401, no reuse", async () => {
  const { server, key, url } = await started({ seconds: 3 });
  const calls = load(8, good(url, key, kept()));
  await sleep(12000);
  await calls.stop();
  assert.deepEqual(calls.faults, []);
  assert.ok(calls.calls > 100);
  const { api, reused, refreshes, revoked } = await server.stats();
  assert.equal(api.unauthorized, 0);
  assert.equal(reused, 0);
  assert.equal(revoked, 0);
  assert.ok(refreshes >= 3, String(refreshes));
});

test("a megabyte of an answer made for it is no token, and does the process no harm", async () => {
  const bodies = ["[" + "0,".repeat(500000) + "0]", "[[],".repeat(200000), "a=b&".repeat(250000), "{\"a\":".repeat(150000)];
  let asked = 0;
  const vendor = await rawVendor((socket) => {
    socket.write(answerOf(bodies[asked++ % bodies.length], "Content-Type: application/json\r\n"));
    socket.end();
  });
  const token = { grant: "client_credentials", url: `${vendor.url}/token`, client: "body" };
  const bw = await breakwater({ integrations: folderOf(plain("vendor", vendor.url, { auth: { scheme: "bearer", token } })) });
  for (let i = 0; i < bodies.length; i++)
    await bw.account("vendor", { external_id: `a${i}`, credentials: { client_id: "i", client_secret: "s" } });
  await until("all answers", () => asked >= bodies.length);
  await until("their ends", () => bw.log("token").length >= bodies.length);
  assert.ok(bw.log("token").every((line) => line.what === "failed"), JSON.stringify(bw.log("token")));
  assert.equal((await ask(`${bw.url}/healthz`)).status, 200);
});
