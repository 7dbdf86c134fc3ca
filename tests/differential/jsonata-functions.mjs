#!/usr/bin/env node
// Random calls of the pure functions, put to jsonata-js and to build/asan/unit/picture:
//   node tests/differential/jsonata-functions.mjs FOLDER [COUNT [SEED]]
// FOLDER/node_modules has jsonata 2.2.2. Prints what differs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reference } from "../cases/jsonata-reference.mjs";

const [folder, count = "20000", start = "1"] = process.argv.slice(2);
let seed = Number(start);
const random = () => { // mulberry32
  seed = seed + 0x6d2b79f5 | 0;
  let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
  t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
  return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
};
const below = (n) => Math.floor(random() * n);
const one = (list) => list[below(list.length)];
const some = (max, from) => Array.from({ length: below(max + 1) }, () => one(from)).join("");

const whole = () => one([below(10), below(100), below(10000), below(2 ** 31),
  Math.floor(random() * 2 ** one([40, 53, 63, 90]))]) * one([1, 1, 1, -1]);
const number = () => one([whole(), whole() / 10 ** below(12), random(), random() * 1e-6,
  random() * 10 ** (below(60) - 30) * one([1, -1]), (below(2000) - 1000) / 8]);
const digits = () => one([some(4, "#,") + some(4, "0,0"), "#".repeat(below(4)) + "0".repeat(1 + below(3)),
  "#,##0", "0", some(6, "0#,")]);
const numberPicture = () => one([
  () => digits() + one(["", "", `.${some(4, "0")}${some(3, "#")}`]) + one(["", "", "", "e0", "e00", "%", "‰"]),
  () => one(["", "a", "$ "]) + digits() + one(["", ".0#", ".00"]) + one(["", " b"]),
  () => some(8, "0#,.e%;a-"),
])();
const integerPicture = () => one([() => one(["a", "A", "w", "W", "Ww"]),
  () => digits(), () => digits(), () => "#".repeat(below(3)) + "0".repeat(1 + below(4)),
  () => some(6, "0#,. :٠")])() + one(["", "", ";o", ";c"]);
const width = () => one(["", "", "", `,${below(6)}`, `,${below(5)}-${below(6)}`, ",*", `,*-${below(5)}`, ",3-3"]);
const presentation = () => one(["", "", "1", "01", "001", "0001", "#1", "I", "i", "A", "a", "w", "W",
  "Ww", "N", "n", "Nn", "9,999", "##", "x", "01:01", "0101"]) + one(["", "", "", "o", "t", "c"]);
const marker = () => `[${one([..."YMDdFWwXxHhPmsfZzCEY MDHmsq"])}${presentation()}${width()}]`;
const tidyMarker = () => one(["[Y0001]", "[Y]", "[M01]", "[M]", "[D01]", "[D]", "[D1o]", "[Dwo]", "[MI]", "[Yw]",
  "[d]", "[d001]", "[H01]", "[H]", "[h]", "[m]", "[m01]", "[s]", "[s01]", "[f001]", "[P]", "[Z01:01]", "[Z0101]",
  "[MNn]", "[FNn]", "[F1]", "[X0001]", "[W01]"]);
const literal = () => one(["", "", "-", "/", " ", ":", "T", ".", ", ", "[[", "]]", " of "]);
const datePicture = (mark) => Array.from({ length: 1 + below(4) }, () => literal() + mark()).join("") + literal();
const time = () => one([below(2 ** 41), below(2 ** 41), (random() - 0.5) * 1.7e16, random() * 1e14 - 6e13,
  Date.UTC(1970 + below(100), below(12), 1 + below(31))]) + one([0, 0, random()]);
const letters = ["a", "B", "é", "ß", "Σ", "σ", "İ", "'", " ", "-", "\t", "💩", "𐐀", "\ud83d", "\udca9", "\uffff", "%41", "%C3%A9", "=", "/", "Ǆ", "ΐ"];
const text = () => some(8, letters);
const words = ["one", "two", "ten", "fifteen", "twenty", "ninety-nine", "hundred", "thousand", "million", "trillion",
  "and", "first", "thirtieth", "zero", "x"];

const ask = reference(folder);
// A text that a picture wrote, or one that is nearly so.
const damaged = (s) => random() < 0.8 || !s ? s : s.slice(0, below(s.length)) + one(["", "0", "x", "1", " "]) + s.slice(below(s.length));
async function written(call, value, picture) {
  const row = await ask(call, value, picture);
  return typeof row?.is === "string" ? damaged(row.is) : "";
}

const makers = [
  async () => ["formatNumber", number(), numberPicture()],
  async () => ["formatNumber", number(), numberPicture()],
  async () => ["formatInteger", number(), integerPicture()],
  async () => { const p = integerPicture(); return ["parseInteger", await written("formatInteger", Math.abs(whole()), p), p]; },
  async () => ["parseInteger", Array.from({ length: 1 + below(6) }, () => one(words)).join(one([" ", " ", ", ", "-", " and "])), "w"],
  async () => ["fromMillis", time(), datePicture(marker), ...one([[], ["+0000"], ["+0530"], ["-0800"], ["+1245"]])],
  async () => ["fromMillis", time(), datePicture(tidyMarker)],
  async () => { const p = datePicture(tidyMarker); return ["toMillis", await written("fromMillis", time(), p), p]; },
  async () => { const p = datePicture(tidyMarker); return ["toMillis", await written("fromMillis", time(), p), p]; },
  async () => ["toMillis", damaged(new Date(below(2 ** 42)).toISOString())],
  async () => ["string", number()], async () => ["round", number(), below(12) - 3],
  async () => ["formatBase", number(), 2 + below(35)],
  async () => ["number", one([() => `${number()}`, () => some(6, "0123456789.eE+-xob"), () => `0x${below(2 ** 31).toString(16)}`])()],
  async () => [one(["uppercase", "lowercase", "trim", "length", "encodeUrl", "encodeUrlComponent", "decodeUrl", "decodeUrlComponent", "base64encode", "base64decode"]), text()],
  async () => [one(["join", "compare"]), text(), text()],
  async () => ["substring", text(), below(12) - 6, below(8) - 1],
  async () => ["pad", text(), below(24) - 12, text()],
];

const rows = [];
for (let i = 0; i < Number(count); i++) {
  const row = await ask(...await one(makers)());
  if (row) rows.push(JSON.stringify(row));
}
const file = join(mkdtempSync(join(tmpdir(), "jsonata-")), "rows.jsonl");
writeFileSync(file, rows.join("\n"));
const run = spawnSync("build/asan/unit/picture", { env: { ...process.env, JSONATA_ROWS: file }, encoding: "utf8", maxBuffer: 1 << 28 });
process.stdout.write(run.stderr + run.stdout);
process.exitCode = run.status ?? 1;
