// Bodies at their edges: answers without one, expectations, trailers, codings; and who is
// let go when a caller leaves or a time limit passes in the middle of one.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { plain } from "./support/documents.mjs";
import { drink, MiB, open, pour, vendorOf } from "./support/bulk.mjs";
import { breakwater, sleep, start, stopAll, stopLater, until } from "./support/run.mjs";
import { ask, dial } from "./support/wire.mjs";

let bw, key;

before(async () => {
  bw = await breakwater();
  key = await bw.callKey();
});
after(stopAll);

let vendors = 0;
// A vendor that answers by a function, and a way to call it. `asked` counts its requests,
// `left` those whose connection went before they were answered.
async function served(serve, { resilience, options } = {}) {
  const name = `vendor-${++vendors}`;
  const it = { asked: 0, left: 0 };
  const vendor = await vendorOf((request, response) => {
    it.asked++;
    response.on("close", () => { if (!response.writableFinished) it.left++; });
    return serve(request, response);
  }, options);
  await bw.put(plain(name, vendor.url, { resilience }));
  it.account = await bw.account(name);
  it.headers = { authorization: `Bearer ${key}` };
  it.url = (path) => bw.proxy(it.account) + path;
  it.call = (path, { headers = {}, ...more } = {}) => ask(it.url(path), { ...more, headers: { ...it.headers, ...headers } });
  it.open = (path, { headers = {}, ...more } = {}) => open(it.url(path), { ...more, headers: { ...it.headers, ...headers } });
  it.lines = () => bw.log("call").filter((l) => l.account === it.account.id);
  it.vendor = vendor;
  return it;
}

