// `breakwater verify --jsonl`: requests of every scheme, signed by Node's crypto and by vendors'
// own libraries, and what is said of orders and blocks that are none.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
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
