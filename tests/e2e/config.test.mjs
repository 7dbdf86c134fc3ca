// Integration documents that change while calls run, and what happens to bad ones.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { folderOf, place, plain } from "./support/documents.mjs";
import { good, kept, load } from "./support/load.mjs";
import { breakwater, simulator, stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

let sim;

before(async () => {
  sim = await simulator();
});
after(stopAll);

// A document that says its number in a header to the vendor.
const numbered = (number, changes = {}) =>
  plain("vendor", sim.url, { headers: { "X-Number": String(number) }, "x-number": number, ...changes });

async function started() {
  const folder = folderOf(numbered(1));
  const bw = await breakwater({ integrations: folder });
  const account = await bw.account("vendor");
  const key = await bw.callKey();
  const url = (path) => bw.proxy(account) + path;
  const number = async () => {
    const { headers } = (await ask(url("/_sim/echo"), { headers: { authorization: `Bearer ${key}` } })).json;
    return Number(headers.find(([name]) => name.toLowerCase() === "x-number")?.[1]);
  };
  const versions = async () => (await bw.api("GET", "integrations/vendor/versions")).items;
  return { bw, folder, account, key, url, number, versions };
}

test("documents of the folder change under load, and no call fails", async () => {
  const { bw, folder, key, url, number, versions } = await started();
  const agent = kept();
  const short = load(4, good(url("/_sim/bytes/1000"), key, agent));
  const long = load(2, good(url("/_sim/delay/150"), key, agent));
  for (let n = 2; n <= 8; n++) {
    place(folder, "vendor", numbered(n));
    await until(`version ${n}`, async () => (await number()) === n);
  }
  for (let n = 9; n <= 30; n++) place(folder, "vendor", numbered(n));
  await until("the last version", async () => (await number()) === 30);
  await short.stop();
  await long.stop();
  assert.deepEqual([...short.faults, ...long.faults], []);
  assert.ok(short.calls > 50);
  const list = await versions();
  assert.ok(list.length >= 9);
  assert.deepEqual(list.filter((v) => v.active), [list[0]]);
  assert.ok(bw.log("call").every((l) => l.status === 200));
});

test("documents that are put by the API change under load, and no call fails", async () => {
  const { bw, key, url, number } = await started();
  const calls = load(4, good(url("/_sim/bytes/1000"), key, kept()));
  for (let n = 2; n <= 20; n++) {
    await bw.put(numbered(n));
    assert.equal(await number(), n, "a document is in use when its put is answered");
  }
  await calls.stop();
  assert.deepEqual(calls.faults, []);
});

test("a call ends with the version that it began with", async () => {
  const { bw, key, url, versions } = await started();
  const began = (await sim.control("GET", "stats")).requests_open;
  const waiting = ask(url("/_sim/delay/1000"), { headers: { authorization: `Bearer ${key}` } });
  await until("the call at the vendor", async () => (await sim.control("GET", "stats")).requests_open > began);
  await bw.put(numbered(2, { resilience: { timeouts: { first_byte: "10ms" }, retry: { timeout: { retries: 0 } } } }));
  assert.equal((await waiting).status, 200);
  assert.equal((await versions()).length, 2);
  assert.equal((await ask(url("/_sim/delay/1000"), { headers: { authorization: `Bearer ${key}` } })).json.code, "upstream_timeout");
});

test("a document with faults keeps the version in use; each fault has file, pointer and a sentence", async () => {
  const { bw, folder, number, versions } = await started();
  const file = join(folder, "vendor", "integration.json");
  const faulty = { ...numbered(2, { resilience: { timeouts: { connect: "5 parsecs" } } }), colour: "blue" };
  place(folder, "vendor", faulty);
  const faults = await until("the faults", async () => {
    const { items } = await bw.api("GET", "integration-faults");
    return items.length && items;
  });
  const expected = [["/colour", /"colour" is not a member of the integration; it has "name"/], ["/resilience/timeouts/connect", /is the string "5 parsecs"; wants a duration such as/]];
  assert.equal(faults.length, 2);
  for (const [pointer, text] of expected) {
    const fault = faults.find((f) => f.pointer === pointer);
    assert.equal(fault?.file, file, pointer);
    assert.match(fault.text, text);
    const line = await until("the log line", () => bw.log("integration_fault").find((l) => l.pointer === pointer));
    assert.equal(line.file, file);
    assert.match(line.fault, text);
  }
  assert.equal(await number(), 1);
  place(folder, "vendor", numbered(3));
  await until("the mended document", async () => (await number()) === 3);
  assert.deepEqual((await bw.api("GET", "integration-faults")).items, []);
  assert.equal((await versions()).length, 2);
});

test("a document that is no JSON, or half written, keeps the version in use and says where it ends", async () => {
  const { bw, folder, number } = await started();
  const text = JSON.stringify(numbered(2), null, 2);
  writeFileSync(join(folder, "vendor", "integration.json"), text.slice(0, 40));
  const [fault] = await until("the fault", async () => {
    const { items } = await bw.api("GET", "integration-faults");
    return items.length && items;
  });
  assert.match(fault.text, /line \d+|column|ends/);
  assert.equal(await number(), 1);
  writeFileSync(join(folder, "vendor", "integration.json"), text);
  await until("the whole document", async () => (await number()) === 2);
});

test("the API refuses a document with faults, tells each, and changes nothing", async () => {
  const { bw, number, versions } = await started();
  const refused = await bw.put({ ...numbered(2), colour: "blue", hosts: [] }).catch((error) => error);
  assert.equal(refused.status, 422);
  assert.equal(refused.problem.code, "document_invalid");
  assert.deepEqual(refused.problem.faults.map((f) => f.pointer).sort(), ["/colour", "/hosts"]);
  assert.ok(refused.problem.faults.every((f) => f.text.length > 20));
  const other = await bw.api("PUT", "integrations/vendor", { ...numbered(2), name: "other" }).catch((error) => error);
  assert.equal(other.status, 422);
  assert.equal(await number(), 1);
  assert.equal((await versions()).length, 1);
});

test("every version is kept with its document, and any can be brought back", async () => {
  const { bw, folder, number, versions } = await started();
  await bw.put(numbered(2));
  await bw.put(numbered(3));
  assert.deepEqual((await versions()).map((v) => v.revision), [3, 2, 1]);
  assert.equal((await bw.api("GET", "integrations/vendor/versions/2")).document["x-number"], 2);
  await bw.api("POST", "integrations/vendor/versions/1/activate");
  assert.equal(await number(), 1);
  assert.equal((await versions()).find((v) => v.active).revision, 1);
  await bw.api("POST", "integrations/vendor/versions/3/activate");
  assert.equal(await number(), 3);
  await bw.stop();
  const again = await breakwater({ integrations: folder, data: bw.home });
  assert.equal((await again.api("GET", "integrations/vendor")).document["x-number"], 3);
  assert.ok((await again.api("GET", "audit?limit=100")).items.some((l) => l.action.startsWith("integration.") && l.object_id === "vendor"));
});

test("a document that was put stays until its file changes", async () => {
  const { bw, folder, number } = await started();
  await bw.put(numbered(2));
  await bw.api("POST", "integration-rescan");
  assert.equal(await number(), 2);
  place(folder, "vendor", numbered(3));
  await until("the file's change", async () => (await number()) === 3);
});

test("a file that goes takes no account's integration away", async () => {
  const { bw, folder, number } = await started();
  rmSync(join(folder, "vendor"), { recursive: true });
  place(folder, "second", plain("second", sim.url));
  await until("the second", async () => (await bw.api("GET", "integrations")).items.some((i) => i.name === "second"));
  assert.equal(await number(), 1);
});
