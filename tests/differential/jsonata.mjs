#!/usr/bin/env node
// Random expressions through jsonata-js and through `breakwater eval --jsonl`:
//   node tests/differential/jsonata.mjs PROGRAM FOLDER [COUNT [SEED]]
// FOLDER/node_modules has jsonata 2.2.2. Prints what differs, made small, unless it is a
// deviation of docs/decisions/0011-jsonata.md (`known` below).
//   node tests/differential/jsonata.mjs PROGRAM FOLDER --expr EXPR [INPUT]
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { maker, tokens } from "./jsonata_make.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

// --- the two ---

export async function reference(folder) {
  const require = createRequire(pathToFileURL(join(resolve(folder), "x.js")));
  const jsonata = require("jsonata");
  return async ({ expr, input, bindings }) => {
    try {
      const fresh = input === undefined ? undefined : JSON.parse(JSON.stringify(input)); // it may be changed
      const value = await jsonata(expr, { timeout: 2000, stack: 400, sequence: 100000 }).evaluate(fresh, bindings);
      const text = JSON.stringify(value, (key, v) => isFunction(v) ? undefined : v);
      return text === undefined ? { undefined: true } : { result: JSON.parse(text) };
    } catch (error) {
      return { error: { code: error.code ?? `JavaScript: ${error.message ?? error}`, position: error.position, token: error.token } };
    }
  };
}
const isFunction = (v) => typeof v === "function" || v?._jsonata_lambda === true || v?._jsonata_function === true;

// A program that is asked line by line.
export function engine(program) {
  const child = spawn(program, ["eval", "--jsonl"], { stdio: ["pipe", "pipe", "ignore"] });
  const waiting = [];
  let ended = null;
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(JSON.parse(line)));
  child.on("exit", (code, signal) => {
    ended = { error: { code: `ended with ${code ?? signal}` } };
    for (const answer of waiting.splice(0)) answer(ended);
  });
  child.stdin.on("error", () => {});
  return {
    ask: (row) => new Promise((answer) => {
      if (ended) return answer(ended);
      waiting.push(answer);
      child.stdin.write(`${JSON.stringify({ id: 0, timelimit: 5000, ...row })}\n`);
    }),
    get ended() { return ended !== null; },
    close: () => child.stdin.end(),
  };
}

// --- the same ---

function isSame(a, b) {
  if (typeof a === "number" && typeof b === "number") return a === b || Math.abs(a - b) <= 1e-12 * Math.abs(b);
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => isSame(x, b[i]));
  if (a && b && typeof a === "object" && typeof b === "object")
    return !Array.isArray(b) && Object.keys(a).length === Object.keys(b).length &&
           Object.keys(a).every((k) => Object.hasOwn(b, k) && isSame(a[k], b[k]));
  return a === b;
}
const isSameAnswer = (ours, theirs) => theirs.error ? ours.error?.code === theirs.error.code
  : theirs.undefined ? ours.undefined === true : "result" in ours && isSame(ours.result, theirs.result);

// --- known deviations: [the reason, whether it is one] ---

