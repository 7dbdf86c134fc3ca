// What queued writes cost: how fast a queue of a million drains beside one of a thousand,
// memory and disk for each, how fast they are accepted; a call with a key beside one without.
// WRITES: the size of the large queue.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { breakwater, releaseProgram, simulator, stopAll, until } from "../tests/e2e/support/run.mjs";
import { plain } from "../tests/e2e/support/documents.mjs";

const run = promisify(execFile);
const binary = releaseProgram;
const large = Number(process.env.WRITES ?? 1_000_000), small = 1000, lanes = 10, drained = 20_000;
const home = mkdtempSync(join(tmpdir(), "breakwater-bench-"));

const rss = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
const disk = (bw) => ["breakwater.db", "breakwater.db-wal"].reduce((sum, name) => {
  try { return sum + statSync(join(bw.home, "data", name)).size; } catch { return sum; }
}, 0);

// What wrk sends: bodies of 200 bytes, lanes in turns.
function lua(name, header) {
  const path = join(home, `${name}.lua`);
  writeFileSync(path, `local n = 0
local body = '{"email":"ada@example.com","note":"' .. string.rep("x", 160) .. '"}'
function request()
  n = n + 1
  return wrk.format("POST", nil, { Authorization = "Bearer " .. os.getenv("KEY"), ["Content-Type"] = "application/json", ${header} }, body)
end
`);
  return path;
}

const queue = lua("queue", `["X-Breakwater-Queue"] = "always", ["X-Breakwater-Lane"] = "lane" .. (n % ${lanes})`);
const bare = lua("bare", '["X-Other"] = "value" .. n');
const keyed = lua("keyed", '["Idempotency-Key"] = os.getenv("ROUND") .. "-" .. tostring(wrk.thread) .. "-" .. n');

async function load(bw, key, account, script, duration, connections = 64, round = "0") {
  const { stdout } = await run("wrk", ["-t1", `-c${connections}`, `-d${duration}s`, "-s", script, `${bw.proxy(account)}/things`],
    { env: { ...process.env, KEY: key, ROUND: round } });
  if (/Non-2xx/.test(stdout)) throw new Error(stdout);
  return { n: Number(/(\d+) requests in/.exec(stdout)[1]), rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]) };
}

async function start() {
  const script = join(home, "sim.json");
  writeFileSync(script, JSON.stringify({ routes: [{ method: "POST", path: "/things", reply: { status: 201, body: { id: "x" } } }] }));
  const sim = await simulator({ script, binary });
  const bw = await breakwater({ binary, flags: ["--log-level", "warn"] });
  await bw.put(plain("ledger", sim.url, { resources: { things: { methods: { create: { verb: "POST", path: "/things" } } } },
    resilience: { writes: { lanes, age: "30d" }, account_concurrency: 1000, host_concurrency: 1000 } }));
  const key = await bw.callKey();
  const account = await bw.account("ledger");
  await fetch(`${bw.proxy(account)}/things`, { method: "POST", headers: { authorization: `Bearer ${key}` }, body: "{}" });
  return { bw, key, account };
}

const force = (bw, state) => bw.api("POST", "breakers/ledger/force", { state, reason: "bench" });

async function metric(bw, name) {
  const text = await (await fetch(`${bw.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)[1]);
}
const delivered = (bw) => metric(bw, 'breakwater_write_attempts_total\\{verdict="delivered"\\}');

const cpuOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

// A few, for which wrk is too much.
async function some(bw, key, account, size) {
  const began = Date.now(), body = JSON.stringify({ email: "ada@example.com", note: "x".repeat(160) });
  let n = 0;
  await Promise.all(Array.from({ length: 32 }, async () => {
    while (n < size) {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "x-breakwater-queue": "always", "x-breakwater-lane": `lane${n++ % lanes}` };
      const response = await fetch(`${bw.proxy(account)}/things`, { method: "POST", headers, body });
      if (response.status !== 202) throw new Error(await response.text());
      await response.arrayBuffer();
    }
  }));
  return { n, rate: (n / (Date.now() - began)) * 1000 };
}

// Fills while the breaker is held open, then lets go: rate and CPU of the first so many.
async function drain(size) {
  const { bw, key, account } = await start();
  const memory = rss(bw.pid), bytes = disk(bw);
  await force(bw, "open");
  let n = 0, rate = 0;
  while (n < size) {
    const took = size <= small ? await some(bw, key, account, size)
      : await load(bw, key, account, queue, Math.ceil(Math.min(60, Math.max(1, (size - n) / (rate || 5000)))));
    n += took.n;
    rate = Math.max(rate, took.rate);
  }
  const after = rss(bw.pid), more = disk(bw);
  const wanted = Math.min(n, drained), before = await delivered(bw);
  await force(bw, "auto");
  await until("the first delivery", async () => (await delivered(bw)) > before, 120000);
  const from = await delivered(bw), began = process.hrtime.bigint(), cpu = cpuOf(bw.pid);
  await until("the drain", async () => (await delivered(bw)) >= before + wanted, 600000);
  const done = (await delivered(bw)) - from;
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const result = { n, rate, drain: done / seconds, cpu: ((cpuOf(bw.pid) - cpu) / done) * 1e6, memory: (after - memory) / n, disk: (more - bytes) / n };
  await bw.stop("SIGKILL").catch(() => {});
  return result;
}

async function keys() {
  const { bw, key, account } = await start();
  const cost = async (script, round) => {
    const before = cpuOf(bw.pid);
    const { n } = await load(bw, key, account, script, 2, 16, round);
    return ((cpuOf(bw.pid) - before) / n) * 1e6;
  };
  const rows = { bare: [], keyed: [] };
  for (let i = 0; i < 5; i++) {
    rows.bare.push(await cost(bare, `b${i}`));
    rows.keyed.push(await cost(keyed, `k${i}`));
  }
  return { bare: Math.min(...rows.bare), keyed: Math.min(...rows.keyed) };
}

const round = (x, digits = 0) => x.toFixed(digits);
const few = [], many = [];
for (let i = 0; i < 3; i++) few.push(await drain(small));
many.push(await drain(large));
const best = (list, member) => Math.max(...list.map((x) => x[member]));
const least = (list, member) => Math.min(...list.map((x) => x[member]));
console.log(`| queue of | accepted a second | drained a second | µs of CPU a drained write | bytes of memory a write | of disk |`);
console.log("|---|---|---|---|---|---|");
for (const list of [few, many])
  console.log(`| ${list[0].n} | ${round(best(list, "rate"))} | ${round(best(list, "drain"))} | ${round(least(list, "cpu"))} | ${round(least(list, "memory"))} | ${round(least(list, "disk"))} |`);
const { bare: without, keyed: withKey } = await keys();
console.log(`\na POST without a key ${round(without, 1)} µs of CPU, with one ${round(withKey, 1)} µs`);
await stopAll().catch(() => {});
process.exit(0);
