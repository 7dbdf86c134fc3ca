// `breakwater verify --jsonl`: requests of every scheme, signed by Node's crypto and by vendors'
// own libraries, and what is said of orders and blocks that are none.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Signature } from "@hubspot/api-client";
import { Webhooks } from "@octokit/webhooks";
import eventWebhook from "@sendgrid/eventwebhook";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import twilio from "twilio";
import { program, root } from "./support/run.mjs";

const now = 1760000000;
const read = (file) => readFileSync(join(root, file), "utf8");
const blockOf = (vendor) => JSON.parse(read(`integrations/${vendor}/integration.json`)).webhooks;

function verify(lines) {
  const ran = spawnSync(program, ["verify", "--jsonl"], { input: lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"), encoding: "utf8", maxBuffer: 1 << 28 });
  assert.ok(ran.status === 0 || ran.status === 1, ran.stderr);
  return { status: ran.status, answers: ran.stdout.trimEnd().split("\n").map((line) => JSON.parse(line)) };
}


// --- the tables

test("every case of tests/cases/webhooks.jsonl is answered as expected, in order", () => {
  const cases = read("tests/cases/webhooks.jsonl").trimEnd().split("\n").map((line) => JSON.parse(line));
  const { status, answers } = verify(cases);
  assert.equal(status, 0);
  assert.deepEqual(answers.map(({ id }) => id), cases.map(({ id }) => id));
  for (const [i, { id, verdict, reason, ids, kept, ...want }] of cases.entries()) {
    const { response, events = [], ...answer } = answers[i];
    assert.deepEqual([answer.verdict, answer.reason], [verdict, reason ?? answer.reason], id);
    if (kept) assert.equal(answer.secret, kept, id);
    if (ids) assert.deepEqual(events.map((event) => event.id ?? null), ids, id);
    for (const name of ["status", "body"]) if (name in want) assert.equal(response[name], want[name], id);
    for (const [name, value] of Object.entries(want.headers ?? {})) assert.equal(name === "Content-Type" ? response.content_type : response.headers[name], value, id);
  }
});

test("the blocks of shipped documents judge the vectors of their vendors", () => {
  const { vectors } = JSON.parse(read("tests/cases/webhook-vectors.json"));
  const orders = vectors.map(({ id, vendor, request, secret, public_key, now_epoch_s, expected_signature }) => ({
    id, webhooks: blockOf(vendor === "standard_webhooks" ? "demo" : vendor), secret: secret ?? public_key, now: now_epoch_s,
    request: id === "shopify_oauth_callback" ? { ...request, url: `${request.url}&hmac=${expected_signature}` } : request,
  }));
  const { answers } = verify(orders);
  const want = { valid: "accept", invalid: "reject", handshake: "handshake" };
  assert.deepEqual(answers.map(({ id, verdict }) => [id, verdict]), vectors.map(({ id, expect }) => [id, want[expect]]));
  for (const [i, { id, expect, event_id, expected_response }] of vectors.entries()) {
    const { response, events = [] } = answers[i];
    for (const name of expect === "invalid" ? [] : ["status", "content_type", "headers", "body"])
      if (expected_response?.[name]) assert.deepEqual(response[name], expected_response[name], id);
    if (expect === "valid" && /^[\w-]{20,}$/.test(event_id)) assert.equal(events[0].id, event_id, id);
  }
});

// --- what is no order

test("a line that is no order is told why, and the next one is answered", () => {
  const block = { verify: { scheme: "token", signature: "X-Token" } };
  const request = { url: "https://a.test/" };
  const bad = [
    ["{", /./],
    [{ id: 2 }, /webhooks is missing/],
    [{ id: 3, webhooks: block }, /request is no object/],
    [{ id: 4, webhooks: block, request: {} }, /url is missing/],
    [{ id: 5, webhooks: block, request, secret: 1 }, /secret is no string/],
    [{ id: 6, webhooks: block, request, secrets: "s" }, /secrets is no array/],
    [{ id: 7, webhooks: block, request, secrets: Array(17).fill("s") }, /at most 16/],
    [{ id: 8, webhooks: block, request, now: "soon" }, /now is neither/],
    [{ id: 9, webhooks: block, request: { ...request, headers: { "X-A": "a\nb" } } }, /headers/],
    [{ id: 10, webhooks: block, request: { ...request, headers: { "X A": "a" } } }, /headers/],
    [{ id: 11, webhooks: block, request: { ...request, body: {} } }, /body is no string/],
    [{ id: 12, webhooks: block, request: { ...request, body_base64: "$" } }, /no base64/],
    [{ id: 13, webhooks: block, request: { ...request, body: "", body_base64: "" } }, /both/],
    [{ id: 14, webhooks: block, request: { ...request, certificate_names: "a" } }, /certificate_names/],
    [{ id: 15, webhooks: block, request: { ...request, certificate_names: ["a", 7] } }, /certificate_names/],
  ];
  const { status, answers } = verify([...bad.map(([line]) => line), { id: "last", webhooks: block, request: { ...request, headers: { "X-Token": "s" } }, secret: "s" }]);
  assert.equal(status, 1);
  for (const [i, [line, message]] of bad.entries()) {
    assert.equal(answers[i].error.code, "bad_line");
    assert.equal(answers[i].id, line.id ?? null);
    assert.match(answers[i].error.message, message);
  }
  assert.equal(answers.at(-1).verdict, "accept");
});

test("a block with faults is answered with all of them", () => {
  const { status, answers } = verify([{ id: 1, webhooks: { verify: [{ scheme: "hmac", signature: "X-S", content: "{bdy}", digest: "md5" }], acount: {} }, request: {} , secret: "s" }, { id: 2, webhooks: { verify: [{ scheme: "hmac", signature: "X-S", content: "{bdy}", digest: "md5" }], acount: {} }, request: { url: "https://a.test/" } }]);
  assert.equal(status, 1);
  assert.equal(answers[1].error.code, "bad_webhooks");
  assert.deepEqual(answers[1].error.faults.map(({ pointer }) => pointer), ["/verify/0/content", "/verify/0/digest", "/acount"]);
  assert.match(answers[1].error.faults[0].text, /did you mean \{body\}\?/);
});

test("without a time it is now", () => {
  const signed = { "X-Token": "s" };
  const order = { id: 1, webhooks: { verify: { scheme: "token", signature: "X-Token" }, time: { from: "/at", unit: "iso8601" } }, secret: "s", request: { url: "https://a.test/", headers: signed, body: '{"at":"2025-10-09T08:53:20.5Z"}' } };
  assert.deepEqual(verify([order]).answers[0].events, [{ time: "2025-10-09T08:53:20.500Z" }]);
  const demo = { id: 2, webhooks: blockOf("demo"), secret: "whsec_AAAA", request: { url: "https://a.test/", headers: { "webhook-id": "m", "webhook-timestamp": String(now), "webhook-signature": "v1,AAAA" }, body: "" } };
  assert.equal(verify([demo]).answers[0].reason, "timestamp_stale");
  assert.equal(verify([{ ...demo, now: "2025-10-09T08:53:20Z" }]).answers[0].reason, "signature_wrong");
});

// --- vendors' own libraries sign

const bodies = ['{"id":"e1","type":"a.b","note":"ñ \\u0000 \\ud83d\\ude00"}', '{ "id" : "e1" ,\r\n"type":"a.b" }\r\n', JSON.stringify({ id: "e1", type: "a.b", text: "x".repeat(300000) })];
const secret = "s3cret";
const json = { "Content-Type": "application/json" };

// What is signed is accepted; with another secret, another body, or too late it is not.
function holds(vendor, request, { known = secret, timed = true, ...rest } = {}) {
  const order = { webhooks: blockOf(vendor), secret: known, now, request, ...rest };
  const orders = [order, { ...order, secret: `${known.slice(0, -4)}AAAA` }, { ...order, request: { ...request, body: request.body.replace("a", "b") } }, { ...order, now: now + 301 }];
  const answers = verify(orders.map((it, id) => ({ id, ...it }))).answers;
  assert.deepEqual(answers.map((answer) => answer.verdict), ["accept", "reject", "reject", timed ? "reject" : "accept"], JSON.stringify(answers.map(({ reason }) => reason)));
  return answers[0];
}

test("Stripe's library", () => {
  const stripe = new Stripe("sk_test_1");
  for (const payload of bodies) {
    const header = stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: now });
    const { events } = holds("stripe", { url: "https://a.test/", headers: { ...json, "Stripe-Signature": header }, body: payload });
    assert.deepEqual(events, [{ id: "e1", type: "a.b" }]);
  }
});

