// JSONata: CPU time to parse the input, evaluate, and write the value, ours against
// jsonata-js, by turns, best of all windows; the expression is compiled before. Values are
// compared with bench/jsonata/*.expected.json first. JSONATA_ROUNDS, JSONATA_RUNNER.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const rounds = +(process.env.JSONATA_ROUNDS ?? 5);
const runner = process.env.JSONATA_RUNNER ?? "build/release/bench/jsonata_runner";
const PACKAGE = "jsonata@2.2.2", FOLDER = "build/bench-jsonata", CASES = "bench/jsonata", MS = 400, WARM_MS = 1000;
const cases = {
  a: "a contact of HubSpot to another shape", b: "100 contacts of Salesforce to another shape", c: "sums and groups of 1,000 items",
  d: "50 rows through regular expressions", e: "1,000 items sorted by two keys",
};

if (!existsSync(join(FOLDER, "node_modules"))) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "package.json"), '{"private":true}');
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", PACKAGE], { cwd: FOLDER, stdio: "inherit" });
}
const jsonata = createRequire(join(process.cwd(), FOLDER, "package.json"))("jsonata");
const ours = (name, ...more) => execFileSync(runner, [join(CASES, `${name}.jsonata`), join(CASES, `${name}.json`), ...more], { encoding: "utf8", maxBuffer: 1 << 26 }).trimEnd();

function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

// Microseconds of CPU for a call, all threads of this process together.
async function measure(call, ms) {
  const began = cpuUs();
  let n = 0, took = 0;
  for (; took < ms * 1000; took = cpuUs() - began, n++) await call();
  return took / n;
}

async function compare(name) {
  const text = readFileSync(join(CASES, `${name}.json`), "utf8");
  const expected = readFileSync(join(CASES, `${name}.expected.json`), "utf8");
  const expression = jsonata(readFileSync(join(CASES, `${name}.jsonata`), "utf8"));
  const theirs = async () => JSON.stringify(await expression.evaluate(JSON.parse(text)));
  assert.equal(await theirs(), expected, name);
  assert.equal(ours(name), expected, name);
  const best = { bytes: Buffer.byteLength(text), ours: Infinity, theirs: Infinity };
  await measure(theirs, WARM_MS);
  for (let round = 0; round < rounds; round++) {
    best.theirs = Math.min(best.theirs, await measure(theirs, MS));
    best.ours = Math.min(best.ours, Number(ours(name, String(MS))) / 1000);
  }
  return best;
}

console.log("## jsonata\n");
console.log("| | input bytes | jsonata-js µs | Breakwater µs | ratio |\n|---|---|---|---|---|");
let product = 1;
for (const [name, what] of Object.entries(cases)) {
  const row = await compare(name);
  product *= row.theirs / row.ours;
  console.log(`| ${what} | ${row.bytes} | ${row.theirs.toFixed(0)} | ${row.ours.toFixed(1)} | ${(row.theirs / row.ours).toFixed(1)} |`);
}
console.log(`| geometric mean | | | | **${(product ** (1 / Object.keys(cases).length)).toFixed(1)}** |`);
