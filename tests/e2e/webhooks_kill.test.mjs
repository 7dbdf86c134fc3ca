// kill -9 under a burst of webhooks, a hundred times: each event that was acknowledged stands
// exactly once among the rows, whatever died in between.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { breakwater, folder, sleep, stopAll, until } from "./support/run.mjs";

after(stopAll);

const seed = Number(process.env.SEED ?? 20261123);
const points = ["hook.kept", "hook.transferred"];
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

const vendor = plain("burst", "http://127.0.0.1:9", {
  webhooks: {
    verify: { scheme: "hmac", signature: "X-Sig", content: "{body}", secret: { context: "hook_secret" } },
    items: "/events", id: "/id", type: "/type",
  },
});

async function send(bw, account, events, padding) {
  const body = JSON.stringify({ events, padding });
  const signature = createHmac("sha256", "s3cret").update(body).digest("hex");
  try {
    const response = await fetch(`${bw.url}/hooks/burst/${account.id}`, { method: "POST", body, headers: { "x-sig": signature } });
    await response.text();
    return response.status;
  } catch {
    return 0;
  }
}

async function every(bw, query) {
  const items = [];
  let cursor;
  do {
    const page = await bw.api("GET", `hooks?limit=1000${query}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

test(`${rounds} times killed in a burst, seed ${seed}`, async () => {
  const home = folder();
  const acknowledged = new Set();
  const sent = new Set();
  let account, n = 0;
  for (let round = 0; round < rounds; round++) {
    const point = round % 2 ? points[(round >> 1) % points.length] : undefined;
    const bw = await breakwater({ data: home, env: point && account ? { BREAKWATER_CRASH_AT: point } : {} }).catch((error) => {
      assert.match(error.message, / ended: /);
    });
    if (!bw) continue;
    if (!account) {
      await bw.put(vendor);
      account = await bw.account("burst", { context: { hook_secret: "s3cret" } });
    }
    const calls = [];
    for (let i = 0; i < 24; i++) {
      const events = Array.from({ length: 1 + Math.floor(chance() * 3) }, () => ({ id: `e${++n}`, type: "made" }));
      // Now and then one that was sent before, as vendors do; now and then a large one.
      if (chance() < 0.2 && n > 50) events.push({ id: `e${1 + Math.floor(chance() * n)}`, type: "made" });
      for (const { id } of events) sent.add(id);
      calls.push(send(bw, account, events, chance() < 0.05 ? "x".repeat(400000) : "").then((status) => {
        if (status === 200) for (const { id } of events) acknowledged.add(id);
      }));
    }
    await Promise.race([bw.exited, sleep(point ? 400 : Math.floor(chance() * 150))]);
    bw.child.kill("SIGKILL");
    await bw.exited;
    await Promise.all(calls);
  }
  const bw = await breakwater({ data: home });
  const metric = async (name) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(await (await fetch(`${bw.url}/metrics`)).text())[1]);
  await until("the journal to be transferred", async () => (await metric("breakwater_webhook_behind")) === 0);
  // What was sent after the last start marks the end.
  assert.equal(await send(bw, account, [{ id: "last", type: "made" }]), 200);
  await until("the last event", async () => (await every(bw, "&type=made")).some(({ event_id }) => event_id === "last"));
  const times = new Map();
  for (const { event_id } of await every(bw, "")) times.set(event_id, (times.get(event_id) ?? 0) + 1);
  for (const [id, count] of times) assert.equal(count, 1, `${id} stands ${count} times`);
  for (const id of acknowledged) assert.ok(times.has(id), `${id} was acknowledged and is nowhere`);
  for (const id of times.keys()) assert.ok(sent.has(id) || id === "last", `${id} was never sent`);
  assert.ok(acknowledged.size > rounds, `${acknowledged.size} acknowledged`);
  console.log(`# ${n} events sent, ${acknowledged.size} acknowledged, ${times.size} rows`);
});
