// Vendors that answer with what is no answer, or with one that does not end, or ends too
// early. Their callers hear what happened; those of another vendor notice nothing.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { plain } from "./support/documents.mjs";
import { keepCalling } from "./support/healthy.mjs";
import { breakwater, root, simulator, sleep, stopAll, until } from "./support/run.mjs";
import { answerOf, rawVendor } from "./support/vendor.mjs";
import { ask } from "./support/wire.mjs";

const errorShape = { message: [{ from: "/message" }], code: [{ from: "/code" }] };
const many = (n, line) => Array.from({ length: n }, (_, i) => line(i)).join("");
const ok = (lines, body = "") => `HTTP/1.1 200 OK\r\n${lines}\r\n${body}`;
let bw, sim, vendor, key, bad, simulated, healthy, answers = {};

before(async () => {
  sim = await simulator({ script: join(root, "tests/e2e/support/vendor.json") });
  vendor = await rawVendor((socket, path) => answers[path](socket));
  bw = await breakwater();
  await bw.put(plain("hostile", vendor.url, { errors: errorShape, resilience: { timeouts: { first_byte: "300ms", idle: "300ms" } } }));
  await bw.put(plain("simulated", `${sim.anotherHost()}/any`, { resilience: { timeouts: { first_byte: "300ms", idle: "300ms" } } }));
  await bw.put(plain("healthy", `${sim.url}/healthy`));
  [bad, simulated] = [await bw.account("hostile"), await bw.account("simulated")];
  key = await bw.callKey();
  const good = await bw.account("healthy");
  healthy = keepCalling(async () => assert.deepEqual((await call(good, "/things/1")).json, { id: "1" }));
});
afterEach(() => healthy.check());
after(stopAll);

const call = (account, path, headers = {}, more = {}) => ask(bw.proxy(account) + path,
  { ...more, headers: { authorization: `Bearer ${key}`, ...headers } });
const once = { "x-breakwater-retry": "never" };

// One call of a vendor that does `answer` with its connection; text is written, and the
// connection closed behind it.
let turns = 0;
async function hear(answer, headers = {}, more) {
  const path = `/turn/${++turns}`;
  answers[path] = typeof answer === "string" ? (socket) => socket.end(answer, "latin1") : answer;
  return call(bad, path, { ...once, ...headers }, more).catch((error) => ({ cut: true, error }));
}

