// Accounts that are deleted: their grants end at the vendor, where it lets them.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { faults } from "./support/oidc.mjs";
import { renewed } from "./support/renewed.mjs";
import { stopAll, until } from "./support/run.mjs";

after(stopAll);

async function started(flags = []) {
  const it = await renewed({ revokes: true, flags });
  await until("the first exchange", async () => (await it.server.stats()).refreshes === 1);
  await until("the new token", async () => (await it.bw.api("GET", `accounts/${it.account.id}`)).token.renewed);
  it.remove = () => it.bw.api("DELETE", `accounts/${it.account.id}`);
  it.notes = async () => (await it.bw.api("GET", "audit")).items.filter((line) => line.object_id === it.account.id).map((line) => [line.action, line.detail]);
  return it;
}

test("a deleted account's grant is revoked at its vendor, and the audit log says so", async () => {
  const { server, remove, notes } = await started();
  await remove();
  const { revocations, revoked } = await server.stats();
  assert.deepEqual([revocations, revoked], [1, 1]);
  const [last, before] = await notes();
  assert.equal(last[0], "account.delete");
  assert.deepEqual(before, ["account.revoke", { revoked: true }]);
});

test("an account that is switched off is revoked as well", async () => {
  const { server, bw, account, remove } = await started();
  await bw.api("POST", `accounts/${account.id}/disable`, { reason: "moved away" });
  await remove();
  assert.equal((await server.stats()).revoked, 1);
});

for (const [what, fault, why] of [["answers 503", faults.failing(503), /answered 503/], ["hangs up", faults.cut, /token endpoint/]])
  test(`a vendor that ${what} keeps no account, and what was not revoked is told`, async () => {
    const { server, remove, notes } = await started();
    await server.fault(fault, { path: "/token/revocation", count: 1 });
    await remove();
    const [, [action, detail]] = await notes();
    assert.equal(action, "account.revoke");
    assert.equal(detail.revoked, false);
    assert.match(detail.why, why);
  });

test("a daemon that stops while a vendor hangs at a revocation stops in its time", async () => {
  const { server, bw, remove } = await started(["--drain-timeout", "300ms"]);
  await server.fault(faults.hang, { path: "/token/revocation", count: 1 });
  const removed = remove();
  await until("the revocation", async () => (await server.stats()).revocations === 1);
  assert.deepEqual(await bw.stop("SIGTERM"), { code: 0, signal: null });
  await removed.catch(() => {});
});
