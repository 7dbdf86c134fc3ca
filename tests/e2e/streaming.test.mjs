// Bodies of gigabytes in bounded memory, each side held to the pace of the other.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { digestOf, drink, GiB, MiB, open, pour, vendorOf, watchMemory } from "./support/bulk.mjs";
import { breakwater, releaseProgram, sleep, stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

const much = 2 * GiB, both = GiB, growthMax = 16 * MiB;
// What the kernel may hold in four sockets' buffers, and a piece on its way in each program.
const inFlightMax = 64 * MiB;
const poured = new Map();
let bw, key, account;

// ANY /…?n=NAME: /pour/{bytes} gives a body, /drink takes one, /echo gives back what comes.
async function serve(request, response) {
  const url = new URL(request.url, "http://vendor");
  const [, verb, count] = url.pathname.split("/");
  const put = { bytes: 0, request, response };
  poured.set(url.searchParams.get("n"), put);
  if (verb === "pour") {
    response.writeHead(200, url.searchParams.has("chunked") ? {} : { "content-length": count });
    put.whole = await pour(response, Number(count), put);
    response.end();
  } else if (verb === "echo") {
    response.writeHead(200);
    response.flushHeaders();
    request.pipe(response);
  } else if (verb === "drink") {
    if (url.searchParams.has("held")) return;
    response.end(JSON.stringify({ ...(await drink(request)), length: request.headers["content-length"] ?? null }));
  } else {
    response.end("ok");
  }
}

before(async () => {
  const vendor = await vendorOf(serve);
  bw = await breakwater({ binary: releaseProgram });
  key = await bw.callKey();
  await bw.put(plain("bulk", vendor.url));
  account = await bw.account("bulk");
  for (let i = 0; i < 20; i++) assert.equal((await call("/warm")).status, 200);
});
after(stopAll);

const call = (path) => ask(bw.proxy(account) + path, { headers: { authorization: `Bearer ${key}` } });

const opened = (path, { headers = {}, ...more } = {}) =>
  open(bw.proxy(account) + path, { ...more, headers: { authorization: `Bearer ${key}`, ...headers } });

function assertBounded(memory, context) {
  const growth = memory.growth();
  context.diagnostic(`memory grew by ${(growth / MiB).toFixed(1)} MiB over ${(memory.before / MiB).toFixed(1)} MiB`);
  assert.ok(growth < growthMax, `memory grew by ${growth} bytes`);
}

async function download(path, bytes) {
  const { request, answer } = opened(path);
  request.end();
  const response = await answer;
  assert.equal(response.statusCode, 200);
  assert.deepEqual(await drink(response), { bytes, sha256: digestOf(bytes) });
  return response;
}

async function upload(bytes, headers) {
  const { request, answer } = opened("/drink", { method: "PUT", headers });
  await pour(request, bytes);
  request.end();
  const told = JSON.parse(await text(await answer));
  assert.equal(told.bytes, bytes);
  assert.equal(told.sha256, digestOf(bytes));
  return told;
}

async function text(response) {
  let all = "";
  for await (const chunk of response.setEncoding("utf8")) all += chunk;
  return all;
}

// The count stands still: whoever moves it is held back.
async function standsStill(what, count) {
  let last = -1, same = 0;
  await until(`an end of ${what}`, async () => {
    await sleep(30);
    same = count() === last ? same + 1 : 0;
    last = count();
    return last > 0 && same >= 15;
  });
  return last;
}

test("2 GiB of a counted answer arrive whole; memory does not grow with them", async (context) => {
  const memory = watchMemory(bw.pid);
  const response = await download(`/pour/${much}`, much);
  assert.equal(response.headers["content-length"], String(much));
  assertBounded(memory, context);
});

test("2 GiB of a counted request arrive whole; memory does not grow with them", async (context) => {
  const memory = watchMemory(bw.pid);
  const told = await upload(much, { "content-length": String(much) });
  assert.equal(told.length, String(much));
  assertBounded(memory, context);
});

test("a GiB in chunks, there and back at the same time, arrives whole", async (context) => {
  const memory = watchMemory(bw.pid);
  const { request, answer } = opened("/echo", { method: "POST", headers: { "transfer-encoding": "chunked" } });
  const sending = pour(request, both).then(() => request.end());
  const response = await answer;
  assert.equal(response.headers["transfer-encoding"], "chunked");
  assert.deepEqual(await drink(response), { bytes: both, sha256: digestOf(both) });
  await sending;
  assertBounded(memory, context);
});

test("chunks stay chunks and a length stays a length, each way", async () => {
  const bytes = 3 * MiB + 17;
  assert.equal((await upload(bytes, { "transfer-encoding": "chunked" })).length, null);
  assert.equal((await download(`/pour/${bytes}?chunked`, bytes)).headers["transfer-encoding"], "chunked");
  assert.equal((await download(`/pour/${bytes}`, bytes)).headers["content-length"], String(bytes));
});

test("the log counts every byte of a large body", async () => {
  const bytes = 5_000_011;
  await upload(bytes, { "content-length": String(bytes) });
  await download(`/pour/${bytes}`, bytes);
  await until("the log lines", () => bw.log("call").some((l) => l.bytes_in === bytes) && bw.log("call").some((l) => l.bytes_out === bytes));
});

test("a caller who does not read holds the vendor back, and gets it all when he reads", async (context) => {
  const memory = watchMemory(bw.pid);
  const { request, answer } = opened(`/pour/${GiB / 2}?n=unread`);
  request.end();
  const response = await answer;
  const held = await standsStill("the vendor's writing", () => poured.get("unread")?.bytes ?? 0);
  assert.ok(held < inFlightMax, `the vendor could write ${held} bytes`);
  assertBounded(memory, context);
  assert.deepEqual(await drink(response), { bytes: GiB / 2, sha256: digestOf(GiB / 2) });
});

test("a vendor who does not read holds the caller back, and gets it all when he reads", async (context) => {
  const memory = watchMemory(bw.pid);
  const { request, answer } = opened("/drink?held&n=untaken", { method: "POST", headers: { "content-length": String(GiB / 2) } });
  const put = { bytes: 0 };
  const sending = pour(request, GiB / 2, put);
  const held = await standsStill("the caller's writing", () => put.bytes);
  assert.ok(held < inFlightMax, `the caller could write ${held} bytes`);
  assertBounded(memory, context);
  const vendor = poured.get("untaken");
  const taken = drink(vendor.request).then((told) => vendor.response.end(JSON.stringify(told)));
  await sending;
  request.end();
  assert.deepEqual(JSON.parse(await text(await answer)), { bytes: GiB / 2, sha256: digestOf(GiB / 2) });
  await taken;
});

test("thirty callers who do not read cost little memory, and no one else waits", async (context) => {
  const memory = watchMemory(bw.pid);
  const waiting = Array.from({ length: 30 }, (_, i) => {
    const { request, answer } = opened(`/pour/${GiB}?n=crowd${i}`);
    request.end();
    return answer;
  });
  const responses = await Promise.all(waiting);
  await standsStill("the vendor's writing", () => responses.reduce((sum, _, i) => sum + (poured.get(`crowd${i}`)?.bytes ?? 0), 0));
  assert.equal((await call("/warm")).text, "ok");
  assertBounded(memory, context);
  for (const response of responses) response.destroy();
  await until("the vendor to be left", () => responses.every((_, i) => poured.get(`crowd${i}`).whole === false));
});

// Neither side sends a piece before the other has seen the one before it.
test("each event of a stream is passed on when it comes, not with the next", async () => {
  const vendor = await vendorOf(async (request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 0\n\n");
    vendor.say = (n) => response.write(`data: ${n}\n\n`);
    vendor.end = () => response.end();
  });
  await bw.put(plain("events", vendor.url));
  const events = await bw.account("events");
  const { request, answer } = open(bw.proxy(events) + "/stream", { headers: { authorization: `Bearer ${key}` } });
  request.end();
  const response = (await answer).setEncoding("utf8");
  for (let n = 0; n < 50; n++) {
    assert.equal((await once(response, "data"))[0], `data: ${n}\n\n`);
    if (n < 49) vendor.say(n + 1);
  }
  vendor.end();
  response.resume();
  await once(response, "end");
});

test("each piece of a request is passed on when it comes, and answered in its turn", async () => {
  const { request, answer } = opened("/echo", { method: "POST", headers: { "transfer-encoding": "chunked" } });
  request.write("piece 0");
  const response = (await answer).setEncoding("utf8");
  for (let n = 0; n < 50; n++) {
    assert.equal((await once(response, "data"))[0], `piece ${n}`);
    if (n < 49) request.write(`piece ${n + 1}`);
  }
  request.end();
  response.resume();
  await once(response, "end");
});
