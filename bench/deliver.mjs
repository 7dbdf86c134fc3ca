// What deliveries cost: events put into the store behind a stopped daemon's back, which then
// fans them out and posts them to endpoints that are fast (the simulator, 204); with one endpoint,
// with many that get nothing, and with each event going to ten. EVENTS, ENDPOINTS.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { breakwater, folder, releaseProgram, simulator, stopAll, until } from "../tests/e2e/support/run.mjs";
import { plain } from "../tests/e2e/support/documents.mjs";

const events = Number(process.env.EVENTS ?? 50_000), endpoints = Number(process.env.ENDPOINTS ?? 100_000);
const home = folder(), workers = process.env.WORKERS ?? "2";
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
db.commit()`, join(home, "data", "breakwater.db"), environment, String(n)]);
}

// Until all of them were taken: seconds, CPU for each.
async function drain(label, environment, n, each) {
  put(environment, n);
  const began = Date.now();
  const bw = await start();
  const up = (Date.now() - began) / 1000;
  const first = Date.now();
  await until("all to be taken", async () => (await metric(bw, 'breakwater_delivery_attempts_total\\{verdict="delivered"\\}')) >= n * each, 600_000);
  const seconds = (Date.now() - first) / 1000, cpu = cpuOf(bw.pid);
  console.log(`| ${label} | ${n * each} | ${(n * each / seconds).toFixed(0)} | ${(cpu * 1e6 / (n * each)).toFixed(0)} | ${up.toFixed(2)} | ${rss(bw.pid).toFixed(0)} |`);
  await bw.stop();
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
  await bw.stop();
  console.log("| | deliveries | a second | CPU µs each | start, s | resident MiB |\n|---|---|---|---|---|---|");
  await drain("one endpoint", one.id, events, 1);
  await drain("ten endpoints, each event to all", ten.id, events / 10, 10);
  bw = await start();
  let n = 0;
  const began = Date.now();
  await Promise.all(Array.from({ length: 64 }, async () => {
    while (n++ < endpoints) await make(many, `${there.url}/many`);
  }));
  console.error(`${endpoints} endpoints made in ${((Date.now() - began) / 1000).toFixed(0)} s`);
  await bw.stop();
  await drain(`one endpoint beside ${endpoints} others`, one.id, events, 1);
} finally {
  await stopAll();
}
