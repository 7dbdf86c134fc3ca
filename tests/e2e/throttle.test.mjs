// What vendors say of their limits, each in a way of its own, and what a caller hears.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { folderOf, localized, shipped } from "./support/documents.mjs";
import { breakwater, root, simulator, stopAll } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

const whole = /^\d+$/;
let bw, sim, key;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  bw = await breakwater({ integrations: folderOf(
    ...["salesforce", "notion", "bamboohr", "github"].map((name) => localized(name, `${sim.url}/${name}`)), shipped("demo")) });
  key = await bw.callKey();
});
after(stopAll);

// An account whose vendor counts it apart from all others.
let accounts = 0;
async function caller(integration, credentials) {
  const number = ++accounts;
  const account = await bw.account(integration, { credentials: credentials?.(number) ?? { token: `token-${number}` },
    context: integration === "demo" ? { origin: sim.url } : undefined });
  return async (path, headers = {}, method = "GET", body) =>
    ask(bw.proxy(account) + path, { method, body, headers: { authorization: `Bearer ${key}`, ...headers } });
}

async function times(n, call) {
  let last;
  for (let i = 0; i < n; i++) last = await call();
  return last;
}

test("Salesforce's 403 is a 429 with both families of headers, its body untouched", async () => {
  const call = await caller("salesforce");
  const path = "/services/data/v61.0/sobjects/Account/sf1";
  const body = [{ message: "TotalRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" }];
  await sim.inject("/salesforce" + path, { status: 403, body, headers: { "Sforce-Limit-Info": "api-usage=5000/5000" } }, { count: 1 });
  const answer = await call(path);
  assert.equal(answer.status, 429);
  assert.deepEqual(answer.json, body);
  assert.match(answer.headers["retry-after"], whole);
  assert.equal(answer.headers["x-upstream-status"], "403");
  assert.equal(answer.headers["ratelimit-limit"], "5000");
  assert.equal(answer.headers["ratelimit-remaining"], "0");
  assert.match(answer.headers["ratelimit-policy"], /^"api-usage";q=5000;w=86400$/);
  assert.match(answer.headers.ratelimit, /^"api-usage";r=0/);
  assert.equal(answer.headers["sforce-limit-info"], "api-usage=5000/5000");
  assert.equal(answer.headers["x-breakwater-attempts"], "1");
});

test("a 403 of Salesforce that is no limit stays a 403", async () => {
  const call = await caller("salesforce");
  const path = "/services/data/v61.0/sobjects/Account/sf2";
  const body = [{ message: "insufficient access rights", errorCode: "INSUFFICIENT_ACCESS" }];
  await sim.inject("/salesforce" + path, { status: 403, body }, { count: 1 });
  const answer = await call(path);
  assert.equal(answer.status, 403);
  assert.deepEqual(answer.json, body);
  assert.equal(answer.headers["retry-after"], undefined);
});

test("limits are told on answers that are no refusal, too", async () => {
  const call = await caller("salesforce");
  const first = await call("/services/data/v61.0/sobjects/Account/sf3");
  assert.equal(first.status, 200);
  assert.equal(first.headers["ratelimit-limit"], "5000");
  assert.equal(first.headers["ratelimit-remaining"], "4999");
  assert.match(first.headers.ratelimit, /"api-usage";r=4999/);
});

test("Notion's 529 is a 429 that says when", async () => {
  const call = await caller("notion");
  const answer = await times(31, () => call("/v1/users/me"));
  assert.equal(answer.status, 429);
  assert.equal(answer.headers["x-upstream-status"], "529");
  assert.match(answer.headers["retry-after"], whole);
  assert.ok(Number(answer.headers["retry-after"]) <= 10);
  assert.equal(answer.json.code, "service_overload");
  assert.equal(answer.headers["x-breakwater-class"], "rate_limited");
});

