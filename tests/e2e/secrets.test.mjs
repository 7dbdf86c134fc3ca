// Credentials, API keys and master keys: where they may stand, how they change, what they
// open. Nothing that was told in confidence is ever seen again.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { vendorOf } from "./support/bulk.mjs";
import { plain } from "./support/documents.mjs";
import { good, kept, load } from "./support/load.mjs";
import { adminKey, breakwater, stopAll, until } from "./support/run.mjs";
import { ask, converse } from "./support/wire.mjs";

let vendor, said;

before(async () => {
  vendor = await vendorOf((request, response) => {
    said.push(`${request.url} ${JSON.stringify(request.headers)}`);
    const status = Number(/\/status\/(\d+)/.exec(request.url)?.[1] ?? 200);
    response.writeHead(status, status === 302 ? { location: "https://elsewhere.test/" } : { "content-type": "application/json" });
    response.end(JSON.stringify({ message: "what the vendor says" }));
  });
  said = [];
});
after(stopAll);

const word = (name) => `${name}-${randomBytes(12).toString("hex")}`;

// A text in the forms in which it could be written somewhere.
function forms(text) {
  const bytes = Buffer.from(text);
  return [text, bytes.toString("base64"), bytes.toString("base64url"), bytes.toString("hex"), encodeURIComponent(text)];
}

function find(where, secrets) {
  for (const [name, text] of secrets)
    for (const form of forms(text))
      for (const [place, content] of where)
        assert.ok(!content.includes(form), `${name} stands in ${place}`);
}

function filesOf(bw) {
  const dir = join(bw.home, "data");
  return readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== "key")
    .map((entry) => [entry.name, readFileSync(join(entry.path, entry.name), "latin1")]);
}

