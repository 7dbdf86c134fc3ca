// What is left when the process ends: killed, told to stop, refused a start, out of disk.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { digestOf, drink, GiB, MiB, open, pour, vendorOf } from "./support/bulk.mjs";
import { plain } from "./support/documents.mjs";
import { good, kept, load } from "./support/load.mjs";
import { adminKey, breakwater, folder, program, sleep, start, stopAll, stopLater, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

let vendor;

before(async () => {
  vendor = await vendorOf(async (request, response) => {
    const [, verb, n] = request.url.split("/");
    if (verb === "pour") {
      response.writeHead(200, { "content-length": n });
      await pour(response, Number(n));
    } else if (verb === "delay") {
      await sleep(Number(n));
    } else if (verb === "drink") {
      return response.end(JSON.stringify(await drink(request)));
    }
    response.end(verb === "pour" ? undefined : "whole");
  });
});
after(stopAll);

async function serving(more = {}) {
  const bw = await breakwater(more);
  await bw.put(plain("vendor", vendor.url));
  const account = await bw.account("vendor");
  const key = await bw.callKey();
  return { bw, account, key, url: (path) => bw.proxy(account) + path, headers: { authorization: `Bearer ${key}` } };
}

test("kill -9 in the middle of writes loses nothing that was acknowledged, round after round", async () => {
  const home = folder(), said = new Map();
  for (let round = 0; round < 5; round++) {
    const bw = await breakwater({ data: home });
    for (const [path, check] of said) check(await bw.api("GET", path));
    await bw.put(plain("vendor", vendor.url, { "x-round": round }));
    said.set("integrations/vendor", (it) => assert.equal(it.document["x-round"], round));
    bw.environment = await bw.tenant(`round ${round}`);
    let n = 0, dead = false;
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      while (!dead) {
        const mark = `${round}-${writer}-${n++}`;
        try {
          const account = await bw.account("vendor", { external_id: mark });
          said.set(`accounts/${account.id}`, (it) => assert.equal(it.external_id, mark) || assert.equal(it.state, "active"));
          const changed = await bw.api("PATCH", `accounts/${account.id}`, { name: mark });
          said.set(`accounts/${account.id}`, (it) => assert.equal(it.name, changed.name));
          const key = await bw.api("POST", "keys", { label: mark, permissions: ["call"] });
          said.set(`keys/${key.id}`, (it) => assert.equal(it.label, mark));
        } catch (error) {
          if (!dead) throw error;
        }
      }
    });
    await until("some writes", () => n > 30 + 7 * round);
    dead = true;
    bw.child.kill("SIGKILL");
    await Promise.all([...writers, bw.exited]);
  }
  assert.ok(said.size > 150);
  const bw = await breakwater({ data: home });
  for (const [path, check] of said) check(await bw.api("GET", path));
  const account = [...said.keys()].find((path) => path.startsWith("accounts/")).slice("accounts/".length);
  assert.equal((await ask(`${bw.proxy(account)}/x`, { headers: { authorization: `Bearer ${adminKey}` } })).text, "whole");
});

