// What deliveries cost: events put into the store behind a stopped daemon's back, which then
// fans them out and posts them to endpoints that are fast (the simulator, 204); with one endpoint,
// with many that get nothing, and with each event going to ten. Then how long an event takes to a
// healthy endpoint, alone and beside three that hang, fail and are slow. EVENTS, ENDPOINTS, TOLD.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { receiver } from "../tests/e2e/support/receiver.mjs";
import { breakwater, folder, releaseProgram, simulator, sleep, stopAll, until } from "../tests/e2e/support/run.mjs";
import { plain } from "../tests/e2e/support/documents.mjs";

const events = Number(process.env.EVENTS ?? 50_000), endpoints = Number(process.env.ENDPOINTS ?? 100_000);
const told = Number(process.env.TOLD ?? 1000);
const home = folder(), database = join(home, "data", "breakwater.db");
const inside = { BREAKWATER_ENDPOINT_RANGES: "127.0.0.0/8", BREAKWATER_ENDPOINT_HTTP: "true" };
const rss = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
const cpuOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
const start = () => breakwater({ data: home, binary: releaseProgram, env: inside, flags: ["--log-level", "warn"] });
const metric = async (bw, name) => {
  const text = await (await fetch(`${bw.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)[1]);
};

// So many events of an environment, 300 bytes each.
function put(environment, n) {
  execFileSync("python3", ["-c", `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
(at,) = db.execute("SELECT value FROM counter WHERE name = 'event'").fetchone()
detail = '{"note":"%s"}' % ("x" * 280)
db.executemany("INSERT INTO event (sequence, time, type, environment, detail) VALUES (?, ?, 'write.delivered', ?, ?)",
  ((at + 1 + i, 1763800000000000, sys.argv[2], detail) for i in range(int(sys.argv[3]))))
db.execute("UPDATE counter SET value = ? WHERE name = 'event'", (at + int(sys.argv[3]),))
db.commit()`, database, environment, String(n)]);
}

// So many more endpoints like the one of this id, which nothing is ever sent to.
function copy(id, n) {
  execFileSync("python3", ["-c", `
import sqlite3, sys
path, id, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
db = sqlite3.connect(path)
for table, key in (("endpoint", "id"), ("data_key", "owner")):
  found = db.execute(f"SELECT * FROM {table} WHERE {key} = ?", (id,))
  at = [column[0] for column in found.description].index(key)
  row = found.fetchone()
  db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})",
    (row[:at] + (f"{id[:4]}{i:0{len(id) - 4}}",) + row[at + 1:] for i in range(n)))
db.commit()`, database, id, String(n)]);
}

// Until all of them were taken: seconds, CPU for each. The start has columns of its own.
async function drain(label, environment, n, each) {
  put(environment, n);
  const began = Date.now();
  const bw = await start();
  const up = (Date.now() - began) / 1000, upCpu = cpuOf(bw.pid);
  const first = Date.now();
  await until("all to be taken", async () => (await metric(bw, 'breakwater_delivery_attempts_total\\{verdict="delivered"\\}')) >= n * each, 600_000);
  const seconds = (Date.now() - first) / 1000, cpu = cpuOf(bw.pid) - upCpu;
  console.log(`| ${label} | ${n * each} | ${(n * each / seconds).toFixed(0)} | ${(cpu * 1e6 / (n * each)).toFixed(0)} | ${up.toFixed(2)} | ${upCpu.toFixed(2)} | ${rss(bw.pid).toFixed(0)} |`);
  await bw.stop();
}

// Events one after the other, 50 a second at most: milliseconds from the request that makes one
// (an account is connected) to its arrival at the healthy endpoint.
async function isolation(bw, label, bad) {
  const environment = await bw.tenant(label), sent = new Map(), took = [];
  const healthy = await receiver({ answer: ({ json }) => (took.push([json.data.account, performance.now()]), 204) });
  for (const answer of bad)
    await bw.api("POST", "endpoints", { environment: environment.id, url: (await receiver({ answer })).url, concurrency: 64 });
  await bw.api("POST", "endpoints", { environment: environment.id, url: healthy.url });
  for (let i = 0; i < told; i++) {
    const began = performance.now();
    sent.set((await bw.account("shop", { environment })).id, began);
    await sleep(Math.max(0, began + 20 - performance.now()));
  }
  await until("all to arrive", () => took.length >= told);
  const times = took.map(([id, at]) => at - sent.get(id)).sort((a, b) => a - b);
  const share = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))].toFixed(1);
  console.log(`| ${label} | ${took.length} | ${share(0.5)} | ${share(0.99)} | ${share(1)} |`);
}

try {
  const script = join(home, "sim.json");
  writeFileSync(script, JSON.stringify({ routes: ["one", "many", ...Array(10).keys()].map((path) => (
    { method: "POST", path: `/${path}`, reply: { status: 204 } })) }));
  const there = await simulator({ script, binary: releaseProgram });
  let bw = await start();
  await bw.put(plain("shop", "https://shop.test"));
  const one = await bw.tenant("one"), ten = await bw.tenant("ten"), many = await bw.tenant("many");
  const make = (environment, url) => bw.api("POST", "endpoints", { environment: environment.id, url, concurrency: 64 });
  await make(one, `${there.url}/one`);
  for (let i = 0; i < 10; i++) await make(ten, `${there.url}/${i}`);
  const { id } = await make(many, `${there.url}/many`);
  await bw.stop();
  console.log("| | deliveries | a second | CPU µs each | start, s | its CPU, s | resident MiB |\n|---|---|---|---|---|---|---|");
  await drain("one endpoint", one.id, events, 1);
  await drain("ten endpoints, each event to all", ten.id, events / 10, 10);
  copy(id, endpoints);
  await drain(`one endpoint beside ${endpoints} others`, one.id, events, 1);
  bw = await start();
  console.log("\n| | events | p50, ms | p99, ms | worst, ms |\n|---|---|---|---|---|");
  await isolation(bw, "a healthy endpoint alone", []);
  await isolation(bw, "beside one that hangs, one that answers 500, one that takes 2 s",
    [() => undefined, () => 500, () => sleep(2000).then(() => 204)]);
  await bw.stop();
} finally {
  await stopAll();
}
