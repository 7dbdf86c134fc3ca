// kill -9 under write load, a hundred times: what was accepted is done once where the vendor
// knows repeats, never twice where it does not, and nothing is missing.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { ledger } from "./support/ledger.mjs";
import { breakwater, folder, sleep, stopAll, until } from "./support/run.mjs";

after(stopAll);

const seed = Number(process.env.SEED ?? 20261123);
const points = ["write.opened", "write.parked", "write.settled", "write.claimed", "call.sent", "write.answered", "write.finished"];
const rounds = Number(process.env.KILLS ?? 100);

// Mulberry32: the same seed, the same trouble.
function randomOf(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const chance = randomOf(seed);

const documentOf = (name, vendor) => plain(name, vendor.url, {
  ...(vendor.keyed && { idempotency: { kind: "header", header: "Idempotency-Key", window: "24h" } }),
  resources: { things: { methods: { create: { verb: "POST", path: "/things" } } } },
  resilience: { retry: { server: { retries: 0 }, network: { retries: 0 }, timeout: { retries: 0 } },
    writes: { base: "20ms", max: "100ms", tries: 1000 } },
});

// Four in ten are as they should be; the rest is what keeps people awake.
const moody = (request, body) => {
  const x = chance();
  return x < 0.4 ? "up" : x < 0.7 ? "down" : x < 0.85 ? "lose" : x < 0.9 ? "reset" : "up";
};

async function post(bw, account, key, n) {
  const how = chance();
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json",
    "x-breakwater-queue": how < 0.4 ? "always" : "on-failure", "x-breakwater-lane": `lane-${n % 7}` };
  if (how > 0.7) headers["idempotency-key"] = `key-${n}`;
  try {
    const response = await fetch(`${bw.proxy(account)}/things`, { method: "POST", headers, body: JSON.stringify({ n }) });
    await response.text();
    return { n, status: response.status, id: response.headers.get("x-breakwater-write") };
  } catch {
    return { n, status: 0 };
  }
}

test(`${rounds} times killed under load, seed ${seed}`, async () => {
  const home = folder();
  const vendors = [await ledger({ keyed: true }), await ledger({ keyed: false })];
  const answers = [[], []];
  let accounts, key, n = 0;
  for (let round = 0; round < rounds; round++) {
    const point = round % 2 ? points[(round >> 1) % points.length] : undefined;
    // What is queued is tried at once: the point may be met before the start is over.
    const bw = await breakwater({ data: home, env: point && accounts ? { BREAKWATER_CRASH_AT: point } : {} }).catch((error) => {
      assert.match(error.message, / ended: /);
    });
    if (!bw) continue;
    if (!accounts) {
      for (const [i, vendor] of vendors.entries()) await bw.put(documentOf(`ledger${i}`, vendor));
      accounts = [await bw.account("ledger0"), await bw.account("ledger1")];
      key = await bw.callKey();
    }
    for (const vendor of vendors) vendor.mode = moody;
    const calls = [];
    for (let i = 0; i < 16; i++) {
      const which = i % 2;
      calls.push(post(bw, accounts[which], key, ++n).then((answer) => answers[which].push(answer)));
    }
    // A named point may not be met; then the signal comes all the same.
    await Promise.race([bw.exited, sleep(point ? 600 : Math.floor(chance() * 250))]);
    bw.child.kill("SIGKILL");
    await bw.exited;
    await Promise.all(calls);
  }
  for (const vendor of vendors) vendor.mode = "up";
  const bw = await breakwater({ data: home });
  const list = async (state) => {
    const items = [];
    let cursor;
    do {
      const page = await bw.api("GET", `writes?limit=1000&state=${state}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return items;
  };
  await until("the queue to be empty", async () => !(await list("queued")).length && !(await list("sending")).length, 120000);
  const states = new Map();
  for (const state of ["delivered", "dead", "needs_decision", "cancelled"])
    for (const item of await list(state)) states.set(item.id, state);
  let accepted = 0, undecided = 0, direct = 0;
  for (const [which, vendor] of vendors.entries()) {
    const times = new Map();
    for (const { body } of vendor.executed) times.set(JSON.parse(body).n, (times.get(JSON.parse(body).n) ?? 0) + 1);
    for (const [m, count] of times) assert.equal(count, 1, `write ${m} of vendor ${which} was executed ${count} times`);
    for (const { n: m, status, id } of answers[which]) {
      if (status === 201) {
        direct++;
        assert.equal(times.get(m), 1, `write ${m} was answered 201 and never executed`);
      }
      if (status !== 202) continue;
      accepted++;
      const state = states.get(id);
      if (state === "needs_decision") undecided++;
      assert.ok(state === "delivered" || (state === "needs_decision" && which === 1), `write ${m}, ${id}, accepted, is ${state}`);
      if (state === "delivered") assert.equal(times.get(m), 1, `write ${m}, ${id}, delivered, was never executed`);
    }
  }
  assert.ok(accepted > rounds && direct > 0, `${accepted} accepted, ${direct} answered directly`);
  console.log(`# ${n} writes: ${direct} answered directly, ${accepted} accepted, ${undecided} of them undecided`);
});