async function bytesOf(response) {
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test("HEAD, 204 and 304 have no body, keep their headers, and leave the connection usable", async () => {
  const vendor = await served((request, response) => {
    const status = Number(request.url.slice(1));
    response.writeHead(status, { etag: '"1"', ...(request.method === "HEAD" ? { "content-length": "1234" } : {}) });
    response.end();
  });
  const wire = await dial(bw.port);
  const lines = `host: x\r\nauthorization: Bearer ${key}\r\n`;
  for (const [verb, status] of [["HEAD", 200], ["GET", 204], ["GET", 304], ["HEAD", 404], ["GET", 200]]) {
    const had = wire.text.length;
    wire.send(`${verb} /proxy/${vendor.account.id}/${status} HTTP/1.1\r\n${lines}\r\n`);
    await until("an answer", () => wire.text.indexOf("\r\n\r\n", had) > 0);
    const text = wire.text.slice(had);
    assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(text, /^etag: "1"\r$/im);
    if (verb === "HEAD") assert.match(text, /^content-length: 1234\r$/im);
    if (verb === "HEAD" || status !== 200) assert.ok(text.endsWith("\r\n\r\n"), `${verb} ${status} has a body`);
    if (status === 204) assert.doesNotMatch(text, /^(content-length|transfer-encoding):/im);
  }
  wire.close();
});

test("an expectation goes to the vendor, who lets the body come", async () => {
  let expected;
  const vendor = await served((request, response) => response.end());
  vendor.vendor.server.on("checkContinue", (request, response) => {
    expected = request.headers.expect;
    response.writeContinue();
    drink(request).then((told) => response.end(JSON.stringify(told)));
  });
  const { request, answer } = vendor.open("/", { method: "PUT", headers: { expect: "100-continue", "content-length": String(2 * MiB) } });
  request.flushHeaders();
  await once(request, "continue");
  await pour(request, 2 * MiB);
  request.end();
  assert.equal(JSON.parse(await bytesOf(await answer)).bytes, 2 * MiB);
  assert.equal(expected, "100-continue");
});

test("a vendor that refuses what is expected never gets the body", async () => {
  const vendor = await served((request, response) => response.end());
  vendor.vendor.server.on("checkContinue", (request, response) => {
    response.writeHead(413, { connection: "close" });
    response.end("too large");
  });
  const { request, answer } = vendor.open("/", { method: "PUT", headers: { expect: "100-continue", "content-length": String(2 * MiB) } });
  let continued = false;
  request.on("continue", () => (continued = true));
  request.flushHeaders();
  const response = await answer;
  assert.equal(response.statusCode, 413);
  assert.equal(String(await bytesOf(response)), "too large");
  assert.equal(continued, false);
  request.destroy();
});

test("an answer that comes before the body was sent reaches the caller", async () => {
  const vendor = await served((request, response) => {
    response.writeHead(403, { connection: "close" });
    response.end("no");
  });
  const { request, answer } = vendor.open("/", { method: "POST", headers: { "content-length": String(64 * MiB) } });
  request.on("error", () => {});
  const sending = pour(request, 64 * MiB);
  const response = await answer;
  assert.equal(response.statusCode, 403);
  assert.equal(String(await bytesOf(response)), "no");
  request.destroy();
  await sending;
});

test("trailers of an answer come behind its body", async () => {
  const vendor = await served((request, response) => {
    response.writeHead(200, { trailer: "x-checksum" });
    response.write("body");
    response.addTrailers({ "x-checksum": "abc" });
    response.end();
  });
  const answer = await vendor.call("/", { headers: { te: "trailers", connection: "TE" } });
  assert.equal(answer.text, "body");
  assert.equal(answer.trailers["x-checksum"], "abc");
});

test("compressed bodies pass byte for byte, both ways", async () => {
  const content = Buffer.from("a body that is worth compressing ".repeat(5000));
  for (const [coding, bytes] of [["gzip", gzipSync(content)], ["br", brotliCompressSync(content)], ["zstd", content]]) {
    let came;
    const vendor = await served(async (request, response) => {
      came = { coding: request.headers["content-encoding"], body: await bytesOf(request) };
      response.writeHead(200, { "content-encoding": coding, "content-type": "application/json" });
      response.end(bytes);
    });
    const { request, answer } = vendor.open("/", { method: "POST", headers: { "content-encoding": coding, "accept-encoding": coding } });
    request.end(bytes);
    const response = await answer;
    assert.equal(response.headers["content-encoding"], coding);
    assert.deepEqual(await bytesOf(response), bytes);
    assert.equal(came.coding, coding);
    assert.deepEqual(came.body, bytes);
  }
});

test("a body of more than 1 MiB is sent once, and the answer says so; a smaller one again", async () => {
  const vendor = await served(async (request, response) => {
    await drink(request);
    response.writeHead(vendor.asked % 2 ? 503 : 200);
    response.end("{}");
  });
  const large = await vendor.call("/", { method: "PUT", body: Buffer.alloc(MiB + 1) });
  assert.equal(large.status, 503);
  assert.equal(large.headers["x-breakwater-attempts"], "1");
  assert.match(large.headers["x-breakwater-note"], /body too large to be repeated/);
  vendor.asked = 0;
  const small = await vendor.call("/", { method: "PUT", body: Buffer.alloc(MiB) });
  assert.equal(small.status, 200);
  assert.equal(small.headers["x-breakwater-attempts"], "2");
});

test("a caller who leaves in the middle of a read lets the vendor go", async () => {
  const vendor = await served((request, response) => {
    response.writeHead(200);
    response.write("the first of many");
  });
  const { request, answer } = vendor.open("/");
  request.end();
  await once(await answer, "data");
  request.destroy();
  await until("the vendor to be left", () => vendor.left === 1);
  const line = await until("the log line", () => vendor.lines()[0]);
  assert.equal(line.caller_gone, true);
});

test("a write that its caller has left is finished, and its outcome logged", async () => {
  let finish;
  const vendor = await served(async (request, response) => {
    await drink(request);
    finish = () => response.writeHead(201).end("made");
  });
  const { request } = vendor.open("/", { method: "POST" });
  request.on("error", () => {});
  request.end("a write");
  await until("the write at the vendor", () => finish);
  request.destroy();
  await until("nobody to be connected", async () => /^breakwater_visits 1$/m.test((await ask(`${bw.url}/metrics`)).text));
  finish();
  const line = await until("the log line", () => vendor.lines()[0]);
  assert.equal(line.caller_gone, true);
  assert.equal(line.vendor_status, 201);
  assert.equal(vendor.left, 0);
});

test("a body that its caller breaks off is broken off at the vendor, who can tell", async () => {
  let cut;
  const vendor = await served((request) => {
    request.on("data", () => {});
    request.on("close", () => (cut = !request.complete));
  });
  const { request } = vendor.open("/", { method: "POST", headers: { "content-length": String(64 * MiB) } });
  request.on("error", () => {});
  await pour(request, 8 * MiB);
  request.destroy();
  await until("the vendor to be cut", () => cut === true);
  assert.equal(vendor.asked, 1);
});

test("the caller's deadline cuts an answer that is under way", async () => {
  const vendor = await served((request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("some");
  });
  const { request, answer } = vendor.open("/", { headers: { "x-breakwater-deadline-ms": "200" } });
  request.end();
  const response = await answer;
  assert.equal(response.statusCode, 200);
  await assert.rejects(bytesOf(response));
  await until("the vendor to be left", () => vendor.left === 1);
});

test("an answer that does not go on within the idle limit is cut, never ended as if whole", async () => {
  const vendor = await served((request, response) => {
    response.writeHead(200);
    response.write("some");
  }, { resilience: { timeouts: { idle: "100ms" } } });
  const { request, answer } = vendor.open("/");
  request.end();
  const response = await answer;
  await assert.rejects(bytesOf(response));
  await until("the vendor to be left", () => vendor.left === 1);
  const line = await until("the log line", () => vendor.lines()[0]);
  assert.equal(line.cut, true);
  assert.equal(line.class, "timeout");
  assert.match(line.detail, /idle limit/);
});

test("a slow caller is no idle vendor: the idle limit does not run while he does not read", async () => {
  const bytes = 48 * MiB;
  const vendor = await served(async (request, response) => {
    response.writeHead(200, { "content-length": bytes });
    vendor.put = { bytes: 0 };
    await pour(response, bytes, vendor.put);
    response.end();
  }, { resilience: { timeouts: { idle: "50ms" } } });
  const { request, answer } = vendor.open("/");
  request.end();
  const response = await answer;
  let same = 0, last = -1;
  await until("the vendor to be held back", async () => {
    await sleep(50);
    same = vendor.put.bytes === last ? same + 1 : 0;
    last = vendor.put.bytes;
    return same >= 10;
  });
  assert.ok(last < bytes);
  assert.equal((await drink(response)).bytes, bytes);
});

test("a vendor that accepts and says nothing in TLS is left after the connect limit", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  stopLater(() => silent.close());
  await bw.put(plain("silent", `https://127.0.0.1:${silent.address().port}`, { resilience: { timeouts: { connect: "50ms" } } }));
  const account = await bw.account("silent");
  const answer = await ask(bw.proxy(account) + "/", { method: "POST", body: "x", headers: { authorization: `Bearer ${key}` } });
  assert.equal(answer.status, 504);
  assert.equal(answer.json.code, "upstream_timeout");
  assert.match(answer.json.detail, /connect/);
  assert.equal(answer.json.sent, false);
  assert.equal(answer.json.attempts, 3);
});

