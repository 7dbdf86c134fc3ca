// Vendors behind TLS: who is trusted, over which protocol, and that connections are kept.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createSecureServer } from "node:http2";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createServer } from "node:tls";
import { authority } from "./support/certs.mjs";
import { digestOf, drink, MiB, open, pour, vendorOf, watchMemory } from "./support/bulk.mjs";
import { plain } from "./support/documents.mjs";
import { nginx, noNginx } from "./support/nginx.mjs";
import { breakwater, releaseProgram, stopAll, stopLater, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

const skip = noNginx;
const windowBytes = 32 * MiB; // libcurl lets a vendor send so much ahead in an HTTP/2 stream
const protocols = [["HTTP/1.1", "1.1"], ["HTTP/2.0", "2"]];
let ours, good, bw, key, web, held;

before(async () => {
  if (skip) return;
  ours = authority();
  const behind = await vendorOf((request, response) => held(request, response));
  good = ours.sign("good");
  web = await nginx({ cert: good, locations: `
    location /who { return 200 "$server_protocol $ssl_protocol"; }
    location /hold/ { proxy_pass ${behind.url}; proxy_buffering off; proxy_request_buffering off; proxy_http_version 1.1; }
    location /put/ { dav_methods PUT; create_full_put_path on; }
    location /get/ { }` });
  bw = await breakwater({ flags: ["--upstream-ca", ours.ca, "--workers", "1"] });
  key = await bw.callKey();
});
after(stopAll);

let names = 0;
async function accountOf(url, http = "1.1", resilience = {}) {
  const name = `tls-${++names}`;
  await bw.put(plain(name, url, { http, resilience: { account_concurrency: 1000, ...resilience } }));
  return bw.account(name);
}

// A vendor made of a function, over both protocols.
async function speaking(serve) {
  const server = createSecureServer({ ...good.options, allowHTTP1: true }, serve);
  const sockets = new Set();
  server.on("secureConnection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stopLater(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `https://127.0.0.1:${server.address().port}`;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 200 });
const call = (account, path, { headers = {}, ...more } = {}) =>
  ask(bw.proxy(account) + path, { agent, ...more, headers: { authorization: `Bearer ${key}`, ...headers } });
const opened = (account, path, { headers = {}, ...more } = {}) =>
  open(bw.proxy(account) + path, { ...more, headers: { authorization: `Bearer ${key}`, ...headers } });
const asked = (path) => web.asked().filter((line) => line.request.includes(path));

for (const [protocol, version] of protocols) {
  test(`calls go over ${protocol} and TLS 1.3, and over connections that are kept`, { skip }, async () => {
    const account = await accountOf(web.url, version);
    const mark = `/who?${version}-${randomBytes(4).toString("hex")}`;
    for (let i = 0; i < 50; i++) assert.equal((await call(account, mark)).text, `${protocol} TLSv1.3`);
    await until("nginx's log", () => asked(mark).length === 50);
    const connections = new Set(asked(mark).map((line) => line.connection));
    assert.equal(connections.size, 1);
    assert.ok(asked(mark).every((line) => line.protocol === protocol));
  });

  test(`a hundred calls at once over ${protocol}: each has its own answer`, { skip }, async () => {
    const account = await accountOf(web.url, version);
    const waiting = [];
    held = (request, response) => {
      waiting.push(() => response.end(request.url));
      if (waiting.length === 100) for (const answer of waiting.reverse()) answer();
    };
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => call(account, `/hold/${version}/${i}`)));
    answers.forEach((answer, i) => assert.equal(answer.text, `/hold/${version}/${i}`));
    await until("nginx's log", () => asked(`/hold/${version}/`).length === 100);
    const connections = new Set(asked(`/hold/${version}/`).map((line) => line.connection));
    assert.equal(connections.size, version === "2" ? 1 : 100);
  });

  test(`bodies of 64 MiB pass whole over ${protocol}, both ways`, { skip }, async () => {
    const account = await accountOf(web.url, version), bytes = 64 * MiB;
    const up = opened(account, `/put/up-${version}`, { method: "PUT", headers: { "content-length": String(bytes) } });
    await pour(up.request, bytes);
    up.request.end();
    assert.equal((await up.answer).statusCode, 201);
    const stored = createHash("sha256").update(readFileSync(join(web.root, `put/up-${version}`))).digest("hex");
    assert.equal(stored, digestOf(bytes));
    const down = opened(account, `/put/up-${version}`);
    down.request.end();
    assert.deepEqual(await drink(await down.answer), { bytes, sha256: digestOf(bytes) });
  });

  test(`a caller who does not read over ${protocol} keeps no other call waiting`, { skip }, async () => {
    const account = await accountOf(web.url, version), bytes = 32 * MiB;
    writeFileSync(join(web.root, "large"), Buffer.alloc(bytes));
    const slow = await Promise.all(Array.from({ length: 4 }, async () => {
      const { request, answer } = opened(account, "/large");
      request.end();
      return answer;
    }));
    for (let i = 0; i < 40; i++) assert.equal((await call(account, "/who", { headers: { "x-breakwater-deadline-ms": "5000" } })).status, 200);
    for (const response of slow) assert.equal((await drink(response)).bytes, bytes);
  });

  test(`a caller who leaves a read over ${protocol} lets the vendor go, and the others stay`, { skip }, async () => {
    const left = [], answers = {};
    const account = await accountOf(await speaking((request, response) => {
      request.on("aborted", () => left.push(request.url));
      response.write("some");
      answers[request.url] = response;
    }), version);
    const staying = call(account, "/stays");
    await until("a call at the vendor", () => answers["/stays"]);
    const { request, answer } = opened(account, "/leaves");
    request.end();
    await once(await answer, "data");
    request.destroy();
    await until("the vendor to be left", () => left.includes("/leaves"));
    answers["/stays"].end(" more");
    assert.equal((await staying).text, "some more");
    const alone = opened(account, "/alone");
    alone.request.end();
    await once(await alone.answer, "data");
    alone.request.destroy();
    await until("the vendor to be left again", () => left.includes("/alone"));
    assert.deepEqual(left, ["/leaves", "/alone"]);
  });
}

test("256 MiB over HTTP/2 need little memory; a caller who does not read, a window of it", { skip }, async (context) => {
  const bytes = 256 * MiB;
  writeFileSync(join(web.root, "huge"), Buffer.alloc(bytes));
  const release = await breakwater({ flags: ["--upstream-ca", ours.ca, "--workers", "1"], binary: releaseProgram });
  await release.put(plain("huge", web.url, { http: "2" }));
  const account = await release.account("huge"), releaseKey = await release.callKey();
  const get = () => {
    const { request, answer } = open(release.proxy(account) + "/huge", { headers: { authorization: `Bearer ${releaseKey}` } });
    request.end();
    return answer;
  };
  let memory = watchMemory(release.pid);
  assert.equal((await drink(await get())).bytes, bytes);
  context.diagnostic(`read: memory grew by ${(memory.growth() / MiB).toFixed(1)} MiB`);
  assert.ok(memory.growth() < 16 * MiB);
  memory = watchMemory(release.pid);
  const unread = await Promise.all([get(), get(), get()]);
  assert.equal((await drink(await get())).bytes, bytes);
  context.diagnostic(`unread: memory grew by ${(memory.growth() / MiB).toFixed(1)} MiB`);
  assert.ok(memory.growth() < 16 * MiB + unread.length * windowBytes);
  for (const response of unread) response.destroy();
});

// A server with a certificate, which counts what it was sent behind the handshake.
async function guarded(certificate) {
  const it = { bytes: 0, hands: 0 };
  const server = createServer({ ...certificate.options, ALPNProtocols: ["h2", "http/1.1"] }, (socket) => {
    socket.on("data", (data) => (it.bytes += data.length));
    socket.on("error", () => {});
  });
  server.on("connection", () => it.hands++);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stopLater(() => server.close());
  return Object.assign(it, { url: `https://127.0.0.1:${server.address().port}` });
}

for (const [what, certificate, why] of [
  ["of an unknown authority", () => authority("Stranger").sign("stranger"), /unable to get local issuer certificate|self-signed certificate in/],
  ["for another name", () => ours.sign("elsewhere", { names: "DNS:elsewhere.test" }), /IP address mismatch|does not match|no alternative certificate subject name/i],
  ["that is over", () => ours.sign("over", { days: -1 }), /certificate has expired/],
])
  test(`a certificate ${what} is refused with the reason, and nothing is sent`, { skip }, async () => {
    const vendor = await guarded(certificate());
    for (const [protocol, version] of protocols) {
      const account = await accountOf(vendor.url, version);
      const answer = await call(account, "/secret", { method: "POST", body: "secret" });
      assert.equal(answer.status, 502, protocol);
      assert.equal(answer.json.code, "upstream_tls", protocol);
      assert.match(answer.json.detail, why, protocol);
      assert.equal(answer.json.sent, false, protocol);
      assert.match(answer.json.mend, /upstream_ca/);
    }
    assert.ok(vendor.hands >= 2);
    assert.equal(vendor.bytes, 0);
  });

test("a vendor that speaks no TLS is told as such, and nothing is sent in the clear", { skip }, async () => {
  const vendor = await vendorOf(() => assert.fail("it was asked"));
  for (const [, version] of protocols) {
    const account = await accountOf(vendor.url.replace("http:", "https:"), version);
    const answer = await call(account, "/", { headers: { "x-breakwater-retry": "never" } });
    assert.equal(answer.status, 502);
    assert.equal(answer.json.code, "upstream_tls");
    assert.ok(answer.json.detail);
  }
});
