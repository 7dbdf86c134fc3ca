// What makes a record durable before it is answered, side by side: the journal, SQLite row by row
// and in batches, PostgreSQL. JOURNAL_SECONDS (4), JOURNAL_ROUNDS (3), JOURNAL_BYTES (1024),
// JOURNAL_DIR (on the disk that is meant; the system's temporary folder).
import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const seconds = Number(process.env.JOURNAL_SECONDS ?? 4), rounds = Number(process.env.JOURNAL_ROUNDS ?? 3);
const bytes = Number(process.env.JOURNAL_BYTES ?? 1024), clients = 64;
const FOLDER = mkdtempSync(join(process.env.JOURNAL_DIR ?? tmpdir(), "breakwater-bench-journal-"));
chmodSync(FOLDER, 0o755);

function command(file, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8", ...options });
  if (error || status !== 0) throw new Error(`${file} ${args.join(" ")}: ${error ?? stderr}`);
  return stdout;
}

function runner(mode, n) {
  const dir = join(FOLDER, mode);
  rmSync(dir, { recursive: true, force: true });
  const text = command("build/release/bench/journal_runner", [mode, dir, String(seconds), String(bytes), String(n)]);
  rmSync(dir, { recursive: true, force: true });
  return Object.fromEntries(text.trim().split("\n").map((line) => line.split(" ")).map(([name, value]) => [name, Number(value)]));
}

// --- PostgreSQL: a server of its own, on a socket in FOLDER. It refuses to run as root. ---

const postgres = (() => {
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql").sort() : [];
  const bin = versions.length ? `/usr/lib/postgresql/${versions.at(-1)}/bin` : "";
  return existsSync(`${bin}/pgbench`) && existsSync(`${bin}/initdb`) ? bin : null;
})();
const data = join(FOLDER, "postgres"), user = {};
const pg = (program, ...args) => command(join(postgres, program), args, { cwd: data, ...user, stdio: program === "pg_ctl" ? "ignore" : "pipe" });
const sql = (text) => pg("psql", "-h", data, "-U", "bench", "-d", "postgres", "-qtAc", text).trim();

function startPostgres() {
  mkdirSync(data);
  if (process.getuid() === 0) {
    for (const id of ["uid", "gid"]) user[id] = Number(command("id", [id === "uid" ? "-u" : "-g", "postgres"]));
    chownSync(data, user.uid, user.gid);
  }
  pg("initdb", "-D", join(data, "db"), "-U", "bench", "--auth=trust", "--no-sync");
  appendFileSync(join(data, "db/postgresql.conf"),
    `listen_addresses = ''\nunix_socket_directories = '${data}'\nmax_connections = ${clients + 10}\nshared_buffers = 128MB\n`);
  pg("pg_ctl", "-D", join(data, "db"), "-w", "-s", "-l", join(data, "log"), "start");
  sql("CREATE TABLE t (id BIGSERIAL PRIMARY KEY, key TEXT, body TEXT)");
  writeFileSync(join(data, "insert.sql"), `INSERT INTO t (key, body) VALUES ('evt_0123456789abcdef', repeat('x', ${bytes}));\n`);
}

function insertIntoPostgres() {
  const bench = (time, ...more) => pg("pgbench", "-h", data, "-U", "bench", "-n", "-M", "prepared", "-f", join(data, "insert.sql"),
    "-c", String(clients), "-j", "2", "-T", String(time), ...more, "postgres");
  bench(1);
  const before = sql("SELECT pg_current_wal_lsn()");
  const said = bench(seconds, "-l", "--log-prefix", join(data, "times"));
  const wal = Number(sql(`SELECT pg_current_wal_lsn() - '${before}'`));
  const files = readdirSync(data).filter((name) => name.startsWith("times"));
  const times = files.flatMap((name) => readFileSync(join(data, name), "utf8").trim().split("\n").map((line) => Number(line.split(" ")[2])));
  for (const name of files) rmSync(join(data, name));
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { rate: Number(/tps = ([0-9.]+)/.exec(said)[1]), written: wal / times.length, p50_us: at(0.5), p99_us: at(0.99), p999_us: at(0.999) };
}

// --- all of them, by turns; of each its best round ---

const contenders = [
  ["journal, 256 that wait", () => runner("journal", 256)],
  ["journal, 1,024 that wait", () => runner("journal", 1024)],
  ["journal, one that waits", () => runner("journal", 1)],
  ["journal, 15,000/s in open loop", () => runner("paced", 15000)],
  ["SQLite, row by row", () => runner("sqlite", 1)],
  ["SQLite, 512 rows a transaction", () => runner("sqlite", 512)],
];
const better = (a, b, open) => (open ? a.p99_us < b.p99_us : a.rate > b.rate);

try {
  if (postgres) {
    startPostgres();
    contenders.push([`PostgreSQL ${sql("SHOW server_version").split(" ")[0]}, ${clients} connections`, insertIntoPostgres]);
  }
  const best = new Map();
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of contenders) {
      const figure = run();
      if (!best.has(name) || better(figure, best.get(name), name.includes("open loop"))) best.set(name, figure);
    }
  const ms = (us) => (us / 1000).toFixed(2);
  console.log("## journal\n");
  console.log(`| records of ${bytes} bytes, durable | records/s | a sync | p50 ms | p99 ms | p99.9 ms | bytes written each | CPU µs each |\n|---|---|---|---|---|---|---|---|`);
  for (const [name, f] of best)
    console.log(`| ${name} | ${Math.round(f.rate)} | ${f.a_sync ?? ""} | ${ms(f.p50_us)} | ${ms(f.p99_us)} | ${ms(f.p999_us)} | ${Math.round(f.written)}${f.in_file ? ` (${Math.round(f.in_file)})` : ""} | ${f.cpu_us ?? ""} |`);
  if (!postgres) console.log("\nPostgreSQL is not installed here: `tools/install-packages bench` does it.");
} finally {
  if (existsSync(join(data, "db/postmaster.pid"))) pg("pg_ctl", "-D", join(data, "db"), "-m", "immediate", "-s", "stop");
  rmSync(FOLDER, { recursive: true, force: true });
}
