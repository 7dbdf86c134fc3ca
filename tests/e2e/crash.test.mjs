// kill -9 at every named point between the intent of an exchange and the use of its token,
// with an authorization server that takes no refresh token twice.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { folderOf } from "./support/documents.mjs";
import { oidc } from "./support/oidc.mjs";
import { breakwater, folder, stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

// A Breakwater that dies at `point` of the first exchange, and its account's home.
async function killedAt(point, options = {}) {
  const server = await oidc({ access_seconds: 3600, ...options });
  const integrations = folderOf(server.document("vendor", {
    scheme: "bearer",
    token: { grant: "authorization_code", authorize_url: server.authorizeUrl, url: server.tokenUrl, client: "basic" },
  }));
  const home = folder();
  const minted = await server.mint("acme");
  const { client_id, client_secret } = server.clients.basic;
  const bw = await breakwater({ data: home, integrations, env: { BREAKWATER_CRASH_AT: point } });
  const key = await bw.callKey();
  bw.environment = await bw.tenant();
  // The answer to this may be cut off with the process; the account is on disk by then.
  await bw.account("vendor", { external_id: "acme", credentials: {
    token: minted.access_token, refresh_token: minted.refresh_token, client_id, client_secret } }).catch(() => {});
  assert.equal((await bw.exited).signal, "SIGKILL", point);
  return { server, home, integrations, key };
}

async function again({ home, integrations, key }) {
  const bw = await breakwater({ data: home, integrations });
  const [account] = (await bw.api("GET", "accounts")).items;
  const call = () => ask(`${bw.proxy(account)}/contacts`, { headers: { authorization: `Bearer ${key}` } });
  return { bw, call, state: () => bw.api("GET", `accounts/${account.id}`) };
}

// How many exchanges the server has granted and how many refresh tokens came twice, once all
// is quiet. A call that waited for the lease of the dead (90 s) would have failed before, after
// the minute that a call has.
async function works(it) {
  const { call } = await again(it);
  const answer = await call();
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.account, "acme");
  return it.server.stats();
}

test("killed after its intent is on disk, an exchange is made after the next start", async () => {
  const { granted, reused } = await works(await killedAt("token.intended"));
  assert.equal(granted, 1);
  assert.equal(reused, 0);
});

for (const point of ["call.sent", "token.answered"])
  test(`killed at ${point}, the rotation is lost, and that is said`, async () => {
    const it = await killedAt(point);
    // What was sent may arrive after the sender's death.
    await until("the exchange at the server", async () => (await it.server.stats()).granted === 1);
    const { call, state } = await again(it);
    const account = await until("the verdict", async () => {
      const found = await state();
      return found.state === "needs_reauth" && found;
    });
    assert.match(account.state_reason, /^rotation_lost: /);
    assert.equal((await call()).json.code, "account_needs_reauth");
  });

for (const point of ["call.sent", "token.answered"])
  test(`killed at ${point}, a server that forgives one use more loses nothing`, async () => {
    const it = await killedAt(point, { leniency_seconds: 600 });
    await until("the exchange at the server", async () => (await it.server.stats()).granted === 1);
    const { granted } = await works(it);
    assert.equal(granted, 2);
  });

for (const point of ["token.stored", "token.published"])
  test(`killed at ${point}, the new token is there after the next start`, async () => {
    const { granted, reused } = await works(await killedAt(point));
    assert.equal(granted, 1);
    assert.equal(reused, 0);
  });
