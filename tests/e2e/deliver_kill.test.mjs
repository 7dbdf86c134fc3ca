// kill -9 under a load of events, again and again: every event reaches every endpoint, and
// nothing comes again whose 2xx was stored. A second time is right only where the kill came
// between the answer and its commit.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { receiver } from "./support/receiver.mjs";
import { breakwater, folder, sleep, stopAll, until } from "./support/run.mjs";

after(stopAll);

const seed = Number(process.env.SEED ?? 20261123);
const rounds = Number(process.env.KILLS ?? 40);
const points = ["deliver.fanned", "deliver.answered", "call.sent"];
const inside = { BREAKWATER_ENDPOINT_RANGES: "127.0.0.0/8", BREAKWATER_ENDPOINT_HTTP: "true" };

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

test(`${rounds} times killed under load, seed ${seed}`, async () => {
  const home = folder();
  const its = [await receiver(), await receiver(), await receiver({ answer: () => (chance() < 0.2 ? 503 : 200) })];
  // What each life has taken with 2xx, by life: a repeat in the same life is always wrong.
  const good = its.map(() => new Map());
  let calm = false, life = 0, environment, accounts = 0, killed = 0;
  its.forEach((it, i) => {
    const answer = it.answer;
    it.answer = async (one) => {
      const now = life;
      await sleep(Math.floor(chance() * 10));
      const status = typeof answer === "function" && !calm ? answer(one) : 200;
      if (status === 200) good[i].set(one.id, [...(good[i].get(one.id) ?? []), now]);
      return status;
    };
  });
  const made = [];
  const start = async (point) => {
    life++;
    return breakwater({ data: home, env: { ...inside, ...(point ? { BREAKWATER_CRASH_AT: point } : {}) } }).catch((error) => {
      assert.match(error.message, / ended: /);
    });
  };
  for (let round = 0; round < rounds; round++) {
    const point = made.length && round % 2 ? points[(round >> 1) % points.length] : undefined;
    const bw = await start(point);
    if (!bw) {
      killed++;
      continue;
    }
    if (!made.length) {
      await bw.put(plain("shop", "https://shop.test"));
      environment = await bw.tenant();
      for (const [i, it] of its.entries())
        made.push(await bw.api("POST", "endpoints", { environment: environment.id, url: it.url, types: ["account.connected"],
          ...(i === 1 && { ordering: "record" }) }));
    }
    const work = [];
    for (let i = 0; i < 12; i++)
      work.push(bw.account("shop", { environment }).then(() => accounts++, () => {}));
    await Promise.race([bw.exited, sleep(point ? 600 : Math.floor(chance() * 300))]);
    bw.child.kill("SIGKILL");
    await bw.exited;
    killed++;
    await Promise.all(work);
    // What it has sent is taken down to its own life, not to the next.
    do await sleep(50);
    while (its.some(({ open }) => open));
  }
  const bw = await start();
  calm = true;
  // What waits for a retry is due at once.
  for (const { id } of made) {
    await bw.api("POST", `endpoints/${id}/pause`);
    await bw.api("POST", `endpoints/${id}/resume`);
  }
  const list = async (query) => {
    const items = [];
    let cursor;
    do {
      const page = await bw.api("GET", `${query}&limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return items;
  };
  const events = await list("events?type=account.connected");
  assert.ok(events.length >= accounts && accounts > rounds, `${accounts} accounts, ${events.length} events`);
  let twice = 0;
  for (const [i, { id }] of made.entries()) {
    await until("nothing to wait", async () => (await bw.api("GET", `endpoints/${id}`)).pending === 0, 180000);
    const rows = await list(`deliveries?endpoint=${id}`);
    const wanted = events.map((event) => event.id).sort();
    assert.deepEqual(rows.map(({ event }) => event).sort(), wanted, `endpoint ${i}: one delivery of each event`);
    assert.ok(rows.every(({ state }) => state === "delivered"));
    for (const event of wanted) {
      const lives = good[i].get(event) ?? [];
      assert.ok(lives.length >= 1, `${event} never reached endpoint ${i}`);
      assert.equal(new Set(lives).size, lives.length, `${event} came twice in one life to endpoint ${i}`);
      twice += lives.length - 1;
    }
  }
  // So many can have been on their way at a kill: 8 at a time for each endpoint.
  assert.ok(twice <= killed * 24, `${twice} came again after ${killed} kills`);
  console.log(`# ${events.length} events to ${made.length} endpoints, ${killed} kills, ${twice} came again`);
});