// A listener whose queue is full takes no SYN: what a host behind a dead firewall looks like.
test("a vendor that does not take connections is left after the connect limit", async () => {
  const stuck = await start(process.execPath, ["-e",
    "const s = require('net').createServer(); s.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => { console.log('at ' + s.address().port); setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 20); });"],
  { ready: /^at (\d+)/m });
  const port = Number(/^at (\d+)/m.exec(stuck.out)[1]);
  stopLater(() => stuck.child.kill("SIGCONT"));
  await until("the process to stand still", () => readFileSync(`/proc/${stuck.pid}/stat`, "utf8").includes(") T "));
  const filling = Array.from({ length: 4 }, () => dial(port).catch(() => {}));
  await Promise.race([Promise.all(filling), sleep(100)]);
  await bw.put(plain("stuck", `http://127.0.0.1:${port}`, { resilience: { timeouts: { connect: "50ms" } } }));
  const account = await bw.account("stuck");
  const answer = await ask(bw.proxy(account) + "/", { headers: { authorization: `Bearer ${key}` } });
  assert.equal(answer.status, 504);
  assert.equal(answer.json.code, "upstream_timeout");
  assert.match(answer.json.detail, /connect/);
  assert.equal(answer.json.sent, false);
  stuck.child.kill("SIGKILL");
  for (const wire of await Promise.all(filling)) wire?.close();
});
