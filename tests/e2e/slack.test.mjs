// Slack's own client against the simulator's dialect of Slack, through the proxy.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ErrorCode, LogLevel, WebClient, WebClientEvent } from "@slack/web-api";
import { join } from "node:path";
import { folderOf, localized } from "./support/documents.mjs";
import { breakwater, root, simulator, stopAll } from "./support/run.mjs";

let bw, sim, key;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  bw = await breakwater({ integrations: folderOf(localized("slack", `${sim.url}/slack`)) });
  key = await bw.callKey();
});
after(stopAll);

// An account with a vendor token of its own, so that the vendor counts it apart.
async function workspace(token) {
  const account = await bw.account("slack", { credentials: { token } });
  return (options = {}) => new WebClient(key, { slackApiUrl: `${bw.proxy(account)}/api/`, logLevel: LogLevel.ERROR, ...options });
}

test("methods are called with the vendor's token in place of the key", async () => {
  const client = (await workspace("xoxb-plain"))();
  assert.equal((await client.auth.test()).team, "Acme");
  const posted = await client.chat.postMessage({ channel: "C1", text: "hello ✓ & good=bye" });
  assert.equal(posted.ok, true);
  assert.equal(posted.message.text, "hello ✓ & good=bye");
  const seen = await sim.requests("/slack/api/chat.postMessage");
  assert.equal(seen.at(-1).headers.authorization, "Bearer xoxb-plain");
  assert.ok(!JSON.stringify(seen).includes(key));
});

test("every page of a list is reached by its cursor", async () => {
  const client = (await workspace("xoxb-pages"))();
  const names = new Set();
  for await (const page of client.paginate("conversations.list", { limit: 100 }))
    for (const channel of page.channels) names.add(channel.name);
  assert.equal(names.size, 250);
});

test("ok:false passes untouched, with what it needs and has", async () => {
  const client = (await workspace("xoxb-scope"))();
  const failed = await client.conversations.info({ channel: "C1" }).catch((error) => error);
  assert.equal(failed.code, ErrorCode.PlatformError);
  assert.equal(failed.data.error, "missing_scope");
  assert.equal(failed.data.needed, "channels:read");
  assert.equal(failed.data.provided, "chat:write");
  const unknown = await client.chat.postMessage({ channel: "C404", text: "x" }).catch((error) => error);
  assert.equal(unknown.data.error, "channel_not_found");
});

test("on a 429 the client says how long it was told to wait", async () => {
  const client = (await workspace("xoxb-reject"))({ rejectRateLimitedCalls: true });
  await sim.inject("/slack/api/users.list", { status: 429, headers: { "Retry-After": "30" }, body: { ok: false, error: "ratelimited" } }, { count: 1 });
  const failed = await client.users.list({}).catch((error) => error);
  assert.equal(failed.code, ErrorCode.RateLimitedError);
  assert.equal(failed.retryAfter, 30);
});

test("the vendor's own limit, when it is spent, is told to the client in seconds", async () => {
  const client = (await workspace("xoxb-spent"))({ rejectRateLimitedCalls: true });
  const answers = [];
  for (let i = 0; i < 21; i++) answers.push(await client.conversations.list({ limit: 1 }).then(() => "ok", (error) => error));
  assert.equal(answers.filter((a) => a === "ok").length, 20);
  assert.equal(answers[20].code, ErrorCode.RateLimitedError);
  assert.ok(answers[20].retryAfter >= 1 && answers[20].retryAfter <= 60);
});

test("the client waits as told and then gets its answer", async () => {
  const client = (await workspace("xoxb-waits"))();
  const told = [];
  client.on(WebClientEvent.RATE_LIMITED, (seconds) => told.push(seconds));
  await sim.inject("/slack/api/users.list", { status: 429, headers: { "Retry-After": "1" }, body: { ok: false, error: "ratelimited" } }, { count: 1 });
  const { members } = await client.users.list({});
  assert.ok(members.length > 0);
  assert.deepEqual(told, [1]);
});

test("a date in Retry-After, at which the client would give up, reaches it in seconds", async () => {
  const client = (await workspace("xoxb-date"))();
  const told = [];
  client.on(WebClientEvent.RATE_LIMITED, (seconds) => told.push(seconds));
  await sim.inject("/slack/api/users.list", { status: 429, headers: { "Retry-After": "{{now_http_date+2}}" }, body: { ok: false, error: "ratelimited" } }, { count: 1 });
  assert.ok((await client.users.list({})).members.length > 0);
  assert.equal(told.length, 1);
  assert.ok(Number.isInteger(told[0]) && told[0] >= 0 && told[0] <= 3);
});

test("a 429 without any time, at which the client would give up, gets one from us", async () => {
  const client = (await workspace("xoxb-none"))({ rejectRateLimitedCalls: true });
  await sim.inject("/slack/api/users.list", { status: 429, body: { ok: false, error: "ratelimited" } }, { count: 1 });
  const failed = await client.users.list({}).catch((error) => error);
  assert.equal(failed.code, ErrorCode.RateLimitedError);
  assert.ok(Number.isInteger(failed.retryAfter) && failed.retryAfter >= 1);
});

test("a limit that comes as 200 ok:false is a 429 that the client understands", async () => {
  const client = (await workspace("xoxb-two-hundred"))({ rejectRateLimitedCalls: true });
  await sim.inject("/slack/api/users.list", { status: 200, headers: { "Retry-After": "9" }, body: { ok: false, error: "ratelimited" } }, { count: 1 });
  const failed = await client.users.list({}).catch((error) => error);
  assert.equal(failed.code, ErrorCode.RateLimitedError);
  assert.equal(failed.retryAfter, 9);
});
