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
  return Object.fromEntries(stdout.trim().split("\n").map((line) => [line.split(" ", 1)[0], line.slice(line.indexOf(" ") + 1)]));
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
  ["turns, all due at once: 99.9 of 100 within", `${figure.turn_all_due_p999_us} µs`, "< 1,000 µs"],
  ["of that, the longest", `${figure.turn_all_due_us} µs`, "< 1,000 µs"],
  ["of that, longer than a millisecond", figure.turn_all_due_over, "0"],
  ["a fixed sum between any two of them: 99.9 of 100 within", `${figure.control_p999_us} µs`, ""],
  ["of that, the longest", `${figure.control_us} µs`, ""],
  ["of that, longer than a millisecond", figure.control_over, ""],
  ["what the metrics ask the keeper", `${figure.stats_us} µs`, ""],
  ["the token for a call, warm", `${figure.token_ns} ns`, "< 200 ns"],
]) console.log(`| ${what} | ${value} | ${goal} |`);