// Answers that are no HTTP, and a word of what we say of them.
const invalid = [
  ["noise", "\x00\x01\x02\xff garbage \r\n\r\n", "begin with HTTP/1"],
  ["the greeting of another protocol", "220 mail.example.com ESMTP\r\n", "begin with HTTP/1"],
  ["a version that is none", "HTTP/1.9x 200 OK\r\n\r\n"],
  ["a status that is no number", "HTTP/1.1 abc OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["both a length and chunks", ok("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n"), "beside"],
  ["two lengths", ok("Content-Length: 2\r\nContent-Length: 3\r\n", "okk"), "twice"],
  ["a length below zero", ok("Content-Length: -2\r\n", "ok")],
  ["a length past 64 bits", ok("Content-Length: 99999999999999999999\r\n", "ok")],
  ["a coding that nobody knows", ok("Transfer-Encoding: rot13\r\n", "bx")],
  ["lines that end with LF alone", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "LF alone"],
  ["a NUL in a header", ok("X-A: a\0b\r\nContent-Length: 2\r\n", "ok")],
  ["a CR in a header", ok("X-A: a\rSet-Cookie: b\r\nContent-Length: 2\r\n", "ok"), "CR"],
  ["a folded header", ok("X-A: a\r\n b\r\nContent-Length: 2\r\n", "ok"), "folded"],
  ["a blank before a colon", ok("Content-Length : 2\r\n", "ok")],
  ["1,000 headers", ok(many(1000, (i) => `X-${i}: y\r\n`) + "Content-Length: 2\r\n", "ok"), "256 lines"],
  ["a header of a megabyte", ok(`X-A: ${"y".repeat(1 << 20)}\r\nContent-Length: 2\r\n`, "ok"), "64 KiB"],
  ["a protocol that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: tls\r\nConnection: upgrade\r\n\r\n", "protocol"],
  ["interim answers without end", many(1000, () => "HTTP/1.1 102 Processing\r\n\r\n"), "interim"],
];
for (const [what, answer, word] of invalid)
  test(`${what} from a vendor: 502 that says so`, async () => {
    const { status, json } = await hear(answer);
    assert.equal(status, 502);
    assert.equal(json.code, "upstream_invalid");
    assert.match(json.detail, /the answer is not valid HTTP: /);
    assert.ok(json.detail.includes(word ?? " "), json.detail);
    assert.equal(json.attempts, 1);
  });

for (const [what, answer] of [["closes without a word", (socket) => socket.end()], ["resets without a word", (socket) => socket.resetAndDestroy()],
  ["closes in the middle of the head", "HTTP/1.1 200 OK\r\nContent-Le"]])
  test(`a vendor that ${what}: 502`, async () => {
    const { status, json } = await hear(answer);
    assert.equal(status, 502);
    assert.equal(json.code, "upstream_reset");
    assert.equal(json.sent, true);
  });

for (const [what, answer] of [["is silent", () => {}], ["stops in the middle of the head", (socket) => socket.write("HTTP/1.1 200 OK\r\nX-A: ")]])
  test(`a vendor that ${what}: 504 when its time is over`, async () => {
    const { status, json } = await hear(answer);
    assert.equal(status, 504);
    assert.equal(json.code, "upstream_timeout");
    assert.match(json.detail, /\(300 ms\)/);
  });

const begun = (lines, body, then) => (socket) => {
  socket.write(ok(lines, body));
  setTimeout(() => then(socket), 50);
};
for (const [what, answer] of [
  ["says more than it sends, and closes", begun("Content-Length: 100\r\n", "half", (socket) => socket.end())],
  ["closes in the middle of a chunk", begun("Transfer-Encoding: chunked\r\n", "64\r\nhalf", (socket) => socket.end())],
  ["closes before the last chunk", begun("Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n", (socket) => socket.end())],
  ["resets in the middle of a body", begun("Content-Length: 100\r\n", "half", (socket) => socket.resetAndDestroy())],
  ["stops in the middle of a body", begun("Content-Length: 100\r\n", "half", () => {})],
  ["breaks the framing half way", begun("Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n", (socket) => socket.write("what?\r\n"))],
])
  test(`a vendor that ${what}: the caller sees that the answer is not whole`, async () => {
    assert.equal((await hear(answer)).cut, true);
    const line = await until("its line in the log", () => bw.log("call").find((l) => l.path === `/turn/${turns}`));
    assert.equal(line.vendor_status, 200);
  });

test("a failed attempt that ends in the middle of a body is no answer, and is tried again", async () => {
  let asked = 0;
  answers["/again"] = (socket) => {
    if (++asked === 1) socket.end("HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nhalf");
    else socket.write(answerOf("whole"));
  };
  const { status, text, headers } = await call(bad, "/again");
  assert.deepEqual([status, text, headers["x-breakwater-attempts"]], [200, "whole", "2"]);
});

test("bytes behind an answer are not taken for the next one", async () => {
  for (let i = 0; i < 3; i++) {
    const { status, text } = await hear((socket) => socket.write(answerOf("mine") + answerOf("poison")));
    assert.deepEqual([status, text], [200, "mine"]);
  }
});

test("bytes that come while nobody asks are not taken for an answer", async () => {
  const first = await hear((socket) => {
    socket.write(answerOf("mine"));
    setTimeout(() => socket.write(answerOf("poison")), 20);
  });
  assert.equal(first.text, "mine");
  await sleep(100);
  assert.equal((await hear((socket) => socket.write(answerOf("next")))).text, "next");
});

test("a body on an answer that has none is not taken for the next one", async () => {
  for (const [method, head] of [["GET", "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody"],
    ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody"], ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"]]) {
    const answer = await hear((socket) => socket.write(head), {}, { method });
    assert.equal(answer.text, "", `${answer.error}`);
    assert.equal((await hear((socket) => socket.write(answerOf("next")))).text, "next");
  }
});

test("a vendor that never ends is left when its caller leaves", async () => {
  const piece = "1000\r\n" + "x".repeat(4096) + "\r\n";
  const leaving = new AbortController();
  let left = false, pieces = 0;
  const heard = hear((socket) => {
    const drip = setInterval(() => { pieces++; socket.write(piece); }, 2);
    socket.on("close", () => { clearInterval(drip); left = true; });
    socket.write(ok("Transfer-Encoding: chunked\r\n"));
  }, {}, { signal: leaving.signal });
  await until("a hundred pieces", () => pieces > 100);
  leaving.abort();
  assert.equal((await heard).cut, true);
  await until("the vendor to be left", () => left);
});