test("Octokit's library", async () => {
  for (const body of bodies) {
    const headers = { ...json, "X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1", "X-Hub-Signature-256": await new Webhooks({ secret }).sign(body) };
    assert.deepEqual(holds("github", { url: "https://a.test/", headers, body }, { timed: false }).events, [{ id: "d-1", type: "push" }]);
  }
});

test("the library of Standard Webhooks", () => {
  const known = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  for (const vendor of ["demo", "gitlab"])
    for (const body of bodies) {
      const headers = { ...json, "webhook-id": "msg_1", "webhook-timestamp": `${now}`, "webhook-signature": new Webhook(known).sign("msg_1", new Date(now * 1000), body) };
      assert.equal(holds(vendor, { url: "https://a.test/", headers, body }, { known }).events[0].id, "msg_1");
    }
});

test("Twilio's library: forms and digests", () => {
  const url = "https://a.test/hook?x=1&y=a%20b";
  const params = { To: "+1 800", Body: "ñ&=", Media: ["b", "a", "b"], Empty: "" };
  const form = Object.entries(params).flatMap(([name, values]) => [values].flat().map((value) => [name, value]));
  const signed = (at, values) => ({ "X-Twilio-Signature": twilio.getExpectedTwilioSignature(secret, at, values) });
  holds("twilio", { url, headers: { "Content-Type": "application/x-www-form-urlencoded", ...signed(url, params) }, body: new URLSearchParams(form).toString() }, { timed: false });
  for (const body of bodies) {
    const at = `${url}&bodySHA256=${twilio.getExpectedBodyHash(body)}`;
    holds("twilio", { url: at, headers: { ...json, ...signed(at, {}) }, body }, { timed: false });
  }
});

