// The proxy's figures: CPU per call, throughput, added latency at half of saturation,
// memory of idle connections; plain and TLS upstream. PROXY_SECONDS, PROXY_ROUNDS.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import * as c from "./contenders.mjs";

const run = promisify(execFile);
const seconds = Number(process.env.PROXY_SECONDS ?? 3);
const rounds = Number(process.env.PROXY_ROUNDS ?? 3);
const idle = 5000;

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const fixed = (x, n = 1) => (Number.isFinite(x) ? x.toFixed(n) : "–");

async function saturate(contender) {
  const before = c.cpuSeconds(contender);
  const { stdout } = await run("wrk", ["-t1", "-c16", `-d${seconds}s`, "-H",
    `Authorization: Bearer ${c.KEY}`, `http://127.0.0.1:${contender.port}/proxy/acme/things`]);
  const requests = Number(/(\d+) requests in/.exec(stdout)[1]);
  if (/Non-2xx/.test(stdout)) throw new Error(`${contender.name}: ${stdout}`);
  return { rate: requests / seconds, cpu: ((c.cpuSeconds(contender) - before) / requests) * 1e6 };
}

// Open loop: 16 connections that send on schedule whether or not answers come.
async function latencies(port, path, rate) {
  const log = join(c.work, `h2load-${Math.random()}`), clients = 16;
  await run("h2load", ["--h1", `-c${clients}`, "-t1", `-D${seconds}`, "--warm-up-time=1", `--rps=${Math.max(1, Math.round(rate / clients))}`,
    `--log-file=${log}`, "-H", `authorization: Bearer ${c.KEY}`, `http://127.0.0.1:${port}${path}`],
    { maxBuffer: 1 << 26 });
  const took = readFileSync(log, "utf8").trim().split("\n").map((l) => Number(l.split("\t")[2])).sort((a, b) => a - b);
  const at = (q) => took[Math.min(took.length - 1, Math.floor(took.length * q))] / 1000;
  return { p50: at(0.5), p99: at(0.99), n: took.length };
}

async function idleMemory(contender) {
  const before = c.residentMiB(contender), sockets = [];
  for (let i = 0; i < idle; i += 100)
    await Promise.all(Array.from({ length: 100 }, () => new Promise((resolve, reject) => {
      const socket = connect(contender.port, "127.0.0.1");
      sockets.push(socket);
      socket.on("error", reject);
      socket.once("data", resolve); // one call each, then idle
      setTimeout(() => reject(new Error(`${contender.name} left a call without an answer`)), 20000).unref();
      socket.write(`GET /proxy/acme/things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${c.KEY}\r\n\r\n`);
    })));
  await new Promise((r) => setTimeout(r, 1500));
  const after = c.residentMiB(contender);
  for (const socket of sockets) socket.destroy();
  await new Promise((r) => setTimeout(r, 500));
  return { before, after };
}

async function compare(vendor, secure, tls) {
  const contenders = [await c.startNginx(vendor, secure, tls), await c.startNode(vendor, secure),
                      await c.startBreakwater(vendor, secure, tls)];
  const results = new Map(contenders.map((x) => [x, { rate: [], cpu: [] }]));
  for (const contender of contenders) await saturate(contender); // warm: compilers, pools, caches
  for (let i = 0; i < rounds; i++)
    for (const contender of contenders) { // by turns, so that the machine's moods are shared
      const { rate, cpu } = await saturate(contender);
      results.get(contender).rate.push(rate);
      results.get(contender).cpu.push(cpu);
    }
  const rows = [];
  for (const contender of contenders) {
    const { rate, cpu } = results.get(contender);
    const half = median(rate) / 2;
    const direct = await latencies(vendor.plain, "/things", half);
    const through = await latencies(contender.port, "/proxy/acme/things", half);
    const memory = await idleMemory(contender).catch((why) => (console.error(String(why)), { before: NaN, after: NaN }));
    rows.push({ name: contender.name, cpu: median(cpu), rate: median(rate), half,
      p50: through.p50 - direct.p50, p99: through.p99 - direct.p99, memory });
  }
  for (const contender of contenders) await c.stop(contender);
  return rows;
}

function print(title, rows) {
  const nginx = rows[0].cpu, node = rows[1].cpu;
  console.log(`\n### ${title}\n`);
  console.log("| | CPU µs/call | × nginx | × Node | calls/s | added p50 ms | added p99 ms | idle MiB → with 5,000 |");
  console.log("|---|---|---|---|---|---|---|---|");
  for (const r of rows)
    console.log(`| ${r.name} | ${fixed(r.cpu)} | ${fixed(r.cpu / nginx, 2)} | ${fixed(r.cpu / node, 2)} | ${fixed(r.rate, 0)} | ` +
      `${fixed(r.p50, 2)} | ${fixed(r.p99, 2)} | ${fixed(r.memory.before, 0)} → ${fixed(r.memory.after, 0)} |`);
}

try {
  const tls = c.makeCertificate();
  const vendor = await c.startVendor(tls);
  console.log(`one worker each, 16 connections, median of ${rounds} rounds of ${seconds} s by turns; latency at half of each one's own saturation, open loop`);
  print("Plain upstream", await compare(vendor, false, tls));
  print("TLS upstream", await compare(vendor, true, tls));
  await c.stop(vendor);
} finally {
  c.cleanUp();
}
