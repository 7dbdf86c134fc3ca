// Callers that send what they must not, or not what they should. While they do, another
// one calls as everybody should, and must notice nothing.
import assert from "node:assert/strict";
import http from "node:http";
import { after, afterEach, before, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { keepCalling } from "./support/healthy.mjs";
import { adminKey, breakwater, sleep, stopAll, until } from "./support/run.mjs";
import { answerOf, holdingVendor, rawVendor } from "./support/vendor.mjs";
import { ask, converse, dial } from "./support/wire.mjs";

let bw, endless, key, hostileKey, good, bad, drip, healthy;
const heard = [];

// Never answers a POST, and says ok to all else.
function answer(socket, path, head) {
  if (path !== "/base/well") heard.push(head);
  if (!head.startsWith("POST")) socket.write(answerOf("ok"));
}

function neverEnd(socket) {
  const piece = "10000\r\n" + "x".repeat(65536) + "\r\n";
  const more = () => { while (socket.writable && socket.write(piece)); };
  socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  socket.on("drain", more);
  more();
}

async function callWell(agent) {
  const { status, text } = await ask(`${bw.proxy(good)}/well`, { agent, headers: { authorization: `Bearer ${key}` } });
  assert.deepEqual([status, text], [200, "ok"]);
}

before(async () => {
  endless = await rawVendor(neverEnd);
  bw = await breakwater({ flags: ["--head-timeout", "1s", "--body-timeout", "1s", "--write-timeout", "1s"] });
  await bw.put(plain("vendor", `${(await rawVendor(answer)).url}/base`));
  await bw.put(plain("endless", endless.url));
  [good, bad, drip] = [await bw.account("vendor"), await bw.account("vendor"), await bw.account("endless")];
  [key, hostileKey] = [await bw.callKey(), await bw.callKey()];
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const kept = keepCalling(() => callWell(agent));
  const fresh = keepCalling(() => callWell());
  healthy = { check: () => Promise.all([kept.check(), fresh.check()]) };
});
afterEach(() => healthy.check());
after(stopAll);

const head = (lines, verb = "POST", path = "/hostile", account = bad) =>
  `${verb} /proxy/${account.id}${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${hostileKey}\r\n${lines}`;
const reached = (word) => heard.some((text) => text.includes(word));

// Bytes, and what is wrong with them. None of it may reach the vendor.
const malformed = [
  ["both a length and chunks", () => head("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "beside"],
  ["two lengths that differ", () => head("Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "twice"],
  ["two lengths that agree", () => head("Content-Length: 1\r\nContent-Length: 1\r\n\r\na"), "twice"],
  ["lengths in a list", () => head("Content-Length: 1, 1\r\n\r\na")],
  ["a length with a sign", () => head("Content-Length: +1\r\n\r\na")],
  ["a length below zero", () => head("Content-Length: -1\r\n\r\n")],
  ["a length of no digits", () => head("Content-Length: \r\n\r\n")],
  ["a length in hexadecimal", () => head("Content-Length: 0x1\r\n\r\na")],
  ["a length past 64 bits", () => head("Content-Length: 99999999999999999999999\r\n\r\n")],
  ["a coding that is not known", () => head("Transfer-Encoding: chunked, gzip\r\n\r\n")],
  ["a coding that looks known", () => head("Transfer-Encoding: xchunked\r\n\r\n")],
  ["two codings", () => head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "twice"],
  ["chunks in HTTP/1.0", () => head("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0")],
  ["a line that ends with LF alone", () => head("X-A: 1\nX-B: 2\r\n\r\n"), "LF alone"],
  ["an empty line of LF alone", () => head("X-A: 1\r\n\n"), "LF alone"],
  ["a NUL in a value", () => head("X-A: a\0b\r\n\r\n")],
  ["a CR in a value", () => head("X-A: a\rb\r\n\r\n"), "CR"],
  ["a DEL in a value", () => head("X-A: a\x7fb\r\n\r\n")],
  ["a folded line", () => head("X-A: a\r\n b\r\n\r\n"), "folded"],
  ["a blank before the colon", () => head("Content-Length : 1\r\n\r\na")],
  ["a line without a colon", () => head("no colon here\r\n\r\n")],
  ["a header without a name", () => head(": a\r\n\r\n")],
  ["two hosts", () => head("Host: y\r\n\r\n"), "Host"],
  ["no host", () => head("\r\n").replace("Host: x\r\n", ""), "Host"],
  ["a host that is none", () => head("\r\n").replace("Host: x", "Host: a/b"), "Host"],
  ["a version that is none", () => head("\r\n").replace("HTTP/1.1", "HTTP/3.7")],
  ["a request line with a further word", () => head("\r\n").replace(" HTTP/1.1", " more HTTP/1.1")],
  ["a blank in the path", () => head("\r\n", "GET", "/a b")],
  ["a control character in the path", () => head("\r\n", "GET", "/a\x01b")],
  ["a target that is no path", () => `GET elsewhere HTTP/1.1\r\nHost: x\r\n\r\n`],
  ["a tunnel", () => "CONNECT elsewhere:443 HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["TLS in plain text", () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  ["the preface of HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["noise", () => "\x00\xff\x13\x37".repeat(64) + "\r\n\r\n"],
];
for (const [what, bytes, word] of malformed)
  test(`${what}: 400 that says so, and the connection ends`, async () => {
    const before = heard.length;
    const { status, code, text } = await converse(bw.port, bytes());
    assert.equal(status, 400, text);
    assert.equal(code, "request_malformed");
    const problem = JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4));
    assert.ok(problem.detail.includes(word ?? " "), problem.detail);
    assert.equal(problem.retry, "never");
    assert.equal(heard.length, before);
  });

test("what stands behind a bad request is not taken for another one", async () => {
  const smuggled = `GET /proxy/${bad.id}/smuggled HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${hostileKey}\r\n\r\n`;
  for (const lines of ["Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", "X-A: 1\n\n"]) {
    const { text } = await converse(bw.port, head(lines) + smuggled);
    assert.equal(text.split("HTTP/1.1 ").length - 1, 1);
  }
  assert.ok(!reached("/smuggled"));
});

test("a megabyte of headers is 431", async () => {
  const many = Array.from({ length: 1000 }, (_, i) => `X-Header-${i}: ${"x".repeat(1000)}\r\n`).join("");
  for (const lines of [many, `X-Large: ${"x".repeat(1 << 20)}\r\n`]) {
    const { status, code } = await converse(bw.port, head(`${lines}\r\n`));
    assert.equal(status, 431);
    assert.equal(code, "headers_too_large");
  }
});

test("more lines than anybody needs are 431, however small", async () => {
  const { status, code } = await converse(bw.port, head("X: y\r\n".repeat(300) + "\r\n"));
  assert.equal(status, 431);
  assert.equal(code, "headers_too_large");
});

test("a path of 20 KB is 414", async () => {
  const { status, code } = await converse(bw.port, head("\r\n", "GET", "/" + "p".repeat(20000)));
  assert.equal(status, 414);
  assert.equal(code, "uri_too_long");
});

test("an expectation that nobody knows is 417", async () => {
  const { status, code } = await converse(bw.port, head("Expect: a-miracle\r\n\r\n"));
  assert.equal(status, 417);
  assert.equal(code, "expectation_failed");
});

test("a head that comes too slowly is 408", async () => {
  const wire = await dial(bw.port);
  const text = head("X-Slow: 1\r\n");
  for (let i = 0; !wire.closed && i < 200; i++) {
    wire.send(text[i % text.length]);
    await sleep(20);
  }
  await wire.ended;
  assert.match(wire.text, /^HTTP\/1\.1 408 /);
  assert.match(wire.text, /"code": ?"request_timeout"/);
});

test("a head that stops half way is 408", async () => {
  const { status, code } = await converse(bw.port, "GET /healthz HT");
  assert.equal(status, 408);
  assert.equal(code, "request_timeout");
});

test("a body that stops half way is 408", async () => {
  for (const lines of ["Content-Length: 100\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n64\r\nhalf"]) {
    const { status, code, text } = await converse(bw.port, head(lines));
    assert.equal(status, 408, text);
    assert.equal(code, "request_timeout");
  }
});

for (const [what, chunks] of [["a chunk size that is no number", "xyz\r\n"], ["a chunk that ends too late", "1\r\nab\r\n0\r\n\r\n"],
  ["a chunk size with a sign", "+1\r\na\r\n0\r\n\r\n"], ["a chunk size past 64 bits", "fffffffffffffffff\r\n"],
  ["a chunk line that ends with LF alone", "1\na\r\n0\r\n\r\n"], ["a trailer that is no header", "0\r\nnone\r\n\r\n"]])
  test(`${what}: 400`, async () => {
    const { status, code, text } = await converse(bw.port, head("Transfer-Encoding: chunked\r\n\r\n" + chunks));
    assert.equal(status, 400, text);
    assert.equal(code, "request_malformed");
  });

// Paths are the vendor's to understand: whatever stands in them, they go to its own host, as
// they were written, behind the base path; but none of them may lead above that.
for (const path of ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "/..\\secret", "/a/.%2E/../secret", "/..;/secret", "//../secret"])
  test(`the path ${path} is refused, since it leads above the base path`, async () => {
    const before = heard.length;
    const { status, code } = await converse(bw.port, head("Connection: close\r\n\r\n", "GET", path));
    assert.deepEqual([status, code, heard.length], [403, "path_forbidden", before]);
  });

for (const path of ["/a/../b", "/a/%2e%2e/b", "/...", "//elsewhere.test/secret", "/@elsewhere.test/secret", "/%0d%0aX-Injected:%201", "/%00", "/a?b=%0d%0a&c=//d"])
  test(`the path ${path} goes to the vendor as it is written`, async () => {
    const { status } = await converse(bw.port, head("Connection: close\r\n\r\n", "GET", path));
    assert.equal(status, 200);
    const seen = heard.at(-1);
    assert.equal(seen.split("\r\n")[0], `GET /base${path} HTTP/1.1`);
    assert.match(seen, /^Host: 127\.0\.0\.1:\d+$/im);
    assert.doesNotMatch(seen, /^X-Injected/im);
  });

test("another host than the integration's is refused, however it is written", async () => {
  for (const host of ["elsewhere.test", "127.0.0.1:1", "127.0.0.1%3A1", "user@127.0.0.1", "localhost"]) {
    const { status, code, text } = await converse(bw.port, head("Connection: close\r\n\r\n", "GET", `/~host/${host}/secret`));
    assert.ok([403, 400, 404].includes(status), text);
    assert.ok(["host_forbidden", "route_unknown", "request_malformed"].includes(code), text);
  }
  assert.ok(!reached("/secret HTTP/1.1\r\nHost: elsewhere"));
});

test("a large upload that is refused hears why, and that its connection ends", async () => {
  const refused = await ask(`${bw.proxy(bad)}/upload`, { method: "POST", body: "x".repeat(8 << 20), headers: { authorization: `Bearer bw_${"x".repeat(40)}` } });
  assert.deepEqual([refused.status, refused.json.code, refused.headers.connection], [401, "key_unknown", "close"]);
});

test("a body larger than the admin API takes is 413, and one nested too deeply 422", async () => {
  const api = (body) => ask(`${bw.url}/v1/stages`, { method: "POST", body, headers: { authorization: `Bearer ${adminKey}` } });
  const large = await api(JSON.stringify({ name: "x".repeat(2 << 20) }));
  assert.deepEqual([large.status, large.json.code, large.headers.connection], [413, "body_too_large", "close"]);
  const deep = await api("[".repeat(100000));
  assert.deepEqual([deep.status, deep.json.code], [422, "body_invalid"]);
});

test("the admin API says the same of bodies", async () => {
  const api = (lines) => `POST /v1/stages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${adminKey}\r\n${lines}`;
  assert.equal((await converse(bw.port, api("Content-Length: 100\r\n\r\n{"))).code, "request_timeout");
  assert.equal((await converse(bw.port, api("Transfer-Encoding: chunked\r\n\r\nx\r\n"))).code, "request_malformed");
});

test("a caller that never reads is left, and so is the vendor that it does not read from", async () => {
  const wire = await dial(bw.port);
  wire.socket.pause();
  wire.send(head("\r\n", "GET", "/", drip));
  await until("the call at the vendor", () => endless.open === 1);
  await until("the vendor to be left", () => endless.open === 0);
  wire.close();
  const line = await until("its line in the log", () => bw.log("call").find((l) => l.account === drip.id));
  assert.equal(line.caller_gone, true);
});

test("a hundred callers that leave in the middle of their requests leave nothing behind", async () => {
  const texts = [head("Content-Length: 1000\r\n\r\nabc"), head("X-Half"), head("\r\n", "GET", "/", drip), "G"];
  const wires = await Promise.all(Array.from({ length: 100 }, () => dial(bw.port)));
  wires.forEach((wire, i) => wire.send(texts[i % texts.length]));
  await until("some of it at the vendor", () => endless.open > 0);
  wires.forEach((wire) => wire.socket.resetAndDestroy());
  for (const account of [bad, drip])
    await until("all places to be free again", async () => (await bw.api("GET", `accounts/${account.id}`)).standing?.calls === 0);
  await until("the vendor to be left", () => endless.open === 0);
});

test("a caller that sends too slowly is not the vendor's failure", async () => {
  const strict = { failures: 1, open: "1h", open_max: "1h" };
  await bw.put(plain("uploads", (await holdingVendor()).url, { resilience: { timeouts: { total: "500ms" }, breaker: strict, account_breaker: strict } }));
  const account = await bw.account("uploads");
  const wire = await dial(bw.port);
  wire.send(head("Transfer-Encoding: chunked\r\n\r\n", "PUT", "/slow", account));
  const drip = setInterval(() => wire.send("1\r\nx\r\n"), 50);
  await until("its answer", () => wire.text.includes("\r\n\r\n{")).finally(() => clearInterval(drip));
  wire.close();
  assert.match(wire.text, /^HTTP\/1\.1 (408|504) [\s\S]*"code":"(request_timeout|outcome_unknown)"/);
  assert.match(wire.text, /body/);
  const { standing } = await bw.api("GET", `accounts/${account.id}`);
  assert.deepEqual([standing.breaker.state, standing.breaker.failures, (await bw.api("GET", "breakers/uploads")).state], ["closed", 0, "closed"]);
});

test("pipelined requests are answered one after the other, in order", async () => {
  const wire = await dial(bw.port);
  wire.send(Array.from({ length: 20 }, (_, i) => head("\r\n", "GET", `/in-order/${i}`)).join(""));
  await until("twenty answers", () => wire.text.split("HTTP/1.1 200").length === 21);
  const order = heard.filter((text) => text.includes("/in-order/")).map((text) => Number(/in-order\/(\d+)/.exec(text)[1]));
  assert.deepEqual(order, Array.from({ length: 20 }, (_, i) => i));
  wire.close();
});

test("5,000 idle connections are in nobody's way", async () => {
  const wires = [];
  while (wires.length < 5000) wires.push(...await Promise.all(Array.from({ length: 250 }, () => dial(bw.port))));
  await healthy.check();
  await callWell();
  const open = Number(/^breakwater_connections (\d+)/m.exec(await (await fetch(`${bw.url}/metrics`)).text())[1]);
  assert.ok(open >= 5000, `${open} connections`);
  wires[4999].send(head("\r\n", "GET", "/after-all"));
  await until("an answer on the last of them", () => wires[4999].text.startsWith("HTTP/1.1 200"));
  wires.forEach((wire) => wire.close());
});

test("room is made on whichever worker has an idle connection", async () => {
  const small = await breakwater({ flags: ["--connections-max", "8", "--workers", "4"] });
  const kept = await Promise.all(Array.from({ length: 8 }, () => dial(small.port)));
  for (let i = 0; i < 60; i++) {
    const wire = await dial(small.port);
    kept.push(wire);
    wire.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    await until("an answer", () => wire.text.includes("\r\n\r\n"));
    assert.match(wire.text, /^HTTP\/1\.1 200 /);
  }
  assert.ok(kept.filter((wire) => !wire.closed).length <= 12);
  kept.forEach((wire) => wire.close());
});

test("past the most connections idle ones make room, and without idle ones the answer is 503", async () => {
  const small = await breakwater({ flags: ["--connections-max", "20", "--workers", "1"] }), held = await holdingVendor();
  await small.put(plain("held", held.url));
  const account = await small.account("held"), callKey = await small.callKey();
  const idle = await Promise.all(Array.from({ length: 20 }, () => dial(small.port)));
  const busy = [];
  while (busy.length < 20) {
    const wire = await dial(small.port);
    wire.send(`GET /proxy/${account.id}/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${callKey}\r\n\r\n`);
    busy.push(wire);
    await until("the call at the vendor", () => held.waiting.length === busy.length);
  }
  await until("the idle ones to have made room", () => idle.every((wire) => wire.closed));
  const { status, code, text } = await converse(small.port, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.deepEqual([status, code], [503, "overloaded"]);
  assert.match(text, /^Retry-After: 1\r$/m);
  held.release();
  await until("every call's answer", () => busy.every((wire) => wire.text.startsWith("HTTP/1.1 200")));
  await until("room", () => ask(`${small.url}/healthz`).then((a) => a.status === 200, () => false));
  busy.forEach((wire) => wire.close());
});