test("HubSpot's library: its three versions", () => {
  const url = "https://a.test/hook?x=1";
  for (const body of bodies) {
    const of = (version, timestamp) => Signature.getSignature("POST", version, { signature: "", clientSecret: secret, requestBody: body, url, timestamp });
    holds("hubspot", { url, headers: { ...json, "X-HubSpot-Signature-Version": "v1", "X-HubSpot-Signature": of("v1") }, body }, { timed: false });
    holds("hubspot", { url, headers: { ...json, "X-HubSpot-Signature-Version": "v2", "X-HubSpot-Signature": of("v2") }, body }, { timed: false });
    holds("hubspot", { url, headers: { ...json, "X-HubSpot-Request-Timestamp": `${now}000`, "X-HubSpot-Signature-v3": of("v3", now * 1000) }, body });
  }
});

test("SendGrid's library takes what is taken here", () => {
  const key = createPrivateKey(read("tests/cases/keys/ec.pem"));
  const known = createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");
  const library = new eventWebhook.EventWebhook();
  for (const body of bodies) {
    const signature = sign("sha256", Buffer.from(`${now}${body}`), key).toString("base64");
    assert.ok(library.verifySignature(library.convertPublicKeyToECDSA(known), body, signature, `${now}`));
    holds("sendgrid", { url: "https://a.test/", headers: { ...json, "X-Twilio-Email-Event-Webhook-Signature": signature, "X-Twilio-Email-Event-Webhook-Timestamp": `${now}` }, body }, { known });
  }
});
