// Two daemons over one store, with an authorization server that takes no refresh token twice.
// A data directory belongs to one daemon (its lock), so each has its own, and the database in
// the second is a link to that in the first.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { faults } from "./support/oidc.mjs";
import { renewed } from "./support/renewed.mjs";
import { breakwater, folder, sleep, stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

// A second daemon over the store of `bw`, which it reads as it is now.
async function beside(bw) {
  const home = folder();
  const [first, second] = [bw.home, home].map((path) => join(path, "data"));
  mkdirSync(second, { mode: 0o700 });
  copyFileSync(join(first, "key"), join(second, "key"));
  symlinkSync(join(first, "breakwater.db"), join(second, "breakwater.db"));
  return breakwater({ data: home });
}

// One account, and a call of it through each of two daemons.
async function twins(options) {
  const it = await renewed({ changes: { resilience: { account_concurrency: 500, environment_concurrency: 500 } }, ...options });
  await it.refreshes(1);
  const other = await beside(it.bw);
  const callOther = () => ask(`${other.proxy(it.account)}/contacts`, { headers: { authorization: `Bearer ${it.key}` } });
  return { ...it, calls: [it.call, callOther] };
}

const failed = (answers) => answers.filter(({ status }) => status !== 200).map(({ text }) => text);

test("200 calls at each of two daemons on an account whose token has just expired cause one exchange, and none fails", async () => {
  const { server, calls } = await twins();
  assert.deepEqual(failed(await Promise.all(calls.map((call) => call()))), []);
  await server.expireAccess();
  await server.fault(faults.slow(300), { path: "/token", count: 1 });
  const answers = await Promise.all(calls.flatMap((call) => Array.from({ length: 200 }, call)));
  assert.deepEqual(failed(answers), []);
  const { refreshes, reused, peak } = await server.stats();
  assert.equal(refreshes, 2);
  assert.equal(reused, 0);
  assert.equal(peak, 1);
});

test("two daemons renew tokens of five seconds under calls: no 401, no reuse", async () => {
  const { server, calls } = await twins({ seconds: 5 });
  const answers = [];
  await until("eight renewals", async () => {
    answers.push(...await Promise.all(calls.map((call) => call())));
    await sleep(20);
    return (await server.stats()).refreshes >= 8;
  }, 120_000);
  assert.deepEqual(failed(answers), []);
  const { reused, tokens, api } = await server.stats();
  assert.equal(reused, 0);
  assert.deepEqual(tokens.filter(({ presented }) => presented !== 1), []);
  assert.equal(api.unauthorized, 0);
});
