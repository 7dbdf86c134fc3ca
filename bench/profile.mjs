// Where each microsecond of a call goes: perf samples the daemon under the plain load of
// proxy.mjs; an address counts for the folder of src/ it was written in, inlined or not, and
// for the library or the kernel otherwise. Without perf's help there is a line that says so.
// PROFILE_SECONDS.
import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import * as c from "./contenders.mjs";

const run = promisify(execFile);
const seconds = Number(process.env.PROFILE_SECONDS ?? 10);
const shown = 0.005; // parts of less are added up
const program = join(c.root, "build/breakwater");

// CPU of a call in µs, with every worker busy.
async function load(contender) {
  const before = c.cpuSeconds(contender);
  const { stdout } = await run("wrk", ["-t1", "-c16", `-d${seconds}s`, "-H",
    `Authorization: Bearer ${c.KEY}`, `http://127.0.0.1:${contender.port}/proxy/acme/things`]);
  const requests = Number(/(\d+) requests in/.exec(stdout)[1]);
  return ((c.cpuSeconds(contender) - before) / requests) * 1e6;
}

// One { ip, symbol, object } for each sample; throws why there are none.
async function sample(contender) {
  const file = join(c.work, "perf.data");
  const record = run("perf", ["record", "-q", "-e", "cpu-clock", "-F", "1999", "-o", file,
    "-p", String(contender.child.pid), "--", "sleep", String(seconds)]);
  const [recorded] = await Promise.allSettled([record, load(contender)]);
  if (recorded.status === "rejected") {
    const { code, stderr } = recorded.reason;
    const said = (stderr ?? "").split("\n").map((line) => line.trim()).filter((line) => line && line !== "Error:");
    throw new Error(code === "ENOENT" ? "it is not installed" : said[0] ?? `it ended with ${code}`);
  }
  const { stdout } = await run("perf", ["script", "-i", file, "-F", "ip,sym,dso"], { maxBuffer: 1 << 28 });
  const samples = [...stdout.matchAll(/^\s*([0-9a-f]+) (.+?) \((.*)\)$/gm)]
    .map(([, ip, symbol, object]) => ({ ip: BigInt(`0x${ip}`), symbol, object }));
  if (!samples.some(inKernel)) throw new Error("it may not look into the kernel (kernel.perf_event_paranoid)");
  return samples;
}

const inKernel = ({ ip }) => ip >= 0xffff800000000000n;

// Of each address in the program: the folder and function it was written in. What comes
// from a system header counts for who included it.
function writtenIn(addresses) {
  const places = new Map();
  const said = execFileSync("addr2line", ["-a", "-f", "-i", "-e", program],
    { input: addresses.map((a) => a.toString(16)).join("\n"), encoding: "utf8", maxBuffer: 1 << 28 }).split("\n");
  let at = null;
  for (let i = 0; i < said.length; i++) {
    if (/^0x[0-9a-f]{16}$/.test(said[i])) {
      at = Number(said[i]);
      continue;
    }
    const folder = /(?:^|\/)(src\/[a-z]+)\//.exec(said[i + 1] ?? "")?.[1];
    if (folder && !places.has(at)) places.set(at, { part: folder, name: said[i].replace(/\..*/, "") });
    i++;
  }
  return places;
}

const library = (object) => basename(object).replace(/[.-](so|[0-9]).*/, "").replace(/^\[(.*)\]$/, "$1");

// Samples by part: { part, count, names }, most first.
function parts(samples, base) {
  const isOwn = (s) => !inKernel(s) && basename(s.object) === "breakwater";
  const address = (s) => Number(s.ip - base);
  const places = writtenIn([...new Set(samples.filter(isOwn).map(address))]);
  const placeOf = (s) => {
    const name = s.symbol.replace(/@.*|\.(isra|part|cold|constprop).*/, "");
    if (inKernel(s)) return { part: "kernel", name };
    if (isOwn(s)) return places.get(address(s)) ?? { part: "jumps to libraries", name };
    return { part: library(s.object), name };
  };
  const table = new Map();
  for (const s of samples) {
    const { part, name } = placeOf(s);
    if (!table.has(part)) table.set(part, { part, count: 0, names: new Map() });
    const row = table.get(part);
    row.count++;
    row.names.set(name, (row.names.get(name) ?? 0) + 1);
  }
  return [...table.values()].sort((a, b) => b.count - a.count);
}

function print(rows, total, cpu) {
  const row = (name, count, what) =>
    console.log(`| ${name} | ${((100 * count) / total).toFixed(1)} % | ${((cpu * count) / total).toFixed(2)} | ${what} |`);
  console.log("| part | share | µs per call | most of it in |\n|---|---|---|---|");
  for (const { part, count, names } of rows.filter((r) => r.count / total >= shown)) {
    const most = [...names].filter(([name]) => !/unknown/.test(name)).sort((a, b) => b[1] - a[1]).slice(0, 4);
    row(part, count, most.map(([name]) => `\`${name}\``).join(", "));
  }
  const rest = rows.filter((r) => r.count / total < shown);
  if (rest.length) row("others", rest.reduce((sum, r) => sum + r.count, 0), rest.map((r) => r.part).join(", "));
}

try {
  const tls = c.makeCertificate();
  const vendor = await c.startVendor(tls);
  const contender = await c.startBreakwater(vendor, false, tls);
  const map = readFileSync(`/proc/${contender.child.pid}/maps`, "utf8").split("\n").find((l) => l.endsWith("/breakwater"));
  const base = BigInt(`0x${map.split("-")[0]}`);
  await load(contender); // warm
  const cpu = await load(contender);
  console.log("\n### Where each microsecond goes\n");
  try {
    const samples = await sample(contender);
    console.log(`${samples.length} samples in ${seconds} s; ${cpu.toFixed(1)} µs of CPU per call, measured without perf just before\n`);
    print(parts(samples, base), samples.length, cpu);
  } catch (error) {
    console.log(`perf cannot be used here: ${error.message}. No table.`);
  }
  await c.stop(contender);
  await c.stop(vendor);
} finally {
  c.cleanUp();
}
