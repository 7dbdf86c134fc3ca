// A hundred thousand accounts whose tokens are renewed: what they cost. KEEPER_ACCOUNTS,
// KEEPER_TOKEN_BYTES, KEEPER_DIR (in memory where there is such a file system: the disk is not
// what is measured).
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";

const accounts = process.env.KEEPER_ACCOUNTS ?? "100000";
const bytes = process.env.KEEPER_TOKEN_BYTES ?? "250";
const runner = "build/release/bench/keeper_runner", FOLDER = `${process.env.KEEPER_DIR ?? (existsSync("/dev/shm") ? "/dev/shm" : "build")}/breakwater-bench-keeper`;

function run(...args) {
  const { status, stdout, stderr } = spawnSync(runner, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${runner} ${args.join(" ")}: ${stderr}`);
  return Object.fromEntries(stdout.trim().split("\n").map((line) => line.split(" ")));
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync("build", { recursive: true });
run("fill", FOLDER, accounts, bytes);
const figure = run("run", FOLDER);
rmSync(FOLDER, { recursive: true, force: true });

console.log("## keeper\n");
console.log(`| ${figure.accounts} accounts, tokens of ${bytes} bytes | | goal |\n|---|---|---|`);
for (const [what, value, goal] of [
  ["start, from the store to the last schedule, CPU", `${figure.start_s} s`, "< 2 s"],
  ["of that, the schedules", `${figure.keeper_start_s} s`, ""],
  ["resident, started", `${figure.resident_mb} MB`, "< 200 MB"],
  ["resident, after 30,000 renewals", `${figure.resident_after_mb} MB`, "< 200 MB"],
  ["longest turn of a worker, each due in its time", `${figure.turn_us} µs`, "< 1,000 µs"],
  ["longest turn, all due at once", `${figure.turn_all_due_us} µs`, "< 1,000 µs"],
  ["the token for a call, warm", `${figure.token_ns} ns`, "< 200 ns"],
]) console.log(`| ${what} | ${value} | ${goal} |`);
