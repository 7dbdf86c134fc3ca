// Webhooks over HTTP: signed by vendors' own libraries and received by the running daemon, shaken
// hands with, given to accounts, known again, rejected with a reason.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { createServer } from "node:https";
import { after, before, test } from "node:test";
import { Signature } from "@hubspot/api-client";
import { Webhooks } from "@octokit/webhooks";
import Stripe from "stripe";
import twilio from "twilio";
import { authority } from "./support/certs.mjs";
import { plain, shipped } from "./support/documents.mjs";
import { makeJwt, signingKey } from "./support/jwt.mjs";
import { breakwater, sleep, stopAll, stopLater, until } from "./support/run.mjs";

after(stopAll);

let bw;
before(async () => {
  bw = await breakwater({ flags: ["--hook-bytes-max", String(48 << 20)] });
  for (const name of ["stripe", "github", "slack", "asana", "notion", "mailchimp", "twilio", "hubspot"]) await bw.put(shipped(name));
  await bw.put(plain("small", "http://127.0.0.1:9", {
    webhooks: { verify: { scheme: "hmac", signature: "X-Sig", content: "{body}" }, account: { value: "/team", context: "team" }, id: "/id", type: "/type" },
  }));
});

const hex = (secret, text) => createHmac("sha256", secret).update(text).digest("hex");
const post = async (path, body, headers = {}) => {
  const response = await fetch(`${bw.url}/hooks/${path}`, { method: "POST", body, headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
};
const small = (path, event, secret = "small-secret") => {
  const body = typeof event === "string" ? event : JSON.stringify(event);
  return post(path, body, { "x-sig": hex(secret, body) });
};
const keep = (path, ...secrets) => bw.api("PUT", `${path}/webhook-secrets`, { secrets });
const hooks = async (query) => (await bw.api("GET", `hooks?limit=1000&${query}`)).items;
const come = (query, n = 1) => until(`${n} events of ${query}`, async () => {
  const items = await hooks(query);
  return items.length >= n && items;
});
const rejected = async (integration) => (await bw.api("GET", `rejected-hooks?limit=1000&integration=${integration}`)).items;

// --- vendors

test("events that vendors' own libraries have signed are taken, and altered ones are not", async () => {
  const now = Math.floor(Date.now() / 1000);
  const account = {};
  for (const name of ["stripe", "github", "slack", "hubspot", "twilio"])
    account[name] = await bw.account(name, name === "twilio" ? { credentials: { username: "AC1", password: "secret-of-twilio" } } : {});
  for (const name of ["stripe", "github", "slack"]) await keep(`accounts/${account[name].id}`, `old-of-${name}`, `secret-of-${name}`);
  const path = (name) => `${name}/${account[name].id}`;
  const stripe = JSON.stringify({ id: "evt_1", type: "invoice.paid", created: now, data: {} });
  const github = JSON.stringify({ action: "opened", installation: { id: 7 } });
  const slack = JSON.stringify({ type: "event_callback", event_id: "Ev1", event: { type: "message" }, event_time: now });
  const form = { MessageSid: "SM1", MessageStatus: "delivered", To: "+1555" };
  const hubspot = JSON.stringify([{ eventId: 1, subscriptionId: 2, occurredAt: now * 1000, portalId: 3, subscriptionType: "contact.creation" }]);
  const app = await bw.api("POST", "apps", { environment: bw.environment.id, integration: "hubspot", name: "hub", client_id: "c", secrets: { client_secret: "secret-of-hubspot" } });
  assert.ok(app.id);
  const urlOf = (name) => `${bw.url}/hooks/${path(name)}`;
  const signed = {
    twilio: [new URLSearchParams(form).toString(), { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": twilio.getExpectedTwilioSignature("secret-of-twilio", urlOf("twilio"), form) }],
    hubspot: [hubspot, { "x-hubspot-request-timestamp": String(now * 1000), "x-hubspot-signature-v3": Signature.getSignature("POST", "v3", { signature: "", clientSecret: "secret-of-hubspot", requestBody: hubspot, url: urlOf("hubspot"), timestamp: now * 1000 }) }],
    stripe: [stripe, { "stripe-signature": new Stripe("sk_test_1").webhooks.generateTestHeaderString({ payload: stripe, secret: "secret-of-stripe" }) }],
    github: [github, { "x-hub-signature-256": await new Webhooks({ secret: "secret-of-github" }).sign(github), "x-github-delivery": "d-1", "x-github-event": "issues" }],
    slack: [slack, { "x-slack-request-timestamp": String(now), "x-slack-signature": `v0=${hex("secret-of-slack", `v0:${now}:${slack}`)}` }],
  };
  for (const [name, [body, headers]] of Object.entries(signed)) {
    const good = await post(path(name), body, headers);
    assert.equal(good.status, 200, `${name}: ${good.text}`);
    const bad = await post(path(name), `${body} `, headers);
    assert.equal(bad.status, 401, name);
    assert.equal(JSON.parse(bad.text).reason, "signature_wrong", name);
    const [hook] = await come(`account=${account[name].id}`);
    assert.deepEqual([hook.state === "queued" || hook.state === "done" || hook.state === "dead", hook.integration], [true, name]);
    const whole = await bw.api("GET", `hooks/${hook.id}`);
    assert.deepEqual(whole.request.body, name === "twilio" ? body : JSON.parse(body), name);
  }
  assert.equal((await hooks(`account=${account.stripe.id}`))[0].event_id, "evt_1");
  assert.equal((await hooks(`account=${account.github.id}`))[0].type, "issues");
});

test("a body that was signed an hour ago is refused", async () => {
  const account = await bw.account("stripe");
  await keep(`accounts/${account.id}`, "s");
  const payload = JSON.stringify({ id: "evt_old", type: "t" });
  const header = new Stripe("sk_test_1").webhooks.generateTestHeaderString({ payload, secret: "s", timestamp: Math.floor(Date.now() / 1000) - 3600 });
  const answer = await post(`stripe/${account.id}`, payload, { "stripe-signature": header });
  assert.deepEqual([answer.status, JSON.parse(answer.text).reason, JSON.parse(answer.text).code], [401, "timestamp_stale", "webhook_rejected"]);
});

// --- handshakes

test("handshakes are answered as vendors want", async () => {
  const slack = await bw.account("slack");
  await keep(`accounts/${slack.id}`, "s");
  const now = Math.floor(Date.now() / 1000);
  const challenge = JSON.stringify({ type: "url_verification", challenge: "c-1" });
  const echoed = await post(`slack/${slack.id}`, challenge, { "x-slack-request-timestamp": String(now), "x-slack-signature": `v0=${hex("s", `v0:${now}:${challenge}`)}` });
  assert.deepEqual([echoed.status, echoed.text], [200, "c-1"]);

  const mailchimp = await bw.account("mailchimp", { credentials: { password: "key-us1" }, context: { dc: "us1" } });
  for (const method of ["GET", "HEAD"]) assert.equal((await fetch(`${bw.url}/hooks/mailchimp/${mailchimp.id}`, { method })).status, 200);
  assert.equal((await hooks(`account=${mailchimp.id}`)).length, 0);
});

test("a secret that a handshake brings is kept, and nobody brings another", async () => {
  const asana = await bw.account("asana");
  const path = `asana/${asana.id}`;
  const body = JSON.stringify({ events: [{ action: "added", resource: { resource_type: "task" } }] });
  assert.equal((await post(path, body, { "x-hook-signature": hex("brought", body) })).status, 401);
  const shaken = await post(path, "{}", { "x-hook-secret": "brought" });
  assert.deepEqual([shaken.status, shaken.headers.get("x-hook-secret")], [200, "brought"]);
  assert.equal((await bw.api("GET", `accounts/${asana.id}/webhook-secrets`)).secrets, 1);
  assert.equal((await post(path, body, { "x-hook-signature": hex("brought", body) })).status, 200);
  const other = await post(path, "{}", { "x-hook-secret": "mine" });
  assert.deepEqual([other.status, JSON.parse(other.text).reason], [401, "secret_known"]);
  assert.equal((await come(`account=${asana.id}`))[0].type, "task.added");

  const notion = await bw.account("notion");
  assert.equal((await post(`notion/${notion.id}`, JSON.stringify({ verification_token: "v-1" }), { "content-type": "application/json" })).status, 200);
  const event = JSON.stringify({ id: "n-1", type: "page.created", timestamp: new Date().toISOString() });
  assert.equal((await post(`notion/${notion.id}`, event, { "x-notion-signature": `sha256=${hex("v-1", event)}`, "content-type": "application/json" })).status, 200);
  await come(`account=${notion.id}`);
});

test("kept secrets are never shown, and can be taken away", async () => {
  const account = await bw.account("small");
  await keep(`accounts/${account.id}`, "one", "two");
  const kept = await bw.api("GET", `accounts/${account.id}/webhook-secrets`);
  assert.deepEqual(Object.keys(kept), ["secrets", "changed"]);
  assert.equal(kept.secrets, 2);
  for (const secret of ["one", "two"]) assert.equal((await small(`small/${account.id}`, { id: secret }, secret)).status, 200);
  await bw.api("DELETE", `accounts/${account.id}/webhook-secrets`);
  assert.equal((await small(`small/${account.id}`, { id: "three" }, "one")).status, 401);
  await assert.rejects(keep(`accounts/${account.id}`, "1", "2", "3", "4", "5"), /422/);
  await assert.rejects(bw.api("GET", "integrations/none/webhook-secrets"), /404/);
});

// --- whose it is

test("an event of the integration's own URL goes to each account that has its value, or waits for one", async () => {
  await keep("integrations/small", "small-secret");
  const one = await bw.account("small", { external_id: "one", context: { team: "T1" } });
  const two = await bw.account("small", { external_id: "two", context: { team: "T1" } });
  assert.equal((await small("small", [{ id: "f-1", team: "T1", type: "a" }, { id: "f-2", team: "T2", type: "a" }, { id: "f-3", type: "a" }])).status, 200);
  await come(`account=${one.id}`);
  await come(`account=${two.id}`);
  const waiting = await come("integration=small&state=unmatched", 2);
  assert.deepEqual(waiting.map(({ event_id, claim, account }) => [event_id, claim, account]).sort(), [["f-2", "team=T2", null], ["f-3", null, null]]);
  const late = await bw.account("small", { external_id: "late", context: { team: "T2" } });
  const [bound] = await come(`account=${late.id}`);
  const later = await bw.account("small", { external_id: "later", context: { team: "T2" } });
  assert.deepEqual([bound.event_id, bound.claim], ["f-2", "team=T2"]);
  assert.equal((await hooks(`account=${later.id}`)).length, 0);
  // An account that comes to its value by a change.
  assert.equal((await small("small", { id: "f-4", team: "T3" })).status, 200);
  await until("f-4 to wait", async () => (await hooks("integration=small&state=unmatched")).some(({ event_id }) => event_id === "f-4"));
  await bw.api("PATCH", `accounts/${later.id}`, { context: { team: "T3" } });
  assert.equal((await come(`account=${later.id}`))[0].event_id, "f-4");
});

test("what comes again is one event", async () => {
  const account = await bw.account("small");
  await keep(`accounts/${account.id}`, "small-secret");
  const path = `small/${account.id}`;
  for (let i = 0; i < 3; i++) assert.equal((await small(path, { id: "d-1", n: i })).status, 200);
  for (let i = 0; i < 2; i++) assert.equal((await small(path, { type: "no id" })).status, 200);
  assert.equal((await small(path, { type: "no id", other: true })).status, 200);
  assert.equal((await small(path, { id: "last" })).status, 200);
  await until("the last", async () => (await hooks(`account=${account.id}`)).some(({ event_id }) => event_id === "last"));
  assert.deepEqual((await hooks(`account=${account.id}`)).map(({ event_id, type }) => event_id ?? type).reverse(), ["d-1", "no id", "no id", "last"]);
});

// --- what is refused

test("URLs that nothing receives at are 404, those of deleted accounts 410", async () => {
  const account = await bw.account("small");
  await keep(`accounts/${account.id}`, "small-secret");
  const code = async (path) => {
    const { status, text } = await small(path, { id: "x" });
    return [status, JSON.parse(text).code];
  };
  await bw.put(plain("mute", "http://127.0.0.1:9"));
  for (const path of ["none", "mute", "small/acc_none", "small/", `stripe/${account.id}`, "small/a/b"]) assert.deepEqual(await code(path), [404, "webhook_unknown"], path);
  await bw.api("DELETE", `accounts/${account.id}`);
  assert.deepEqual(await code(`small/${account.id}`), [410, "account_deleted"]);
});

// --- key sets

// A JSON Web Key Set behind TLS, as vendors have them.
async function keyServer(certificate) {
  const served = { keys: [], asked: 0 };
  const listen = async (port) => {
    served.server = createServer(certificate.options, (asked, answer) => {
      served.asked++;
      answer.writeHead(200, { "content-type": "application/json", "cache-control": "max-age=86400" });
      answer.end(JSON.stringify({ keys: served.keys.map(({ jwk }) => jwk) }));
    });
    served.server.listen(port, "127.0.0.1");
    await once(served.server, "listening");
    served.url = `https://127.0.0.1:${served.server.address().port}`;
  };
  served.stop = () => {
    served.server.closeAllConnections();
    return new Promise((resolve) => served.server.close(resolve));
  };
  served.again = () => listen(Number(new URL(served.url).port));
  await listen(0);
  stopLater(() => served.server.closeAllConnections() ?? served.server.close());
  return served;
}

async function keyWorld(name) {
  const ours = authority();
  const served = await keyServer(ours.sign("keys"));
  const own = await breakwater({ flags: ["--upstream-ca", ours.ca] });
  await own.put(plain(name, served.url, { webhooks: { verify: { scheme: "jwt", algorithms: ["RS256", "ES256"], claims: { aud: "us" }, secret: { url: `${served.url}/jwks` } }, id: "/id" } }));
  const account = await own.account(name);
  const send = async (key, id, { path = `${name}/${account.id}`, ...claims } = {}) => {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const answer = await fetch(`${own.url}/hooks/${path}`, { method: "POST", body: JSON.stringify({ id }), headers: { authorization: `Bearer ${makeJwt(key, { aud: "us", exp, ...claims })}` } });
    const text = await answer.text();
    return { status: answer.status, ...(text && JSON.parse(text)), after: answer.headers.get("retry-after") };
  };
  // As a vendor sends it: again while it hears 503.
  const insist = (key, id, rest) => until(`an answer to ${id}`, async () => {
    const answer = await send(key, id, rest);
    return answer.status !== 503 && answer;
  });
  return { own, served, account, send, insist };
}

test("tokens are verified by a key set that is fetched, and fetched again for a key that is new", async () => {
  const { own, served, account, send, insist } = await keyWorld("keyset");
  const [rsa, ec, next, foreign] = ["RS256", "ES256", "ES256", "RS256"].map((alg) => signingKey(alg));
  served.keys = [rsa, ec];
  const first = await send(rsa, "k-0");
  assert.deepEqual([first.status, first.code, first.after], [503, "webhook_keys_unavailable", "1"]);
  assert.equal((await insist(rsa, "k-1")).status, 200);
  for (const [key, id, rest] of [[ec, "k-2"], [rsa, "k-3", { path: "keyset" }]]) assert.equal((await send(key, id, rest)).status, 200, id);
  assert.equal(served.asked, 1);
  assert.equal((await send({ ...foreign, kid: rsa.kid }, "no")).reason, "signature_wrong");
  assert.equal((await send(rsa, "no", { aud: "them" })).reason, "claim_wrong");

  served.keys = [next];
  assert.equal((await send(next, "k-4")).status, 503);
  assert.equal((await insist(next, "k-4")).status, 200);
  assert.equal(served.asked, 2);
  for (const key of [rsa, foreign]) {
    const refused = await send(key, "no");
    assert.deepEqual([refused.status, refused.reason], [401, "key_unknown"]);
  }
  assert.equal(served.asked, 2); // which is not done for each that names a wrong key

  await served.stop();
  assert.equal((await send(next, "k-5")).status, 200);
  const ids = async () => (await own.api("GET", `hooks?limit=1000&account=${account.id}`)).items.map(({ event_id }) => event_id).sort();
  await until("the events", async () => (await ids()).length === 4);
  assert.deepEqual(await ids(), ["k-1", "k-2", "k-4", "k-5"]);
});

test("while nobody answers for a key set, vendors hear 503, and the log says why", async () => {
  const { own, served, send, insist } = await keyWorld("keyless");
  const key = signingKey("RS256");
  served.keys = [key];
  await served.stop();
  const line = await until("the log's line", async () => {
    const answer = await send(key, "w-1");
    assert.deepEqual([answer.status, answer.code], [503, "webhook_keys_unavailable"]);
    return own.log("key_set")[0];
  });
  assert.deepEqual([line.url, line.level], [`${served.url}/jwks`, "warn"]);
  assert.match(line.what, /refused|reset/i);
  await served.again();
  assert.equal((await insist(key, "w-1")).status, 200);
});

test("a key set must be behind one of the document's hosts", async () => {
  const document = plain("elsewhere", "https://api.vendor.test", { webhooks: { verify: { scheme: "jwt", algorithms: "RS256", secret: { url: "https://keys.other.test/jwks" } } } });
  await assert.rejects(bw.put(document), /422[^]*keys\.other\.test/);
});

test("an environment that keeps as much as it may hears 503, and an event says so", async () => {
  const own = await breakwater({ flags: ["--hook-environment-bytes-max", String(1 << 20)] });
  await own.put(plain("small", "http://127.0.0.1:9", { webhooks: { verify: { scheme: "hmac", signature: "X-Sig", content: "{body}" }, id: "/id" } }));
  const account = await own.account("small");
  await own.api("PUT", `accounts/${account.id}/webhook-secrets`, { secrets: ["s"] });
  const send = async (id) => {
    const body = JSON.stringify({ id, pad: "x".repeat(700000) });
    const response = await fetch(`${own.url}/hooks/small/${account.id}`, { method: "POST", body, headers: { "x-sig": hex("s", body) } });
    return { status: response.status, text: await response.text() };
  };
  assert.equal((await send("q-1")).status, 200);
  assert.equal((await send("q-2")).status, 200);
  const full = await until("the quota", async () => {
    const answer = await send(`q-${Math.random()}`);
    return answer.status === 503 && JSON.parse(answer.text);
  });
  assert.equal(full.code, "webhook_quota");
  const told = await until("the event", async () => (await own.api("GET", "events?type=webhooks.quota")).items[0]);
  assert.equal(told.environment, own.environment.id);
});

test("a body above 25 MiB is 413, one of 20 MiB is kept, and too many at once are 503", async () => {
  const account = await bw.account("small");
  await keep(`accounts/${account.id}`, "small-secret");
  const large = JSON.stringify({ id: "large", pad: "x".repeat(20 << 20) });
  assert.equal((await small(`small/${account.id}`, large)).status, 200);
  const [hook] = await come(`account=${account.id}`);
  assert.equal(hook.event_id, "large");
  const told = await new Promise((resolve, reject) => {
    const sent = request(`${bw.url}/hooks/small/${account.id}`, { method: "POST", headers: { "content-length": String((25 << 20) + 1) } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
      sent.destroy();
    });
    sent.on("error", (error) => error.code === "ECONNRESET" || reject(error));
    sent.write("x");
  });
  assert.equal(told, 413);
  // One that is being sent and does not end takes half of the memory; the next one finds too little.
  const hold = () => new Promise((resolve) => {
    const sent = request(`${bw.url}/hooks/small/${account.id}`, { method: "POST", headers: { "content-length": String(24 << 20) } }, (answer) => {
      let text = "";
      answer.on("data", (data) => (text += data)).on("error", () => {}).on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, code: JSON.parse(text).code }));
    });
    sent.on("error", () => {});
    sent.write(Buffer.alloc(17 << 20));
    held.push(sent);
  });
  const held = [];
  void hold();
  await until("the first to be held", async () => Number(/^breakwater_webhooks_bytes (\d+)/m.exec(await (await fetch(`${bw.url}/metrics`)).text())[1]) > 17 << 20);
  const busy = await hold();
  assert.deepEqual([busy.status, busy.code, busy.headers["retry-after"]], [503, "overloaded", "5"]);
  for (const sent of held) sent.destroy();
  await until("room again", async () => (await small(`small/${account.id}`, { id: `n-${Math.random()}` })).status === 200);
});

test("what was rejected is kept with its reason, and a spike is told", async () => {
  const account = await bw.account("small");
  await keep(`accounts/${account.id}`, "small-secret");
  for (let i = 0; i < 130; i++) assert.equal((await small(`small/${account.id}`, { id: i, note: "a".repeat(9000) }, "wrong")).status, 401);
  const items = await until("a hundred", async () => {
    const list = await rejected("small");
    return list.length === 100 && list;
  });
  assert.deepEqual([items[0].reason, items[0].account, items[0].peer], ["signature_wrong", account.id, "127.0.0.1"]);
  const whole = await bw.api("GET", `rejected-hooks/${items[0].id}`);
  assert.equal(whole.request.method, "POST");
  assert.equal(whole.request.body.length, 4096);
  assert.ok(whole.request.headers.some(([name]) => name.toLowerCase() === "x-sig"));
  const spike = await until("the spike", async () => (await bw.api("GET", "events?type=webhooks.rejected_spike")).items[0]);
  assert.equal(spike.detail.integration, "small");
  assert.ok(spike.detail.rejected >= 20);
  const metrics = await (await fetch(`${bw.url}/metrics`)).text();
  assert.match(metrics, /breakwater_webhooks_rejected_total\{reason="signature_wrong"\} \d{3}/);
});

// --- the public URL

test("what signs its URL is taken behind a proxy when the public URL is known", async () => {
  const own = await breakwater({ flags: ["--public-url", "https://hooks.example.com/"] });
  await own.put(plain("signer", "http://127.0.0.1:9", { webhooks: { verify: { scheme: "hmac", signature: "X-Sig", content: "{method}{url}{body}" }, id: "/id" } }));
  const account = await own.account("signer");
  await own.api("PUT", `accounts/${account.id}/webhook-secrets`, { secrets: ["s"] });
  const body = JSON.stringify({ id: "u-1" });
  const path = `/hooks/signer/${account.id}?a=1`;
  const answer = (url) => fetch(`${own.url}${path}`, { method: "POST", body, headers: { "x-sig": hex("s", `POST${url}${body}`) } });
  assert.equal((await answer(`https://hooks.example.com${path}`)).status, 200);
  assert.equal((await answer(`${own.url}${path}`)).status, 401);
});

test("the command line lists and shows events and what was rejected, and replays", async () => {
  const { spawnSync } = await import("node:child_process");
  const { program } = await import("./support/run.mjs");
  const { adminKey } = await import("./support/run.mjs");
  const run = (...args) => {
    const ran = spawnSync(program, [...args, "--json"], { encoding: "utf8", env: { ...process.env, BREAKWATER_URL: bw.url, BREAKWATER_KEY: adminKey } });
    return { status: ran.status, text: ran.stdout + ran.stderr };
  };
  const list = run("hooks", "list", "--integration", "small");
  assert.equal(list.status, 0, list.text);
  const id = /hok_[0-9a-f]{16}/.exec(list.text)[0];
  assert.match(run("hooks", "show", id).text, /"request"/);
  assert.equal(run("hooks", "replay").status === 0, false);
  assert.equal(run("hooks", "replay", "--all", "--state", "done", "--dry-run").status, 0);
  assert.match(run("rejected-hooks", "list").text, /signature_wrong/);
  await sleep(0);
});