test("a vendor that never ends is cut at the caller's deadline", async () => {
  const { cut } = await hear((socket) => {
    const drip = setInterval(() => socket.write("1\r\nx\r\n"), 2);
    socket.on("close", () => clearInterval(drip));
    socket.write(ok("Transfer-Encoding: chunked\r\n"));
  }, { "x-breakwater-deadline-ms": "200" });
  assert.equal(cut, true);
});

test("a body whose end is the connection's comes whole", async () => {
  const { status, text } = await hear(ok("", "all of it"));
  assert.deepEqual([status, text], [200, "all of it"]);
});

// Bodies of errors are looked into: what is in them must not matter.
const nested = '{"message":'.repeat(20000);
const bomb = gzipSync(Buffer.alloc(32 << 20, " "));
for (const [what, lines, body] of [
  ["20,000 levels deep", "Content-Type: application/json\r\n", Buffer.from(nested)],
  ["of broken UTF-8", "Content-Type: application/json\r\n", Buffer.from('{"message":"\xff\xfe\x00"}', "latin1")],
  ["that is a bomb", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", bomb],
  ["that says gzip and is not", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", Buffer.from("plain")],
  ["of a megabyte", "Content-Type: application/json\r\n", Buffer.from(`{"message":"${"m".repeat(1 << 20)}"}`)],
])
  test(`an error with a body ${what} is passed on as it is`, async () => {
    const { status, headers, text } = await hear((socket) => {
      socket.write(`HTTP/1.1 422 No\r\n${lines}Content-Length: ${body.length}\r\n\r\n`);
      socket.write(body);
    });
    assert.equal(status, 422);
    assert.equal(headers["content-length"], String(body.length));
    assert.equal(text, body.toString("utf8"));
  });

test("an error's text with control characters stands escaped in a problem document", async () => {
  const body = JSON.stringify({ message: "a\r\nSet-Cookie: b\u0000\u2028", code: "\r\nX: y" });
  const { json, raw } = await hear((socket) => socket.end(answerOf(body).replace("200 OK", "400 No")), { "x-breakwater-errors": "problem" });
  assert.deepEqual([json.vendor.message, json.vendor.code], ["a\r\nSet-Cookie: b\u0000\u2028", "\r\nX: y"]);
  assert.ok(!raw.includes("Set-Cookie"));
});

for (const value of ["soon", "-5", "1e9", "99999999999999999999999", "Thu, 99 Foo 2099 99:99:99 GMT", "", "0"])
  test(`a 429 with "Retry-After: ${value}" still says whole seconds`, async () => {
    const { status, headers } = await hear(`HTTP/1.1 429 Slow\r\nRetry-After: ${value}\r\nContent-Length: 0\r\n\r\n`);
    assert.equal(status, 429);
    assert.match(headers["retry-after"], /^\d+$/);
  });

test("links that are none stay as they are", async () => {
  const link = '<http://[::1>; rel="next", <<<>>>, ;;;, <//>; rel=, <http://a:b:c/>; rel="x"';
  const { status, headers } = await hear(ok(`Link: ${link}\r\nLocation: http://[\r\nContent-Length: 2\r\n`, "{}"));
  assert.equal(status, 200);
  assert.deepEqual([headers.link, headers.location], [link, "http://["]);
});

for (const fault of [{ malformed: "both_lengths" }, { malformed: "bare_lf" }, { malformed: "version" }, { instead: "garbage" }, { extra_headers: 1000 }, { header_bytes: 1 << 20 }])
  test(`the simulator's ${JSON.stringify(fault)}: 502`, async () => {
    await sim.inject("/any/", fault, { count: 1 });
    const { status, json } = await call(simulated, "/things/1", once);
    assert.deepEqual([status, json.code], [502, "upstream_invalid"]);
    assert.equal((await call(simulated, "/things/1")).status, 200);
  });

for (const fault of [{ cut: { after: 3, then: "reset" } }, { cut: { after: 3, then: "close" } }, { length_off: 10 }, { malformed: "bad_chunk" }, { cut: { after: 3, then: "hang" } }])
  test(`the simulator's ${JSON.stringify(fault)}: the answer is seen not to be whole`, async () => {
    await sim.inject("/any/", fault, { count: 1 });
    await assert.rejects(call(simulated, "/things/1", once));
    assert.equal((await call(simulated, "/things/1")).status, 200);
  });

test("the process has lived through all of it, and found nothing odd", async () => {
  const metrics = await (await fetch(`${bw.url}/metrics`)).text();
  assert.match(metrics, /^breakwater_odd_total 0$/m);
  assert.equal(bw.child.exitCode, null);
});
