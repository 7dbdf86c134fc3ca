// Who is measured: each is started on a free port, knows its processes, and is stopped.
import { spawn, execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
export const work = mkdtempSync(join(tmpdir(), "breakwater-bench-"));
export const KEY = "bw_" + "0123456789".repeat(4);
const running = new Set();
chmodSync(work, 0o755); // nginx's worker is another user

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  child.said = "";
  child.stdout.on("data", (d) => (child.said += d));
  child.stderr.on("data", (d) => (child.errors = ((child.errors ?? "") + d).slice(-4000)));
  running.add(child);
  child.on("exit", () => running.delete(child));
  return child;
}

export async function until(what, check, ms = 15000) {
  const end = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`${what} did not happen in time`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

const answers = (url, headers = {}) => async () => {
  try {
    const response = await fetch(url, { headers });
    await response.arrayBuffer();
    return response.status < 500;
  } catch {
    return false;
  }
};

export async function stop(contender) {
  if (!contender?.child || contender.child.exitCode !== null) return;
  contender.child.kill("SIGTERM");
  await Promise.race([new Promise((r) => contender.child.once("exit", r)),
                      new Promise((r) => setTimeout(r, 4000))]);
  contender.child.kill("SIGKILL");
}

export function cleanUp() {
  for (const child of running) child.kill("SIGKILL");
  rmSync(work, { recursive: true, force: true });
}

// --- certificates ---------------------------------------------------------------------

export function makeCertificate() {
  const file = (name) => join(work, name);
  const openssl = (...args) => execFileSync("openssl", args, { stdio: "ignore" });
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
    "-keyout", file("ca.key"), "-out", file("ca.pem"), "-days", "2", "-subj", "/CN=bench CA");
  openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
    "-keyout", file("server.key"), "-out", file("server.csr"), "-subj", "/CN=localhost");
  writeFileSync(file("san"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  openssl("x509", "-req", "-in", file("server.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"),
    "-CAcreateserial", "-out", file("server.pem"), "-days", "2", "-extfile", file("san"));
  return { ca: file("ca.pem"), cert: file("server.pem"), key: file("server.key") };
}

// --- the contenders --------------------------------------------------------------------

const body = JSON.stringify({ id: "51", email: "ann@acme.test", name: "Ann Lee", active: true, n: 12345 });

function nginxConfig(folder, http) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "nginx.conf");
  writeFileSync(file, `
worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log crit;
events { worker_connections 20000; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  ${http}
}
`);
  return file;
}

// The vendor: nginx with a fixed answer, plain and TLS.
export async function startVendor(tls) {
  mkdirSync(join(work, "bodies/things"), { recursive: true });
  writeFileSync(join(work, "bodies/things/small"), JSON.stringify({ text: "x".repeat(1024 - 11) }));
  writeFileSync(join(work, "bodies/things/large"), JSON.stringify({ text: "x".repeat(65536 - 11) }));
  const plain = await freePort(), secure = await freePort();
  const server = (listen) => `server { listen 127.0.0.1:${listen}; ${listen.includes("ssl")
    ? `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};` : ""}
    location / { default_type application/json; return 200 '${body}'; }
    location /things/small { default_type application/json; root ${work}/bodies; }
    location /things/large { default_type application/json; root ${work}/bodies; } }`;
  const file = nginxConfig(join(work, "vendor"), server(`${plain}`) + server(`${secure} ssl`));
  const child = start("nginx", ["-c", file]);
  await until("the vendor's start", answers(`http://127.0.0.1:${plain}/`));
  return { name: "vendor", child, plain, secure, port: plain };
}

export async function startNginx(vendor, secure, tls) {
  const port = await freePort();
  const upstream = secure ? vendor.secure : vendor.plain;
  const file = nginxConfig(join(work, `nginx-${secure}`), `
  upstream vendor { server 127.0.0.1:${upstream}; keepalive 64; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${port};
    location /proxy/acme/ {
      proxy_pass ${secure ? "https" : "http"}://vendor/; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Authorization "Bearer token";
      ${secure ? `proxy_ssl_trusted_certificate ${tls.ca}; proxy_ssl_verify on; proxy_ssl_name localhost;
                  proxy_ssl_server_name on; proxy_ssl_session_reuse on;` : ""}
    } }`);
  const child = start("nginx", ["-c", file]);
  await until("nginx's start", answers(`http://127.0.0.1:${port}/proxy/acme/x`));
  return { name: "nginx proxy_pass", child, port };
}