test("no secret stands in any log line, metric, answer, problem, audit line or database file", async () => {
  const bw = await breakwater({ flags: ["--log-level", "debug"] });
  const secrets = new Map(), answers = [], accounts = [];
  const secret = (name) => secrets.set(name, word(name)) && secrets.get(name);
  const schemes = {
    bearer: ["bearer", { token: secret("token") }],
    basic: [{ scheme: "basic" }, { username: secret("username"), password: secret("password") }],
    header: [{ scheme: "header", header: "X-Api-Key" }, { key: secret("header key") }],
    query: [{ scheme: "query", query: "api_token" }, { key: secret("query key") }],
  };
  secrets.set("basic pair", `${secrets.get("username")}:${secrets.get("password")}`);
  const take = async (what, answer) => answers.push([what, `${answer.status} ${JSON.stringify(answer.raw ?? "")} ${answer.text}`]);
  const admin = (method, path, body, key = adminKey) => ask(`${bw.url}/v1/${path}`, { method, headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body });
  const key = await bw.callKey();
  secrets.set("call key", key).set("admin key", adminKey).set("unknown key", `bw_${randomBytes(20).toString("hex")}`);
  for (const [name, [auth, credentials]] of Object.entries(schemes)) {
    await bw.put(plain(name, vendor.url, { auth }));
    const account = await bw.account(name, { credentials });
    accounts.push(account);
    answers.push([`${name}: account`, JSON.stringify(account)]);
    for (const path of ["/ok", "/status/401", "/status/403", "/status/404", "/status/429", "/status/500", "/status/302"])
      for (const headers of [{}, { "x-breakwater-errors": "problem" }])
        await take(`${name} ${path}`, await ask(bw.proxy(account) + path, { headers: { authorization: `Bearer ${key}`, ...headers } }));
    await take(`${name} key in our header`, await ask(`${bw.proxy(account)}/ok?q=1`, { headers: { "x-breakwater-key": key } }));
    await take(`${name} key in the query`, await ask(`${bw.proxy(account)}/ok?api_token=${key}`));
    await take(`${name} unknown key`, await ask(bw.proxy(account) + "/ok", { headers: { authorization: `Bearer ${secrets.get("unknown key")}` } }));
    await take(`${name} credentials`, await admin("PUT", `accounts/${account.id}/credentials`, JSON.stringify({ credentials })));
    const odd = Object.fromEntries(Object.entries(credentials).map(([k, v]) => [`${k}x`, v]));
    await take(`${name} misnamed credentials`, await admin("PUT", `accounts/${account.id}/credentials`, JSON.stringify({ credentials: odd })));
    await take(`${name} broken credentials`, await admin("PUT", `accounts/${account.id}/credentials`, `{"credentials": {"token": "${Object.values(credentials)[0]}`));
    await take(`${name} listed credentials`, await admin("PUT", `accounts/${account.id}/credentials`, JSON.stringify({ credentials: Object.values(credentials) })));
    await take(`${name} text credentials`, await admin("PUT", `accounts/${account.id}/credentials`, JSON.stringify({ credentials: Object.values(credentials)[0] })));
  }
  for (const http of ["1.1", "2"])
    for (const base of ["https://127.0.0.1:1", vendor.url.replace("http:", "https:")]) {
      const name = `gone-${answers.length}`;
      await bw.put(plain(name, base, { http, auth: schemes.query[0] }));
      const account = await bw.account(name, { credentials: schemes.query[1] });
      await take(name, await ask(`${bw.proxy(account)}/ok`, { headers: { authorization: `Bearer ${key}` } }));
    }
  assert.ok(said.some((line) => line.includes(secrets.get("token"))), "the vendor gets what is his");
  assert.ok(said.every((line) => !line.includes(key) && !line.includes(adminKey)), "a vendor saw a key of ours");
  const broken = await converse(bw.port, `GET /proxy/${accounts[0].id}/x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\nbad header: ${secrets.get("token")}\r\n\r\n`);
  answers.push(["a malformed request", broken.text]);
  for (const path of ["stages", "environments", "accounts", "keys", "integrations", "integrations/basic", "integration-faults", "breakers", "breakers?kind=account", "limits", "audit?limit=1000", "master-keys", "errors", "nothing/here", ...accounts.map((a) => `accounts/${a.id}`)])
    await take(path, await admin("GET", path));
  await take("metrics", await ask(`${bw.url}/metrics`));
  const [id, master] = readFileSync(join(bw.home, "data/key"), "utf8").trim().split(" ");
  assert.ok(id && master);
  secrets.set("master key", master).set("master key's bytes", Buffer.from(master, "base64").toString("latin1"));
  find([["the log", bw.err], ["standard output", bw.out], ...answers, ...filesOf(bw)], secrets);
  await bw.stop();
  find([["the log", bw.err], ...filesOf(bw)], secrets);
});

test("a key's text is shown once, and the first admin key only when it is made", async () => {
  const bw = await breakwater({ env: { BREAKWATER_ADMIN_KEY: "" } });
  const first = /^admin_key (bw_\w{40})$/m.exec(bw.out)[1];
  const made = await bw.api("POST", "keys", { label: "x", permissions: ["read"] }, first);
  assert.match(made.key, /^bw_\w{40}$/);
  const again = await bw.api("GET", `keys/${made.id}`, undefined, first);
  assert.equal(again.key, undefined);
  assert.ok(!bw.err.includes(first));
  await bw.stop();
  const second = await breakwater({ data: bw.home, env: { BREAKWATER_ADMIN_KEY: "" } });
  assert.doesNotMatch(second.out, /bw_/);
  assert.equal((await second.api("GET", "keys", undefined, first)).items.length, 2);
});

