#!/usr/bin/env node
// regex.mjs RUNNER [COUNT [SEED]]: random patterns and texts through Node's RegExp and
// through build/VARIANT/differential/regex_runner; prints what differs and is not among
// the known differences (docs/decisions/0010-regex-on-pcre2.md).
import { spawnSync } from "node:child_process";

const [runner, count = "20000", seed = "1"] = process.argv.slice(2);

// mulberry32: the same numbers in every run of a seed.
let state = Number(seed) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (from) => from[below(from.length)];

const letters = [..."aab"]; // of few letters, long matches and much backtracking
const strange = [..."aaabbbcckKsS01_- \n\r.é\u2028ſ\u212aßΩ/"];
let characters = letters;
const escapes = ["\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\b", "\\B", "\\n", "\\x61", "\\u0062",
  "\\t", "\\cA", "\\0", "\\/", "\\.", "\\-"];
const loose = ["\\e", "\\A", "\\Z", "\\8", "\\12", "\\x6", "\\u00", "\\c", "\\c1", "\\k", "]", "}", "{",
  "{1", "\\u{61}", "\\p{L}", "\\1", "\\2", "\\377", "\\_"];
const strict = ["\\u{61}", "\\p{L}", "\\P{Lu}", "\\p{Script=Greek}", "\\p{Alphabetic}", "\\u{1F600}", "😀",
  "\\p{ASCII}", "\\ud83d\\ude00"];
const wrong = ["*", "(?i)", "(?>a)", "a++", "(?#x)", "[b-a]", "a{2,1}", "(", ")", "[", "\\", "(?<a", "(?<1>a)",
  "\\k<x>", "^*", "(?<=a)+", "(?a)", "(*F)"];

function classOf(unicode) {
  const items = Array.from({ length: below(4) }, () => {
    const n = below(10);
    if (n < 4) return pick(characters).replace(/[-\]\\^]/, "\\$&");
    if (n < 6) return pick(["a-c", "0-9", "A-Z", "a-z", "\\x00-\\x7f", "é-ü", "!-~"]);
    if (n < 9) return pick(escapes.filter((e) => e !== "\\B"));
    return unicode ? pick(strict) : pick(["-", "\\w-a", "\\c", "\\8", "^", "[", "\\k", "[:a:]"]);
  });
  return `[${below(3) ? "" : "^"}${items.join("")}]`;
}

function atom(depth, unicode) {
  const n = below(40);
  if (n < 14) return pick(characters).replace(/[.\-/]/, "\\$&");
  if (n < 17) return ".";
  if (n < 21) return pick(escapes);
  if (n < 25) return classOf(unicode);
  if (n < 26) return pick(["^", "$", "\\b", "\\B"]);
  if (n < 27) return pick(unicode ? strict : loose);
  if (n < 28) return pick(["\\1", "\\2", "\\k<n>"]);
  if (depth === 0) return "a";
  const inner = pattern(depth - 1, unicode);
  if (n < 34) return `(${inner})`;
  if (n < 36) return `(?:${inner})`;
  if (n < 37) return pick([`(?=${inner})`, `(?!${inner})`]);
  if (n < 38) return pick(["(?<=a)", "(?<!b)", "(?<=\\b.)", "(?<=a|bc)"]);
  if (n < 39) return `(?<n>${inner})`;
  return below(4) ? inner : pick(wrong);
}

function pattern(depth, unicode) {
  const terms = Array.from({ length: below(4) + (depth > 1 ? 1 : 0) }, () =>
    atom(depth, unicode) + (below(3) ? "" : pick(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,3}?", "{2,}"])));
  return terms.join("") + (below(6) ? "" : `|${pattern(Math.max(depth - 1, 0), unicode)}`);
}

const text = () => Array.from({ length: below(12) }, () => below(30) ? pick(characters) :
  pick(["😀", "\ud83d", "\udc00", "\u00a0", "\ufeff", "\u3000", "ẞ", "\0"])).join("");

// Byte offsets of WTF-8, for offsets of UTF-16; in the middle of a pair: none.
function offsets(s) {
  const at = [0];
  for (let i = 0, byte = 0; i < s.length; i++) {
    const c = s.codePointAt(i);
    byte += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (c > 0xffff) at[++i] = undefined;
    at[i + 1] = byte;
  }
  return at;
}

function expected([p, flags, s]) {
  let regexp;
  try {
    regexp = new RegExp(p, `${flags}d`);
  } catch {
    return "error";
  }
  const match = regexp.exec(s), at = offsets(s);
  if (!match) return "none";
  return match.indices.map((span) => (span ? `${at[span[0]]},${at[span[1]]}` : "-")).join(" ");
}

// The characters of a pattern or text that are read as one here, as two there.
const known = [
  ["an astral character without u", ([p, f, s]) => !f.includes("u") && /[\u{10000}-\u{10ffff}]|\\ud83d/u.test(p + s)],
  ["a loop of at least one turn, where a turn may take nothing",
    ([p], ours) => /\)(\+|\{[12],)/.test(p) && !ours.startsWith("error")],
  ["a property under i and u", ([p, f]) => f.includes("i") && /\\p/i.test(p)],
  ["Node finds an edge inside of a pair", (row, ours, want) => want.includes("undefined")],
  ["a reference under i compares by folding", ([p, f]) => f === "i" && /\\[1-9k]/.test(p)],
  ["more than a million steps", (row, ours) => ours === "tired"],
  ["an empty group where the last turn begins", (row, ours, want) => isEmptyAtTurn(want, ours)],
  ["a lookbehind of variable length", (row, ours) => /fixed length/.test(ours)],
];

// A group that captured nothing at the very place where the loop's last turn begins: of
// this turn, or of the one before?
const isEmptyAtTurn = (want, ours) => {
  const wanted = want.split(" "), found = ours.split(" ");
  return wanted.length === found.length && wanted.every((span, i) =>
    span === found[i] || (span === "-" && /^(\d+),\1$/.test(found[i])));
};

const rows = Array.from({ length: Number(count) }, (_, i) => {
  characters = i % 2 ? letters : strange;
  const flags = ["", "", "i", "m", "u", "iu", "im", "mu"][below(8)];
  const inside = pattern(i % 5 ? 3 : 0, flags.includes("u"));
  return [i % 10 ? inside : `${below(2) ? "^" : ""}${inside}${below(2) ? "$" : ""}`, flags, text()];
});
const result = spawnSync(runner, { input: rows.map((r) => `${JSON.stringify(r)}\n`).join(""),
  encoding: "utf8", maxBuffer: 1 << 30 });
const answers = result.stdout.split("\n");
let differ = 0;
const counts = {};
for (const [i, row] of rows.entries()) {
  const want = expected(row), ours = answers[i] ?? "nothing";
  if (want === ours || (want === "error" && ours.startsWith("error"))) continue;
  const reason = known.find(([, test]) => test(row, ours, want))?.[0];
  if (reason) {
    counts[reason] = (counts[reason] ?? 0) + 1;
    continue;
  }
  if (differ++ < 40) console.log(`${JSON.stringify(row)}\n  node ${want}\n  ours ${ours}`);
}
if (result.status !== 0) console.log(`the runner ended with ${result.status ?? result.signal}: ${result.stderr}`);
console.log(`${rows.length} patterns, ${differ} differ`, counts);
process.exitCode = differ || result.status !== 0 ? 1 : 0;
