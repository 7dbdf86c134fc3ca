// Signed webhooks of 1 KB made durable: what answers how many a second, and the 99th percentile at half
// of that in open loop. Breakwater; nginx before a Node receiver that inserts into PostgreSQL; the same
// receiver with a Redis stream that is synced each time (appendfsync always).
// HOOK_SECONDS (4), HOOK_ROUNDS (3), HOOK_CONNECTIONS (256).
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { breakwater, freePort, stopAll } from "../tests/e2e/support/run.mjs";

const seconds = Number(process.env.HOOK_SECONDS ?? 4), rounds = Number(process.env.HOOK_ROUNDS ?? 3);
const connections = process.env.HOOK_CONNECTIONS ?? "256";
const FOLDER = mkdtempSync(join(tmpdir(), "breakwater-bench-hooks-"));
chmodSync(FOLDER, 0o755);
const children = [];
const run = (file, args, options = {}) => {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8", ...options });
  if (error || status !== 0) throw new Error(`${file} ${args.join(" ")}: ${error ?? stderr}`);
  return stdout;
};

function load(target, rate) {
  const text = execFileSync("build/release/bench/hook_load", [String(target.port), target.path, "s3cret", connections, String(seconds), ...(rate ? [String(Math.floor(rate))] : [])], { encoding: "utf8" });
  return Object.fromEntries(text.trim().split("\n").map((line) => line.split(" ")).map(([name, value]) => [name, Number(value)]));
}