// The same with what came kept for an hour, in memory as far as the system's page cache goes.
export async function startNginxCache(vendor) {
  const port = await freePort();
  const file = nginxConfig(join(work, "nginx-cache"), `
  sendfile on; open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h;
  proxy_cache_path ${work}/kept levels=1:2 keys_zone=kept:10m max_size=256m inactive=1h use_temp_path=off;
  upstream vendor { server 127.0.0.1:${vendor.plain}; keepalive 64; }
  server { listen 127.0.0.1:${port};
    location /proxy/acme/ {
      proxy_pass http://vendor/; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache kept; proxy_cache_valid 200 1h; proxy_cache_key $http_authorization$request_uri;
      add_header X-Cache $upstream_cache_status;
    } }`);
  const child = start("nginx", ["-c", file]);
  await until("nginx's start", answers(`http://127.0.0.1:${port}/proxy/acme/x`));
  return { name: "nginx proxy_cache", child, port };
}

export async function startNode(vendor, secure) {
  const port = await freePort();
  const upstream = secure ? `https://localhost:${vendor.secure}` : `http://127.0.0.1:${vendor.plain}`;
  const child = start(process.execPath, [join(root, "bench/gateway.mjs"), String(port), upstream],
    { env: { ...process.env, KEY, NODE_ENV: "production" } });
  await until("the Node gateway's start", () => child.said.includes("ready"));
  return { name: "Node (fastify, reply-from, opossum)", child, port };
}

export async function startBreakwater(vendor, secure, tls, extra = [], more = {}) {
  const data = join(work, `data-${secure}-${Math.random()}`), documents = join(data, "integrations/vendor");
  mkdirSync(documents, { recursive: true });
  const base = secure ? `https://localhost:${vendor.secure}` : `http://127.0.0.1:${vendor.plain}`;
  writeFileSync(join(documents, "integration.json"), JSON.stringify({
    name: "vendor", label: "The bench's vendor", version: "1", hosts: [base], base_url: base,
    auth: "bearer",
    rate_limit: { windows: [{ name: "minute", window: "1m", limit: "X-RateLimit-Limit", remaining: "X-RateLimit-Remaining" }] },
    resilience: { account_concurrency: 100000, environment_concurrency: 100000, integration_concurrency: 100000, host_concurrency: 100000 },
    resources: { things: { methods: { list: { verb: "GET", path: "/things" }, get: { verb: "GET", path: "/things/{id}" } } } },
    ...more,
  }));
  const child = start(join(root, "build/breakwater"), ["serve", "--data", join(data, "d"), "--listen",
    "127.0.0.1:0", "--integrations", join(data, "integrations"), "--workers", "1",
    "--upstream-ca", tls.ca, "--log-format", "json", ...extra],
    { env: { ...process.env, BREAKWATER_ADMIN_KEY: KEY } });
  await until("Breakwater's start", () => /listening .*:(\d+)/.test(child.said));
  const port = Number(/listening .*:(\d+)/.exec(child.said)[1]);
  const api = async (method, path, value) => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/${path}`, { method,
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify(value) });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.status === 204 ? {} : response.json();
  };
  const stage = await api("POST", "stages", { name: "production", kind: "production" });
  const environment = await api("POST", "environments", { stage: stage.id, name: "Acme" });
  await api("POST", "accounts", { environment: environment.id, integration: "vendor",
    external_id: "acme", credentials: { token: "token" } });
  return { name: "Breakwater, every stage on", child, port };
}

// --- what the system says of a process --------------------------------------------------

function family(pid) {
  const pids = [pid];
  try {
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(/\s+/).filter(Boolean))
      pids.push(...family(Number(child)));
  } catch { /* it has gone */ }
  return pids;
}

const tick = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

// User and system time of a process and its children, in seconds. schedstat has
// nanoseconds; threads are summed.
export function cpuSeconds(contender) {
  let sum = 0;
  for (const pid of family(contender.child.pid)) {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    sum += (Number(fields[11]) + Number(fields[12])) / tick;
  }
  return sum;
}

export function residentMiB(contender) {
  let sum = 0;
  for (const pid of family(contender.child.pid)) {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    sum += Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }
  return sum;
}