test("BambooHR's 503 with its header is a 429; without it, a failure", async () => {
  const call = await caller("bamboohr", (n) => ({ username: `key-${n}` }));
  const path = "/api/gateway.php/acme/v1/employees/7";
  await sim.inject("/bamboohr" + path, { status: 503, headers: { "Retry-After": "30", "X-BambooHR-Error-Message": "Limit Exceeded" }, body: "" }, { count: 1 });
  const limited = await call(path);
  assert.equal(limited.status, 429);
  assert.equal(limited.headers["retry-after"], "30");
  assert.equal(limited.headers["x-upstream-status"], "503");
  assert.equal(limited.text, "");
  await sim.inject("/bamboohr" + path, { status: 503, body: "maintenance" }, { count: 1 });
  const failed = await call(path, { "x-breakwater-retry": "never" });
  assert.equal(failed.status, 503);
  assert.equal(failed.headers["x-breakwater-class"], "server_error");
});

test("GitHub's reset, a point in time, is told as seconds from now in both families", async () => {
  const call = await caller("github");
  const answer = await call("/user");
  assert.equal(answer.headers["ratelimit-limit"], "5000");
  assert.match(answer.headers["ratelimit-reset"], whole);
  assert.ok(Number(answer.headers["ratelimit-reset"]) <= 3601);
  assert.match(answer.headers["ratelimit-policy"], /"primary";q=5000/);
  assert.match(answer.headers.ratelimit, /"primary";r=\d+;t=\d+/);
  assert.match(answer.headers["x-ratelimit-reset"], /^\d{10}$/);
});

test("a vendor that tells no time is backed off from, longer each time", async () => {
  const call = await caller("salesforce");
  const path = "/services/data/v61.0/sobjects/Account/sf4";
  await sim.inject("/salesforce" + path, { status: 403, body: [{ message: "TotalRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" }] }, { count: 3 });
  const waits = [];
  for (let i = 0; i < 3; i++) waits.push(Number((await call(path)).headers["retry-after"]));
  assert.ok(waits[0] >= 5 && waits[0] <= 10, `${waits}`);
  assert.ok(waits[1] >= 10 && waits[1] <= 15, `${waits}`);
  assert.ok(waits[2] >= 20 && waits[2] <= 25, `${waits}`);
});

test("accounts that are stopped together are not told to come back together", async () => {
  const waits = new Set();
  for (let i = 0; i < 12; i++) {
    const call = await caller("salesforce");
    await sim.inject("/salesforce/", { status: 403, body: [{ message: "no", errorCode: "REQUEST_LIMIT_EXCEEDED" }] }, { count: 1 });
    waits.add((await call("/services/data/v61.0/sobjects/Account/sf6")).headers["retry-after"]);
  }
  assert.ok(waits.size > 1, `${[...waits]}`);
});

test("a vendor's answer ends the row of growing waits", async () => {
  const call = await caller("salesforce");
  const path = "/services/data/v61.0/sobjects/Account/sf7";
  const throttled = async () => {
    await sim.inject("/salesforce" + path, { status: 403, body: [{ message: "no", errorCode: "REQUEST_LIMIT_EXCEEDED" }] }, { count: 1 });
    return Number((await call(path)).headers["retry-after"]);
  };
  await throttled();
  assert.ok(await throttled() >= 10);
  assert.equal((await call(path)).status, 200);
  assert.ok(await throttled() <= 10);
});

const demoCredentials = () => ({ token: "the-vendors-own-token" });
const demoLimit = 12;

async function spentDemo() {
  await sim.control("POST", "reset");
  const call = await caller("demo", demoCredentials);
  const last = await times(demoLimit, () => call("/contacts/c1"));
  assert.equal(last.status, 200);
  return call;
}

test("a caller that would rather wait gets its answer, and is told how long it waited", async () => {
  const call = await spentDemo();
  const answer = await call("/contacts/c1", { "x-breakwater-wait-on-limit": "20s" });
  assert.equal(answer.status, 200);
  assert.match(answer.headers["server-timing"], /queue;dur=\d{2,}/);
});