test("the master key rotates while calls run; then the old one goes, and nothing is lost", async () => {
  const bw = await breakwater();
  await bw.put(plain("vendor", vendor.url));
  const key = await bw.callKey(), file = join(bw.home, "data/key");
  const accounts = [];
  for (let i = 0; i < 30; i++) accounts.push(await bw.account("vendor", { credentials: { token: `token of ${i}` } }));
  let turn = 0;
  const agent = kept();
  const calls = load(4, () => good(`${bw.proxy(accounts[turn++ % accounts.length])}/ok`, key, agent)());
  const old = (await bw.api("GET", "master-keys")).sealing;
  const oldLine = readFileSync(file, "utf8");
  await assert.rejects(bw.api("POST", "master-keys/rotate", { master_key: "mk_new" }), /No such master key is listed/);
  appendFileSync(file, `mk_new ${randomBytes(32).toString("base64")}\n`);
  await bw.api("POST", "master-keys/rotate", { master_key: "mk_new" });
  const status = await until("all keys to be sealed again", async () => {
    const it = await bw.api("GET", "master-keys");
    return it.needed.every((k) => k.id !== old) && it;
  });
  assert.equal(status.sealing, "mk_new");
  const made = await bw.account("vendor", { credentials: { token: "made between" } });
  writeFileSync(file, readFileSync(file, "utf8").replace(oldLine, ""));
  bw.child.kill("SIGHUP");
  assert.equal((await until("the reload", () => bw.log("reload")[0])).level, "info");
  const some = calls.calls + 60;
  await until("calls after it", () => calls.calls > some);
  await calls.stop();
  assert.deepEqual(calls.faults, []);
  await bw.stop();
  const again = await breakwater({ data: bw.home });
  said = [];
  for (const account of [...accounts, made]) assert.equal((await ask(`${again.proxy(account)}/ok`, { headers: { authorization: `Bearer ${key}` } })).status, 200);
  accounts.forEach((_, i) => assert.ok(said[i].includes(`Bearer token of ${i}"`)));
});

test("a master key that is still needed cannot be taken away by a reload", async () => {
  const bw = await breakwater();
  await bw.put(plain("vendor", vendor.url));
  const account = await bw.account("vendor"), file = join(bw.home, "data/key");
  writeFileSync(file, `mk_other ${randomBytes(32).toString("base64")}\n`);
  bw.child.kill("SIGHUP");
  const line = await until("the reload", () => bw.log("reload")[0]);
  assert.equal(line.level, "error");
  assert.match(line.message, /master keys stay as they were: .*mk_/);
  assert.equal((await ask(`${bw.proxy(account)}/ok`, { headers: { authorization: `Bearer ${adminKey}` } })).status, 200);
});

test("a key sees its stage or environments and nothing else, with its permissions and no more", async () => {
  const bw = await breakwater();
  await bw.put(plain("vendor", vendor.url));
  const stages = [await bw.api("POST", "stages", { name: "sandbox", kind: "sandbox" }), await bw.api("POST", "stages", { name: "live", kind: "production" })];
  const environments = [];
  for (const [stage, name] of [[0, "a"], [0, "b"], [1, "c"]]) environments.push(await bw.api("POST", "environments", { stage: stages[stage].id, name }));
  const accounts = [];
  bw.environment = environments[0];
  for (const environment of environments) accounts.push(await bw.account("vendor", { environment, external_id: `crm-${environment.name}` }));
  const make = async (more) => (await bw.api("POST", "keys", { label: "k", permissions: ["read", "call", "write"], ...more })).key;
  const ofStage = await make({ stage: stages[0].id });
  const ofOne = await make({ stage: stages[0].id, environments: [environments[1].id] });
  const seen = async (key, path) => (await bw.api("GET", path, undefined, key)).items.map((it) => it.id).sort();
  const ids = (list, ...at) => at.map((i) => list[i].id).sort();
  for (const [key, sees] of [[adminKey, [0, 1, 2]], [ofStage, [0, 1]], [ofOne, [1]]]) {
    assert.deepEqual(await seen(key, "environments"), ids(environments, ...sees));
    assert.deepEqual(await seen(key, "accounts"), ids(accounts, ...sees));
    for (let i = 0; i < 3; i++) {
      const reach = sees.includes(i);
      for (const name of [accounts[i].id, accounts[i].external_id]) {
        const call = await ask(`${bw.proxy(name)}/ok`, { headers: { authorization: `Bearer ${key}` } });
        assert.equal(call.status, reach ? 200 : 404, call.text);
        if (!reach) assert.equal(call.json.code, "account_unknown");
      }
      const one = await bw.api("GET", `accounts/${accounts[i].id}`, undefined, key).catch((error) => error);
      assert.equal(one.status === 404, !reach);
      const change = await bw.api("PATCH", `accounts/${accounts[i].id}`, { name: "n" }, key).catch((error) => error);
      assert.equal(change.status === 404, !reach);
    }
    const lines = (await bw.api("GET", "audit?limit=1000", undefined, key)).items;
    if (key !== adminKey) assert.ok(lines.every((l) => ids(environments, ...sees).includes(l.environment)));
  }
  for (const [method, path, body] of [["GET", "keys"], ["POST", "stages", { name: "x", kind: "sandbox" }], ["PUT", `accounts/${accounts[1].id}/credentials`, { credentials: { token: "t" } }], ["PUT", "integrations/vendor", plain("vendor", vendor.url)], ["GET", "master-keys"], ["POST", "breakers/vendor/force", { state: "open", reason: "x" }]]) {
    const refused = await bw.api(method, path, body, ofStage).catch((error) => error);
    assert.equal(refused.status, 403, path);
    assert.equal(refused.problem.code, "key_forbidden", path);
  }
  const callOnly = await make({ permissions: ["call"] }), readOnly = await make({ permissions: ["read"] });
  assert.equal((await bw.api("GET", "accounts", undefined, callOnly).catch((error) => error)).status, 403);
  assert.equal((await ask(`${bw.proxy(accounts[0])}/ok`, { headers: { authorization: `Bearer ${readOnly}` } })).json.code, "key_forbidden");
});

