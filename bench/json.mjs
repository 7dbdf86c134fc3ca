// JSON text to a value: GB/s of ours, simdjson's DOM and jansson, by turns, best of all
// windows. JSON_ROUNDS, JSON_RUNNERS (the folder of the runners).
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contacts, items } from "./json_records.mjs";

const rounds = +(process.env.JSON_ROUNDS ?? 5);
const runners = process.env.JSON_RUNNERS ?? "build/release/bench";
const FOLDER = "build/bench-json", MS = 400;
const contenders = [["Breakwater", "json_runner"], ["simdjson, DOM", "simdjson_runner"], ["jansson", "jansson_runner"]];
const texts = [["contacts.json", "contacts (text)", contacts], ["items.json", "items (numbers)", items]];

function measure(runner, file) {
  const { status, stdout, stderr } = spawnSync(join(runners, runner), [file, String(MS)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${runner} ${file}: ${stderr}`);
  return Number(stdout);
}

mkdirSync(FOLDER, { recursive: true });
for (const [name, , make] of texts) writeFileSync(join(FOLDER, name), make());
const best = contenders.map(() => texts.map(() => Infinity));
for (let round = 0; round < rounds; round++)
  for (const [t, [name]] of texts.entries())
    for (const [c, [, runner]] of contenders.entries()) best[c][t] = Math.min(best[c][t], measure(runner, join(FOLDER, name)));

console.log("## json\n");
console.log(`| GB/s | ${texts.map(([, label]) => label).join(" | ")} |\n|---|${texts.map(() => "---|").join("")}`);
for (const [c, [label]] of contenders.entries())
  console.log(`| ${label} | ${texts.map(([name], t) => (statSync(join(FOLDER, name)).size / best[c][t]).toFixed(2)).join(" | ")} |`);