const limits = new Set(["D1011", "D1012", "D2015", "U1001", "U1002", "U1003", "D2014"]);
const isPartial = (row) => /[(,]\s*\?/.test(row.expr);
// Predicates that are true, or lists of indexes, of anything.
const isOddPredicate = (row) => /\[\s*(['"[($]|true|\d+\s*[,.])/.test(row.expr);
const known = [
  ["a limit", (row, ours, theirs) => limits.has(ours.error?.code) || limits.has(theirs.error?.code)],
  ["where a / begins a regular expression", (row, ours, theirs) => row.expr.includes("/") &&
    ["S0211", "S0302", "S0301"].some((code) => theirs.error?.code === code)],
  ["a matcher is given no text", (row, ours, theirs) => /\/[im]*\s*\(|~>\s*\//.test(row.expr) && (ours.undefined || theirs.undefined || theirs.error)],
  ["which member of a constructor fails first", (row, ours, theirs) => ours.error && theirs.error && /[[{]/.test(row.expr) &&
    ours.error.code[0] !== "S" && theirs.error.code[0] !== "S"],
  ["a signature holds for what is applied in part", (row, ours) => /^T041/.test(ours.error?.code ?? "") && isPartial(row)],
  ["a predicate keeps what is not there", (row, ours, theirs) => (!ours.error || theirs.error) && isOddPredicate(row)],
  ["a predicate that is % and no more", (row) => /\[\s*%\s*\]/.test(row.expr)],
  ["a group over nothing puts undefined into the input", (row, ours, theirs) => JSON.stringify(theirs.result ?? 0).includes("[null]") && row.expr.includes("{")],
  ["nulls for what a predicate kept", (row, ours, theirs) => JSON.stringify(theirs.result ?? 0).includes("null") && row.expr.includes("[")],
  ["which fault of a signature comes first", (row, ours, theirs) => row.expr.includes("<") &&
    /^S040/.test(ours.error?.code ?? "")],
  ["digits of short numbers in irregular pictures", (row) => /\$formatInteger|\$fromMillis/.test(row.expr)],
  ["?? and ?: look at a copy without regular expressions", (row) => /\?[?:]/.test(row.expr) && row.expr.includes("/")],
  ["the end of the source or another fault first", (row, ours, theirs) => ours.error?.code === "S0207" && theirs.error?.code[0] === "S"],
  ["halves of characters", (row) => row.expr.includes("/") && /[\u{10000}-\u{10ffff}]/u.test(row.expr + JSON.stringify(row.input))],
  ["$round to more digits than there are", (row, ours, theirs) => row.expr.includes("$round") &&
    (JSON.stringify(theirs).includes("null") || theirs.error?.code === "D3001")],
  ["a function is no object", (row, ours) => ours.error?.code === "T2011"],
  ["$sort asks for truth as the language has it", (row) => row.expr.includes("$sort")],
  ["undefined as a replacement", (row, ours, theirs) => row.expr.includes("$replace") && ours.error?.code === "D3012"],
  ["$string applied in part", (row, ours, theirs) => theirs.error?.code === "S0208" && isPartial(row)],
  ["a time zone that is none", (row, ours, theirs) => JSON.stringify(theirs).includes("NaN")],
  ["the reference fails in JavaScript", (row, ours, theirs) => theirs.error?.code.startsWith("JavaScript")],
];
export const reasonOf = (row, ours, theirs) => ours.error?.code.startsWith("ended") ? undefined
  : known.find(([, is]) => is(row, ours, theirs))?.[0];

// --- comparing ---

const kind = (answer) => answer.error ? answer.error.code : answer.undefined ? "undefined" : "result";
const show = (answer) => JSON.stringify(answer.error ? answer.error.code + (answer.error.message ? `: ${answer.error.message}` : "")
  : answer.undefined ? "undefined" : answer.result)?.slice(0, 300);

export async function compare({ ask, refer, rows, found = () => {} }) {
  const counts = { rows: 0, same: 0, results: 0, different: 0, known: {} };
  for (const row of rows) {
    const [ours, theirs] = await Promise.all([ask(row), refer(row)]);
    counts.rows++;
    counts.results += theirs.result !== undefined;
    if (isSameAnswer(ours, theirs)) {
      counts.same++;
      continue;
    }
    const reason = reasonOf(row, ours, theirs);
    if (reason) counts.known[reason] = (counts.known[reason] ?? 0) + 1;
    else counts.different++;
    await found(row, ours, theirs, reason);
  }
  return counts;
}

// --- what an expression reads ---

const stepsOf = (path) => path === "$" ? [] : path.match(/`[^`]*`|[^.]+/g);
const leads = (step, name) => step === "*" || step === name || step === `\`${name}\``;

// The input without everything that lies outside of the paths.
function projected(value, paths) {
  if (!value || typeof value !== "object" || paths.some((path) => path.length === 0 || path[0] === "**")) return value;
  if (Array.isArray(value)) return value.map((item) => projected(item, paths));
  return Object.fromEntries(Object.entries(value).flatMap(([name, member]) => {
    const further = paths.filter((path) => leads(path[0], name)).map((path) => path.slice(1));
    return further.length ? [[name, projected(member, further)]] : [];
  }));
}

// Null, or what another input made of an expression that was said not to look at it.
export async function misread(row, ask) {
  const { reads } = await ask({ ...row, explain: true });
  if (!reads || row.input === undefined) return null;
  const input = projected(row.input, reads.map(stepsOf));
  const [whole, part] = await Promise.all([ask(row), ask({ ...row, input })]);
  return isSameAnswer(part, whole) ? null : { ...row, reads, whole, part };
}

// Takes tokens away as long as the two differ in the same way.
export async function minimise(row, ours, theirs, ask, refer) {
  const differs = async (expr, input) => {
    const smaller = { ...row, expr, input };
    const [a, b] = await Promise.all([ask(smaller), refer(smaller)]);
    return !isSameAnswer(a, b) && !reasonOf(smaller, a, b) && kind(a) === kind(ours) && kind(b) === kind(theirs);
  };
  let { expr, input } = row;
  for (let size = 16; size >= 1; size = size > 1 ? size >> 1 : 0)
    for (let at = 0, parts = tokens(expr); at < parts.length;) {
      const less = [...parts.slice(0, at), ...parts.slice(at + size)].join("");
      if (less.trim() && await differs(less, input)) parts = tokens(expr = less);
      else at++;
    }
  const shrink = async (path, value) => { // members and items that do not matter
    if (!value || typeof value !== "object") return;
    for (const key of Object.keys(value)) {
      const kept = JSON.stringify(input);
      let at = input;
      for (const step of path) at = at[step];
      if (Array.isArray(at)) at.splice(key, 1);
      else delete at[key];
      if (!await differs(expr, input)) {
        input = JSON.parse(kept);
        await shrink([...path, key], path.concat(key).reduce((v, k) => v?.[k], input));
      } else if (Array.isArray(at)) return shrink(path, at);
    }
  };
  if (input !== undefined) {
    input = JSON.parse(JSON.stringify(input));
    if (await differs(expr, undefined)) input = undefined;
    else await shrink([], input);
  }
  return { ...row, expr, input };
}

// --- rows ---

// Nothing that depends on chance or on the time of day.
const isSteady = (row) => !/\$(now|millis|random|shuffle)\b/.test(row.expr) && row.expr.length < 2000;

export function makeRows(count, seed) {
  const corpus = readFileSync(join(here, "../cases/jsonata.jsonl"), "utf8").trim().split("\n").map((l) => JSON.parse(l))
    .filter((row) => isSteady(row) && row.expr.length < 300 && !row.timelimit && JSON.stringify(row.input ?? null).length < 5000);
  const make = maker(seed, corpus);
  const rows = [];
  while (rows.length < count) {
    const row = make.row();
    if (isSteady(row)) rows.push(row);
  }
  return rows;
}

async function main([program, folder, ...rest]) {
  const refer = await reference(folder);
  let ours = engine(program);
  const ask = async (row) => {
    const answer = await ours.ask(row);
    if (ours.ended) ours = engine(program); // it died of this one
    return answer;
  };
  const single = rest[0] === "--expr";
  const rows = single ? [{ expr: rest[1], input: rest[2] && JSON.parse(rest[2]) }] : makeRows(Number(rest[0] ?? 5000), Number(rest[1] ?? 1));
  const seen = new Map();
  const counts = await compare({ ask, refer, rows, found: async (row, a, b, reason) => {
    const sort = `${kind(b)} here ${kind(a)}`;
    if (single) return console.log(`reference ${show(b)}\nours      ${show(a)}\n${reason ?? ""}`);
    if (reason) return;
    seen.set(sort, (seen.get(sort) ?? 0) + 1);
    if (seen.get(sort) > 3) return;
    const small = await minimise(row, a, b, ask, refer);
    const [least, want] = await Promise.all([ask(small), refer(small)]);
    console.log(`${small.expr}\n  over      ${JSON.stringify(small.input)}\n  reference ${show(want)}\n  ours      ${show(least)}`);
  } });
  ours.close();
  console.log(counts, Object.fromEntries(seen));
  process.exitCode = counts.different ? 1 : 0;
}
if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
