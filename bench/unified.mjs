// What the unified API costs: a page of 100 records of a real vendor's shape, fetched,
// mapped, held to its model and answered, beside the same page through the bare proxy; a walk
// of 1,000 pages; 1,000 integrations. UNIFIED_SECONDS for each round.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as c from "./contenders.mjs";
import { breakwater, releaseProgram, root, simulator, stopAll } from "../tests/e2e/support/run.mjs";
import { localized, place } from "../tests/e2e/support/documents.mjs";

const run = promisify(execFile);
const seconds = Number(process.env.UNIFIED_SECONDS ?? 2), rounds = 7;
const binary = releaseProgram;
const pageRecords = 100, pages = 1000;

const read = (...path) => JSON.parse(readFileSync(join(root, ...path), "utf8"));
const { record } = read("integrations/hubspot/fixtures/crm.contacts.json").records[0];

// A HubSpot that has that contact 100,000 times, each with an id of its own.
function script() {
  const item = { ...record, id: "{{i}}" };
  return { routes: [{ method: "GET", path: "/crm/v3/objects/contacts", reply: {
    body: { results: "{{list.items}}", paging: { next: { after: "{{list.next}}" } } },
    list: { total: pages * pageRecords, size: pageRecords, size_max: pageRecords, size_from: "query limit",
      start_from: "query after", item, last_body: { results: "{{list.items}}" } } } }] };
}

const status = (pid, name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

// CPU of one request in µs.
async function load(bw, key, path) {
  const contender = { child: { pid: bw.pid } };
  const before = c.cpuSeconds(contender);
  const { stdout } = await run("wrk", ["-t1", "-c4", `-d${seconds}s`, "-H", `Authorization: Bearer ${key}`, "-H", "Cache-Control: no-cache", `${bw.url}${path}`]);
  if (/Non-2xx/.test(stdout)) throw new Error(stdout);
  return ((c.cpuSeconds(contender) - before) / Number(/(\d+) requests in/.exec(stdout)[1])) * 1e6;
}

async function walk(bw, key, path) {
  const response = await fetch(`${bw.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  let records = 0, last = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (last + piece).split("\n");
    last = lines.pop();
    records += lines.filter((line) => line.startsWith('{"data":')).length;
    if (lines.some((line) => line.startsWith('{"problem":'))) throw new Error(lines.at(-1));
  }
  return records;
}

async function onePage() {
  const file = join(mkdtempSync(join(tmpdir(), "breakwater-bench-")), "script.json");
  writeFileSync(file, JSON.stringify(script()));
  const sim = await simulator({ script: file, binary });
  const bw = await breakwater({ binary, flags: ["--log-level", "warn"] });
  await bw.put(localized("hubspot", sim.url, { auth: "bearer", rate_limit: undefined, context: undefined }));
  await bw.account("hubspot", { external_id: "acme" });
  const key = await bw.callKey();
  const bare = "/proxy/acme/crm/v3/objects/contacts?limit=100";
  const mapped = "/unified/crm/contacts?account=acme&limit=100";
  const bytes = (await (await fetch(`${bw.url}${bare}`, { headers: { authorization: `Bearer ${key}` } })).text()).length;
  console.log(`\na page of ${pageRecords} contacts of HubSpot, ${(bytes / 1024).toFixed(0)} KiB; µs of CPU`);
  // rounds in turns; the least of each is what the machine's other guests disturbed least
  const costs = { "bare proxy": [], unified: [] };
  for (let round = 0; round < rounds; round++) {
    costs["bare proxy"].push(await load(bw, key, bare));
    costs.unified.push(await load(bw, key, mapped));
  }
  for (const [name, list] of Object.entries(costs))
    console.log(`  ${name.padEnd(12)} ${Math.min(...list).toFixed(0).padStart(6)}   (${list.map((us) => us.toFixed(0)).join(" ")})`);
  const more = Math.min(...costs.unified) - Math.min(...costs["bare proxy"]);
  console.log(`  over the proxy ${more.toFixed(0)} a page, ${(more / pageRecords).toFixed(1)} a record (goal: 1000 a page)`);

  writeFileSync(`/proc/${bw.pid}/clear_refs`, "5");
  const few = await walk(bw, key, `/unified/crm/contacts?account=acme&limit=1000`);
  void few;
  console.log(`\na walk (all=true); MiB at most of the process`);
  console.log(`  before     ${status(bw.pid, "VmHWM").toFixed(1)}`);
  const records = await walk(bw, key, "/unified/crm/contacts?account=acme&all=true");
  console.log(`  ${pages} pages ${status(bw.pid, "VmHWM").toFixed(1)}   (${records} records)`);
  await bw.stop();
  await sim.stop();
}

const shippedNames = () => readdirSync(join(root, "integrations")).filter((name) => name !== "demo");

async function manyIntegrations() {
  const folder = mkdtempSync(join(tmpdir(), "breakwater-bench-"));
  const names = shippedNames();
  let bytes = 0;
  for (let i = 0; i < 1000; i++) {
    const name = `${names[i % names.length]}-${i}`;
    const text = JSON.stringify({ ...read("integrations", names[i % names.length], "integration.json"), name }, null, 2);
    bytes += text.length;
    place(folder, name, text);
  }
  console.log(`\n1,000 integrations (the ${names.length} of integrations/, again and again), ${(bytes / 2 ** 20).toFixed(1)} MiB`);
  const bw = await breakwater({ binary, integrations: folder, flags: ["--log-level", "warn"] });
  const contender = { child: { pid: bw.pid } };
  console.log(`  first start          ${c.cpuSeconds(contender).toFixed(2)} s of CPU, ${status(bw.pid, "VmRSS").toFixed(0)} MiB`);
  for (let i = 0; i < 3; i++) {
    const cpu = c.cpuSeconds(contender), from = performance.now();
    await bw.api("POST", "integration-rescan", {});
    console.log(`  unchanged reload     ${(performance.now() - from).toFixed(0)} ms, ${((c.cpuSeconds(contender) - cpu) * 1000).toFixed(0)} ms of CPU (goal: 50 ms)`);
  }
  const { home } = bw;
  await bw.stop();
  const again = await breakwater({ binary, integrations: folder, data: home, flags: ["--log-level", "warn"] });
  console.log(`  start with its store ${c.cpuSeconds({ child: { pid: again.pid } }).toFixed(2)} s of CPU (goal: 1 s)`);
  await again.stop();
  rmSync(folder, { recursive: true });
}

try {
  await onePage();
  await manyIntegrations();
} finally {
  await stopAll();
}