test("a key cannot make one that may or sees more than itself", async () => {
  const bw = await breakwater();
  const stage = await bw.api("POST", "stages", { name: "sandbox", kind: "sandbox" });
  const other = await bw.api("POST", "stages", { name: "live", kind: "production" });
  const little = (await bw.api("POST", "keys", { label: "little", permissions: ["admin", "read"], stage: stage.id })).key;
  for (const more of [{ permissions: ["call"], stage: stage.id }, { permissions: ["read"], stage: other.id }, { permissions: ["admin", "secrets"], stage: stage.id }]) {
    const refused = await bw.api("POST", "keys", { label: "x", ...more }, little).catch((error) => error);
    assert.ok([403, 404, 422].includes(refused.status), JSON.stringify(more));
  }
  const made = await bw.api("POST", "keys", { label: "x", permissions: ["read"] }, little);
  assert.equal(made.stage, stage.id);
});

test("keys are exchanged under load; what has expired or was deleted opens nothing any more", async () => {
  const bw = await breakwater();
  await bw.put(plain("vendor", vendor.url));
  const account = await bw.account("vendor"), agent = kept();
  const make = (more = {}) => bw.api("POST", "keys", { label: "k", permissions: ["call"], ...more });
  const url = `${bw.proxy(account)}/ok`;
  const code = async (key) => {
    const answer = await ask(url, { agent, headers: { authorization: `Bearer ${key}` } });
    return answer.status === 200 ? 200 : answer.json.code;
  };
  let present = await make();
  const calls = load(4, () => good(url, present.key, agent)());
  for (let i = 0; i < 10; i++) {
    const before = present;
    present = await make();
    const seen = calls.calls;
    await until("calls with the next key", () => calls.calls > seen + 8);
    await bw.api("DELETE", `keys/${before.id}`);
    assert.equal(await code(before.key), "key_unknown");
  }
  await calls.stop();
  assert.deepEqual(calls.faults, []);
  const ends = await make({ expires: new Date(Date.now() + 400).toISOString() });
  await until("its end", async () => (await code(ends.key)) === "key_expired");
  await bw.api("PATCH", `keys/${ends.id}`, { expires: null });
  assert.equal(await code(ends.key), 200);
  await bw.api("PATCH", `keys/${ends.id}`, { permissions: ["read"] });
  assert.equal(await code(ends.key), "key_forbidden");
  const created = (await bw.api("GET", `audit?object=${present.id}`)).items.find((l) => l.action === "key.create");
  assert.equal(created.detail.expires ?? null, null);
});