const listening = async (port) => {
  for (let i = 0; i < 400; i++) {
    const free = await new Promise((resolve) => {
      const server = createServer().once("error", () => resolve(false)).listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (!free) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nothing listens at ${port}`);
};

async function ours() {
  const bw = await breakwater({ binary: "build/breakwater", flags: ["--log-level", "warn"] });
  await bw.put({ name: "bench", hosts: ["api.example.com"], base_url: "https://api.example.com", auth: "bearer",
    webhooks: { verify: { scheme: "hmac", signature: "X-Sig", content: "{body}", secret: { context: "hook_secret" } }, id: "/id", type: "/type", time: { from: "/created", unit: "epoch_s" } } });
  const account = await bw.account("bench", { context: { hook_secret: "s3cret" } });
  return { name: "Breakwater", port: bw.port, path: `/hooks/bench/${account.id}`, cpuOf: () => [bw.pid] };
}

// The receiver that people write: verifies, inserts, answers; as many processes as there are cores.
const receiver = `
const { createServer } = require("node:http"), { createHmac, timingSafeEqual } = require("node:crypto"), { connect } = require("node:net");
const [, , port, kind, place] = process.argv;
let put;
if (kind === "postgres") {
  const { Pool } = require("pg");
  const pool = new Pool({ host: place, user: "bench", database: "postgres", max: 16 });
  put = (id, body) => pool.query({ name: "put", text: "INSERT INTO hook (id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING", values: [id, body] });
} else {
  const socket = connect(Number(place), "127.0.0.1"), waiting = [];
  let rest = "";
  socket.on("data", (data) => { rest += data; for (let at; (at = rest.indexOf("\\r\\n")) >= 0; ) { const head = rest[0], n = Number(rest.slice(1, at)); if (head === "$") { if (rest.length < at + 4 + n) return; rest = rest.slice(at + 4 + n); waiting.shift().ok(); } else { const line = rest.slice(0, at); rest = rest.slice(at + 2); waiting.shift().no(new Error(line)); } } });
  put = (id, body) => new Promise((ok, no) => { waiting.push({ ok, no }); socket.write("*7\\r\\n$4\\r\\nXADD\\r\\n$5\\r\\nhooks\\r\\n$1\\r\\n*\\r\\n$2\\r\\nid\\r\\n$" + id.length + "\\r\\n" + id + "\\r\\n$4\\r\\nbody\\r\\n$" + Buffer.byteLength(body) + "\\r\\n" + body + "\\r\\n"); });
}
createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (data) => (body += data)).on("end", async () => {
    const want = createHmac("sha256", "s3cret").update(body).digest(), got = Buffer.from(request.headers["x-sig"] ?? "", "hex");
    if (got.length !== want.length || !timingSafeEqual(got, want)) return response.writeHead(401).end();
    try { await put(JSON.parse(body).id, body); response.writeHead(200, { "content-length": 0 }).end(); } catch { response.writeHead(503, { "content-length": 0 }).end(); }
  });
}).listen(Number(port), "127.0.0.1");
`;

async function behindNginx(kind, place) {
  const home = join(FOLDER, kind), port = await freePort(), ports = [await freePort(), await freePort()];
  mkdirSync(home);
  writeFileSync(join(home, "receiver.cjs"), receiver);
  for (const at of ports) {
    children.push(spawn(process.execPath, [join(home, "receiver.cjs"), String(at), kind, String(place)], { stdio: "inherit", env: { ...process.env, NODE_PATH: join(process.cwd(), "tests/e2e/node_modules") } }));
    await listening(at);
  }
  writeFileSync(join(home, "nginx.conf"), `daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log; events { worker_connections 2048; }
http { access_log off; client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/f; uwsgi_temp_path ${home}/u; scgi_temp_path ${home}/s; keepalive_requests 100000000;
 upstream node { ${ports.map((at) => `server 127.0.0.1:${at};`).join(" ")} keepalive 256; }
 server { listen 127.0.0.1:${port}; location / { proxy_pass http://node; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`);
  children.push(spawn("nginx", ["-c", join(home, "nginx.conf"), "-e", join(home, "error.log")], { stdio: "inherit" }));
  await listening(port);
  return { port, path: "/hooks" };
}

async function withPostgres() {
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql").sort() : [];
  if (!versions.length || !existsSync("tests/e2e/node_modules/pg")) return null;
  const bin = `/usr/lib/postgresql/${versions.at(-1)}/bin`, data = join(FOLDER, "pg"), user = {};
  mkdirSync(data);
  if (process.getuid() === 0) {
    for (const id of ["uid", "gid"]) user[id] = Number(run("id", [id === "uid" ? "-u" : "-g", "postgres"]));
    chownSync(data, user.uid, user.gid);
  }
  run(`${bin}/initdb`, ["-D", join(data, "db"), "-U", "bench", "--auth=trust", "--no-sync"], { cwd: data, ...user });
  appendFileSync(join(data, "db/postgresql.conf"), `listen_addresses = ''\nunix_socket_directories = '${data}'\nshared_buffers = 128MB\n`);
  run(`${bin}/pg_ctl`, ["-D", join(data, "db"), "-w", "-s", "-l", join(data, "log"), "start"], { cwd: data, stdio: "ignore", ...user });
  stops.push(() => run(`${bin}/pg_ctl`, ["-D", join(data, "db"), "-m", "immediate", "stop"], { cwd: data, stdio: "ignore", ...user }));
  run(`${bin}/psql`, ["-h", data, "-U", "bench", "-d", "postgres", "-c", "CREATE TABLE hook (id TEXT PRIMARY KEY, body TEXT)"], user);
  return { name: "nginx, Node, PostgreSQL", ...(await behindNginx("postgres", data)) };
}

async function withRedis() {
  if (spawnSync("redis-server", ["--version"]).status !== 0) return null;
  const dir = join(FOLDER, "redis-data"), port = await freePort();
  mkdirSync(dir);
  children.push(spawn("redis-server", ["--port", String(port), "--dir", dir, "--appendonly", "yes", "--appendfsync", "always", "--save", ""], { stdio: "ignore" }));
  await listening(port);
  return { name: "nginx, Node, Redis stream (appendfsync always)", ...(await behindNginx("redis", port)) };
}

const stops = [];
try {
  const contenders = [await ours(), await withPostgres(), await withRedis()].filter(Boolean);
  const best = new Map();
  for (const target of contenders) load(target);
  for (let round = 0; round < rounds; round++)
    for (const target of contenders) {
      const full = load(target), kept = best.get(target);
      if (full.failed) console.log(`${target.name}: ${full.failed} failed`);
      if (!kept || full.rate > kept.rate) best.set(target, full);
    }
  const paced = new Map();
  for (let round = 0; round < rounds; round++)
    for (const target of contenders) {
      const half = load(target, best.get(target).rate / 2), kept = paced.get(target);
      if (!kept || half.p99_us < kept.p99_us) paced.set(target, half);
    }
  console.log("| | webhooks/s, durable | p50 ms at half | p99 ms at half | 99.9 % ms |\n|---|---|---|---|---|");
  for (const target of contenders) {
    const full = best.get(target), half = paced.get(target), ms = (us) => (us / 1000).toFixed(2);
    console.log(`| ${target.name} | ${full.rate} | ${ms(half.p50_us)} | ${ms(half.p99_us)} | ${ms(half.p999_us)} |`);
  }
  console.log(`load of the machine: ${readFileSync("/proc/loadavg", "utf8").trim()}`);
} finally {
  for (const child of children) child.kill("SIGKILL");
  for (const stop of stops) stop();
  await stopAll();
  rmSync(FOLDER, { recursive: true, force: true });
}
process.exit(0);