test("SIGTERM under load cuts no accepted call; the process ends with 0", async () => {
  const { bw, key, url, headers } = await serving();
  const faults = [], agent = kept();
  let calls = 0, told = false;
  const callers = Array.from({ length: 8 }, async (_, i) => {
    for (;;) {
      try {
        const answer = await ask(url(i % 2 ? "/x" : "/delay/100"), { headers, agent: i % 4 ? agent : false });
        if (answer.status !== 200 || answer.text !== "whole") faults.push(`${answer.status} ${answer.text}`);
        calls++;
        if (told && answer.headers.connection !== "close" && answer.headers["server-timing"] === undefined) faults.push("it did not say that it closes");
      } catch (error) {
        // A connection that was not accepted, or that was idle when it was closed.
        if (!told || !["ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(error.code)) faults.push(String(error));
        if (told && error.code !== "ECONNREFUSED" && !/hang up|ECONNRESET|EPIPE/.test(error.message)) faults.push(error.message);
        return;
      }
    }
  });
  await until("calls", () => calls > 100);
  told = true;
  const { code } = await bw.stop();
  await Promise.all(callers);
  assert.equal(code, 0);
  assert.deepEqual(faults, []);
  const lines = bw.log("call");
  assert.ok(lines.every((l) => l.status === 200 && !l.cut && !l.caller_gone), "a call was cut");
  assert.equal(lines.length, calls, "each call that was begun was answered");
});

test("SIGTERM lets large bodies end, both ways, whole, however slow", async () => {
  const { bw, url, headers } = await serving();
  const bytes = 96 * MiB;
  const down = open(url(`/pour/${bytes}`), { headers });
  down.request.end();
  const response = await down.answer;
  const sent = open(url("/drink"), { method: "PUT", headers: { ...headers, "transfer-encoding": "chunked" } });
  sent.request.write("begun");
  await until("two calls", async () => /^breakwater_visits 2$/m.test((await ask(`${bw.url}/metrics`)).text));
  const idle = new http.Agent({ keepAlive: true });
  assert.equal((await ask(`${bw.url}/readyz`, { agent: idle })).status, 200);
  bw.child.kill("SIGTERM");
  await until("the drain", () => bw.log("drain").length);
  await sleep(300);
  await assert.rejects(ask(`${bw.url}/healthz`), /ECONNREFUSED/);
  sent.request.end(" and ended");
  let text = "";
  for await (const chunk of await sent.answer) text += chunk;
  assert.equal(JSON.parse(text).bytes, "begun and ended".length);
  assert.equal((await sent.answer).headers.connection, "close");
  assert.deepEqual(await drink(response), { bytes, sha256: digestOf(bytes) });
  assert.deepEqual(await bw.exited, { code: 0, signal: null });
});

test("a drain ends after drain_timeout, though a call goes on", async () => {
  const { bw, url, headers } = await serving({ flags: ["--drain-timeout", "300ms"] });
  const { request, answer } = open(url(`/pour/${GiB}`), { headers });
  request.end();
  const response = await answer;
  response.on("error", () => {});
  bw.child.kill("SIGTERM");
  assert.deepEqual(await bw.exited, { code: 0, signal: null });
  response.destroy();
});

test("a second process on the same data directory is refused and says who has it", async () => {
  const bw = await breakwater();
  const second = await start(program, ["serve", "--data", join(bw.home, "data"), "--listen", "127.0.0.1:0"]);
  assert.equal((await second.exited).code, 1);
  assert.match(second.err, new RegExp(`data directory .* (is )?(in use|used|locked).*${bw.pid}`, "i"));
  assert.equal((await bw.api("GET", "stages")).items.length, 0);
  await bw.stop();
  assert.equal((await (await breakwater({ data: bw.home })).api("GET", "stages")).items.length, 0);
});

test("a master key that is missing, damaged or unreadable refuses the start with a sentence", async () => {
  const { bw } = await serving();
  await bw.stop();
  const file = join(bw.home, "data/key"), right = readFileSync(file);
  const refused = async (flags = []) => {
    const it = await start(program, ["serve", "--data", join(bw.home, "data"), "--listen", "127.0.0.1:0", ...flags]);
    assert.equal((await it.exited).code, 1, it.out);
    assert.ok(!it.err.includes(right.toString().split(" ")[1].trim()));
    return it.err;
  };
  writeFileSync(file, "");
  assert.match(await refused(), /key/);
  writeFileSync(file, "mk_x not-base64\n");
  assert.match(await refused(), /base64|32 bytes/);
  writeFileSync(file, `mk_other ${Buffer.alloc(32, 7).toString("base64")}\n`);
  assert.match(await refused(), /mk_\w+.*(missing|not listed|is not)/s);
  writeFileSync(file, right);
  chmodSync(file, 0o644);
  assert.match(await refused(), /mode|0600|readable by others/i);
  rmSync(file);
  assert.match(await refused(), /key/);
  mkdirSync(file, { mode: 0o700 });
  assert.match(await refused(), /cannot be read|directory/i);
  rmSync(file, { recursive: true });
  assert.match(await refused(["--master-keys-command", "false"]), /master_keys_command failed/);
  writeFileSync(file, right, { mode: 0o600 });
  const again = await breakwater({ data: bw.home });
  assert.equal((await again.api("GET", "accounts")).items.length, 1);
});

// A file system of four megabytes, where that can be had.
function smallDisk() {
  const path = folder();
  const mounted = process.getuid() === 0 && spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", path]).status === 0;
  if (mounted) stopLater(() => spawnSync("umount", ["-l", path]));
  return mounted && path;
}

test("a full disk refuses changes with store_full, keeps what was said, and heals", async (context) => {
  const home = smallDisk();
  if (!home) return context.skip("a small file system cannot be mounted");
  const { bw, url, headers } = await serving({ data: home });
  const made = [], ballast = join(home, "ballast");
  let refused;
  for (let i = 0; !refused && i < 5000; i++) {
    if (i === 20) {
      writeFileSync(ballast, "");
      try {
        for (;;) appendFileSync(ballast, Buffer.alloc(4096));
      } catch {}
    }
    await bw.api("POST", "keys", { label: `key ${i} ${"x".repeat(100)}`, permissions: ["call"] }).then((key) => made.push(key), (error) => (refused = error));
  }
  assert.equal(refused?.status, 503);
  assert.equal(refused.problem.code, "store_full");
  assert.ok(refused.problem.mend);
  assert.equal((await ask(url("/x"), { headers })).status, 200, "calls go on");
  assert.equal((await bw.api("GET", `keys/${made[0].id}`)).id, made[0].id);
  rmSync(ballast);
  const healed = await until("room", () => bw.api("POST", "keys", { label: "after", permissions: ["call"] }).catch(() => null));
  made.push(healed);
  await bw.stop();
  const again = await breakwater({ data: home });
  for (const key of made) assert.equal((await again.api("GET", `keys/${key.id}`)).label, key.label);
  await again.stop();
});
