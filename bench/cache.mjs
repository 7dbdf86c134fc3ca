// What a read from the cache costs: a fresh hit of Breakwater, through the pass-through and
// through the unified API, beside a hit of nginx's proxy_cache with the same bodies. By turns,
// one worker each. CACHE_SECONDS, CACHE_ROUNDS.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as c from "./contenders.mjs";

const run = promisify(execFile);
const seconds = Number(process.env.CACHE_SECONDS ?? 2), rounds = Number(process.env.CACHE_ROUNDS ?? 5);
const sizes = [["1 KB", "/things/small"], ["64 KB", "/things/large"]];
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function saturate(contender, path) {
  const before = c.cpuSeconds(contender);
  const { stdout } = await run("wrk", ["-t1", "-c16", `-d${seconds}s`, "-H", `Authorization: Bearer ${c.KEY}`,
    `http://127.0.0.1:${contender.port}${path}`]);
  const requests = Number(/(\d+) requests in/.exec(stdout)[1]);
  if (/Non-2xx/.test(stdout)) throw new Error(`${contender.name}: ${stdout}`);
  return { rate: requests / seconds, cpu: ((c.cpuSeconds(contender) - before) / requests) * 1e6 };
}

async function check(contender, path, header, hit) {
  const get = () => fetch(`http://127.0.0.1:${contender.port}${path}`, { headers: { authorization: `Bearer ${c.KEY}` } });
  for (let i = 0; i < 2; i++) await (await get()).arrayBuffer();
  const last = await get();
  if (last.headers.get(header) !== hit) throw new Error(`${contender.name}: ${header} is ${last.headers.get(header)}`);
  return (await last.arrayBuffer()).byteLength;
}

try {
  const tls = c.makeCertificate();
  const vendor = await c.startVendor(tls);
  const nginx = await c.startNginxCache(vendor);
  const breakwater = await c.startBreakwater(vendor, false, tls, [], { cache: { proxy: "fresh", fresh: "1h", vendor: "ignore" } });
  console.log(`\n### fresh hits: one worker each, 16 connections, median of ${rounds} rounds of ${seconds} s by turns\n`);
  console.log("| | body, bytes | CPU µs/call | calls per second of CPU | × nginx | calls/s |");
  console.log("|---|---|---|---|---|---|");
  for (const [, path] of sizes) {
    const contenders = [[nginx, "x-cache", "HIT"], [breakwater, "x-data-freshness", "fresh"]];
    const bytes = [], taken = contenders.map(() => ({ cpu: [], rate: [] }));
    for (const [contender, header, hit] of contenders) {
      bytes.push(await check(contender, `/proxy/acme${path}`, header, hit));
      await saturate(contender, `/proxy/acme${path}`);
    }
    for (let round = 0; round < rounds; round++)
      for (const [i, [contender]] of contenders.entries()) {
        const { rate, cpu } = await saturate(contender, `/proxy/acme${path}`);
        taken[i].cpu.push(cpu);
        taken[i].rate.push(rate);
      }
    const base = median(taken[0].cpu);
    for (const [i, [contender]] of contenders.entries()) {
      const cpu = median(taken[i].cpu);
      console.log(`| ${contender.name} | ${bytes[i]} | ${cpu.toFixed(1)} | ${(1e6 / cpu).toFixed(0)} | ${(base / cpu).toFixed(2)} | ${median(taken[i].rate).toFixed(0)} |`);
    }
  }
} finally {
  c.cleanUp();
}
