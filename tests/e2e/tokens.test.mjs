// Tokens that are renewed: a real authorization server with rotating refresh tokens, whose
// log says how many exchanges there were.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { folderOf, plain } from "./support/documents.mjs";
import { faults } from "./support/oidc.mjs";
import { renewed } from "./support/renewed.mjs";
import { breakwater, stopAll, until } from "./support/run.mjs";
import { broken, soak } from "./support/soak.mjs";
import { answerOf, rawVendor } from "./support/vendor.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

test("a pair that was stored is renewed at once, and calls have the new token", async () => {
  const { server, call } = await renewed();
  const answer = await call();
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.account, "acme");
  await until("the exchange", async () => (await server.stats()).refreshes === 1);
  const { tokens, reused } = await server.stats();
  assert.equal(tokens[0].granted, 1);
  assert.equal(reused, 0);
});

test("200 calls on an account whose token has just expired cause one exchange, and none fails", async () => {
  const { server, call } = await renewed({ changes: { resilience: { account_concurrency: 500, environment_concurrency: 500 } } });
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
  const it = await soak({ seconds: 3, accounts: 2, rate: 40, until: async ({ renewals, calls }) => calls >= 100 && await renewals() >= 8 });
  assert.deepEqual(broken(it), []);
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