test("a wait that would be longer than asked for is refused at once", async () => {
  const call = await spentDemo();
  const answer = await call("/contacts/c1", { "x-breakwater-wait-on-limit": "10ms" });
  assert.equal(answer.status, 429);
  assert.match(answer.headers["retry-after"], whole);
});

test("a caller that asks to be refused is, and the vendor hears nothing", async () => {
  const call = await spentDemo();
  assert.equal((await call("/contacts/c1")).status, 429);
  const before = (await sim.requests("/demo/")).length;
  const answer = await call("/contacts/c1", { "x-breakwater-limit": "refuse" });
  assert.equal(answer.status, 429);
  assert.equal(answer.json.code, "rate_limited_local");
  assert.equal(answer.json.attempts, 0);
  assert.match(answer.headers["retry-after"], whole);
  assert.equal((await sim.requests("/demo/")).length, before);
});

test("background work stops while a fifth of the limit is left; others go on", async () => {
  await sim.control("POST", "reset");
  const call = await caller("demo", demoCredentials);
  await times(demoLimit - 2, () => call("/contacts/c1"));
  const before = (await sim.requests("/demo/")).length;
  const background = await call("/contacts/c1", { "x-breakwater-priority": "background" });
  assert.equal(background.status, 429);
  assert.equal(background.json.code, "rate_limited_local");
  assert.match(background.json.detail, /fifth/);
  assert.equal((await sim.requests("/demo/")).length, before);
  assert.equal((await call("/contacts/c1")).status, 200);
});

test("background work with room goes through", async () => {
  await sim.control("POST", "reset");
  const call = await caller("demo", demoCredentials);
  assert.equal((await call("/contacts/c1", { "x-breakwater-priority": "background" })).status, 200);
});

test("whoever asks for problem documents gets them, with what the vendor said inside", async () => {
  const call = await caller("salesforce");
  const path = "/services/data/v61.0/sobjects/Account/";
  const missing = await call(path + "missing", { "x-breakwater-errors": "problem" });
  assert.equal(missing.status, 404);
  assert.equal(missing.headers["content-type"], "application/problem+json");
  assert.equal(missing.json.code, "vendor_error");
  assert.deepEqual(missing.json.vendor, { status: 404, code: "NOT_FOUND", message: "The requested resource does not exist" });
  await sim.inject("/salesforce" + path + "sf5", { status: 403, body: [{ message: "TotalRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" }] }, { count: 1 });
  const limited = await call(path + "sf5", { "x-breakwater-errors": "problem" });
  assert.equal(limited.status, 429);
  assert.equal(limited.json.code, "rate_limited");
  assert.equal(limited.json.vendor.code, "REQUEST_LIMIT_EXCEEDED");
  assert.match(limited.headers["retry-after"], whole);
});

test("a wish that cannot be read is refused, and nothing is sent", async () => {
  const call = await caller("github");
  for (const [name, value] of [["x-breakwater-wait-on-limit", "soon"], ["x-breakwater-limit", "maybe"],
    ["x-breakwater-priority", "high"], ["x-breakwater-errors", "html"], ["x-breakwater-deadline-ms", "0"], ["x-breakwater-retry", "always"]]) {
    const answer = await call("/repos/wishes/r/issues", { [name]: value });
    assert.equal(answer.status, 400, name);
    assert.equal(answer.json.code, "header_invalid");
    assert.match(answer.json.detail.toLowerCase(), new RegExp(name));
  }
  assert.equal((await sim.requests("/github/repos/wishes/")).length, 0);
});

test("what vendors told is listed by the admin API", async () => {
  const call = await caller("github");
  await call("/user");
  const { items } = await bw.api("GET", "limits?integration=github");
  assert.ok(items.length > 0);
  assert.ok(JSON.stringify(items).includes("primary"));
});
