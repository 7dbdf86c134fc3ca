// Processes of the tests: each on a free port, in a temporary directory, stopped at the end.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
export const program = process.env.BREAKWATER ?? join(root, "build/asan/breakwater");
export const releaseProgram = process.env.BREAKWATER_RELEASE ?? join(root, "build/breakwater");
export const packages = join(root, "tests/e2e/node_modules");

const vendorToken = "vendor-secret-token";
const trouble = /AddressSanitizer|runtime error|LeakSanitizer|bug at/;
const children = new Set();
const stops = [];
const folders = [];

process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

// Ends what was started, the youngest first, and tells the first trouble there was.
export async function stopAll() {
  const troubles = [];
  while (stops.length) await stops.pop()().catch((error) => troubles.push(error));
  if (troubles.length) throw troubles[0];
}

// Ends with everything else; `stop` may be asynchronous.
export function stopLater(stop) {
  stops.push(async () => stop());
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export function folder() {
  const path = mkdtempSync(join(tmpdir(), "breakwater-e2e-"));
  folders.push(path);
  return path;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits for what comes soon, or fails with `what`.
export async function until(what, check, ms = 30000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen`);
    await sleep(20);
  }
}

// A child whose output is kept. `ready` is a pattern of its standard output.
export async function start(command, args, { ready, env, cwd } = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, cwd, stdio: ["ignore", "pipe", "pipe"] });
  const it = { child, pid: child.pid, out: "", err: "" };
  children.add(child);
  it.exited = new Promise((resolve) => child.on("close", (code, signal) => {
    children.delete(child);
    resolve({ code, signal });
  }));
  child.on("error", (error) => (it.err += error));
  child.stdout.on("data", (data) => (it.out += data));
  child.stderr.on("data", (data) => (it.err = (it.err + data).slice(-16_000_000)));
  it.stop = async (signal = "SIGTERM") => {
    if (children.has(child)) child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), 60000);
    const end = await it.exited;
    clearTimeout(late);
    return end;
  };
  stopLater(() => it.stop());
  if (ready)
    await until(`the start of ${command} ${args[0]}`, () => {
      if (!children.has(child)) throw new Error(`${command} ${args.join(" ")} ended: ${it.out}${it.err}`);
      return ready.exec(it.out);
    }, 60000);
  return it;
}

export const adminKey = "bw_" + "e2e0123456".repeat(4);

// A running Breakwater with its admin API.
export async function breakwater({ integrations, flags = [], env = {}, data, binary = program } = {}) {
  const home = data ?? folder();
  const it = await start(binary, ["serve", "--data", join(home, "data"), "--listen", "127.0.0.1:0",
    "--workers", "2", "--log-format", "json", ...(integrations ? ["--integrations", integrations] : []), ...flags],
    { ready: /^listening .*:(\d+)$/m, env: { BREAKWATER_ADMIN_KEY: adminKey, ...env } });
  it.home = home;
  it.port = Number(/^listening .*:(\d+)$/m.exec(it.out)[1]);
  it.scheme = flags.includes("--tls-cert") ? "https" : "http";
  it.url = `${it.scheme}://127.0.0.1:${it.port}`;
  it.proxy = (account) => `${it.url}/proxy/${account.id ?? account}`;
  it.api = async (method, path, body, key = adminKey) => {
    const response = await fetch(`${it.url}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const value = text ? JSON.parse(text) : {};
    if (!response.ok) throw Object.assign(new Error(`${method} ${path}: ${response.status} ${text}`), { status: response.status, problem: value });
    return value;
  };
  it.tenant = async (name = "acme") => {
    it.stage ??= (await it.api("GET", "stages")).items[0] ?? await it.api("POST", "stages", { name: "sandbox", kind: "sandbox" });
    return it.api("POST", "environments", { stage: it.stage.id, name });
  };
  it.account = async (integration, { external_id, credentials = { token: vendorToken }, context, environment, auth } = {}) => {
    it.environment ??= await it.tenant();
    return it.api("POST", "accounts", { environment: (environment ?? it.environment).id, integration, external_id, credentials, context, auth });
  };
  // A key that may only call.
  it.callKey = async (more = {}) => (await it.api("POST", "keys", { label: "caller", permissions: ["call"], ...more })).key;
  it.put = (document) => it.api("PUT", `integrations/${document.name}`, document);
  // The log's lines of an event, as objects.
  it.log = (event) => it.err.split("\n").filter((l) => l.startsWith("{")).map((l) => JSON.parse(l)).filter((l) => !event || l.event === event);
  const stop = it.stop;
  it.stop = async (signal) => {
    const end = await stop(signal);
    const at = it.err.search(trouble);
    if (at >= 0) throw new Error(it.err.slice(Math.max(0, at - 200), at + 6000));
    return end;
  };
  stopLater(() => it.stop());
  return it;
}

// A running simulator.
export async function simulator({ script, dialects, flags = [], binary = program } = {}) {
  const it = await start(binary, ["sim", "--listen", "0.0.0.0:0", ...(script ? ["--script", script] : []),
    ...(dialects ? ["--dialects", dialects] : []), ...flags], { ready: /^listening .*:(\d+)$/m });
  it.port = Number(/^listening .*:(\d+)$/m.exec(it.out)[1]);
  it.url = `http://127.0.0.1:${it.port}`;
  // The same simulator as another host, which has a retry budget of its own.
  let hosts = 1;
  it.anotherHost = () => `http://127.0.0.${++hosts}:${it.port}`;
  it.control = async (method, path, body) => {
    const response = await fetch(`${it.url}/_sim/${path}`, { method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} /_sim/${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : {};
  };
  // What was asked for below a path, oldest first; headers as an object of lower-case names.
  it.requests = async (path) => {
    const list = (await it.control("GET", `requests?limit=10000${path ? `&path=${encodeURIComponent(path)}` : ""}`)).requests;
    return list.map((r) => ({ ...r, headers: Object.fromEntries(r.headers.map(([n, v]) => [n.toLowerCase(), v])) }));
  };
  it.writes = async (path) => (await it.control("GET", `writes${path ? `?path=${encodeURIComponent(path)}` : ""}`)).writes;
  it.inject = (path, fault, scope = {}) => it.control("POST", "faults", { path, fault, ...scope });
  it.clear = () => it.control("DELETE", "faults");
  return it;
}
