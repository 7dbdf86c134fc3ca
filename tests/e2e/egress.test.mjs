// Vendors that are reached through an egress proxy, which asks for a name, or says no.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { createSecureServer } from "node:http2";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { authority } from "./support/certs.mjs";
import { digestOf, drink, MiB, open, pour, vendorOf } from "./support/bulk.mjs";
import { plain } from "./support/documents.mjs";
import { breakwater, program, start, stopAll, stopLater } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

const password = "egress-secret-word";
let ours, secure, clear, seen;

async function serve(request, response) {
  seen.push({ url: request.url, headers: request.headers });
  response.end(request.method === "PUT" ? JSON.stringify(await drink(request)) : `hello over ${request.httpVersion}`);
}

before(async () => {
  seen = [];
  ours = authority();
  const server = createSecureServer({ ...ours.sign("good").options, allowHTTP1: true }, serve);
  const sockets = new Set();
  server.on("secureConnection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stopLater(() => { server.close(); for (const socket of sockets) socket.destroy(); });
  secure = `https://127.0.0.1:${server.address().port}`;
  clear = (await vendorOf(serve)).url;
});
after(stopAll);

// A forward proxy. `tunnels` and `requests` are what it was asked; `answer` refuses them.
async function proxy({ user, answer } = {}) {
  const it = { tunnels: [], requests: [] };
  const wanted = user && `Basic ${Buffer.from(user).toString("base64")}`;
  const refusal = (headers) => (wanted && headers["proxy-authorization"] !== wanted ? "407 Proxy Authentication Required" : answer);
  const server = http.createServer((request, response) => {
    it.requests.push({ url: request.url, headers: request.headers });
    const no = refusal(request.headers);
    if (no) return response.writeHead(Number(no.slice(0, 3))).end();
    const { "proxy-authorization": _, ...headers } = request.headers;
    http.request(request.url, { method: request.method, headers, agent: false }, (from) => from.pipe(response.writeHead(from.statusCode, from.headers))).end();
  });
  const sockets = new Set();
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", (request, socket) => {
    it.tunnels.push({ target: request.url, headers: request.headers });
    socket.on("error", () => {});
    const no = refusal(request.headers);
    if (no) return socket.end(`HTTP/1.1 ${no}\r\nContent-Length: 0\r\n\r\n`);
    const [host, port] = request.url.split(":");
    const to = connect(port, host, () => {
      socket.write("HTTP/1.1 200 Established\r\n\r\n");
      to.pipe(socket).pipe(to);
    });
    to.setNoDelay(true).on("error", () => socket.destroy());
    socket.setNoDelay(true);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stopLater(() => { server.close(); for (const socket of sockets) socket.destroy(); });
  it.url = `http://${user ? `${user}@` : ""}127.0.0.1:${server.address().port}`;
  return it;
}

async function behind(url) {
  const bw = await breakwater({ flags: ["--egress-proxy", url, "--upstream-ca", ours.ca] });
  const key = await bw.callKey();
  const accounts = {};
  for (const [name, base, version] of [["one", secure, "1.1"], ["two", secure, "2"], ["clear", clear, "1.1"]]) {
    await bw.put(plain(name, base, { http: version }));
    accounts[name] = await bw.account(name);
  }
  const options = (more) => ({ ...more, headers: { authorization: `Bearer ${key}`, ...more.headers } });
  bw.call = (name, path, more = {}) => ask(bw.proxy(accounts[name]) + path, options(more));
  bw.open = (name, path, more = {}) => open(bw.proxy(accounts[name]) + path, options(more));
  return bw;
}

test("calls to vendors go through the egress proxy, which sees no word of them", async () => {
  const way = await proxy();
  const bw = await behind(way.url);
  for (const [name, version] of [["one", "1.1"], ["two", "2.0"], ["one", "1.1"]]) {
    const answer = await bw.call(name, "/secret-path?q=secret");
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text, `hello over ${version}`);
  }
  assert.ok(way.tunnels.length >= 2);
  for (const tunnel of way.tunnels) {
    assert.equal(`https://${tunnel.target}`, secure);
    assert.doesNotMatch(JSON.stringify(tunnel), /secret/);
    assert.equal(tunnel.headers["proxy-authorization"], undefined);
  }
});

test("a vendor without TLS is asked through the proxy as well", async () => {
  const way = await proxy();
  const bw = await behind(way.url);
  assert.equal((await bw.call("clear", "/plain")).text, "hello over 1.1");
  assert.equal(way.requests.length + way.tunnels.length, 1);
});

test("tunnels are kept for the calls that follow", async () => {
  const way = await proxy();
  const bw = await behind(way.url);
  for (const name of ["one", "two"]) {
    const before = way.tunnels.length;
    for (let i = 0; i < 20; i++) assert.equal((await bw.call(name, "/")).status, 200);
    assert.ok(way.tunnels.length - before <= 2, `${way.tunnels.length - before} tunnels for two workers`);
  }
});

test("large bodies pass whole through a tunnel", async () => {
  const bw = await behind((await proxy()).url);
  for (const name of ["one", "two"]) {
    const { request, answer } = bw.open(name, "/", { method: "PUT", headers: { "content-length": String(32 * MiB) } });
    await pour(request, 32 * MiB);
    request.end();
    let text = "";
    for await (const chunk of await answer) text += chunk;
    assert.deepEqual(JSON.parse(text), { bytes: 32 * MiB, sha256: digestOf(32 * MiB) });
  }
});

test("a name and password go to the proxy, not to the vendor, and stand nowhere else", async () => {
  const way = await proxy({ user: `egress:${password}` });
  const bw = await behind(way.url);
  seen.length = 0;
  for (const name of ["one", "two", "clear"]) assert.equal((await bw.call(name, "/")).status, 200, name);
  assert.equal(seen.length, 3);
  assert.doesNotMatch(JSON.stringify(seen), /proxy-authorization/i);
  const said = bw.err + bw.out + (await ask(`${bw.url}/metrics`)).text;
  assert.ok(!said.includes(password));
  assert.ok(!said.includes(Buffer.from(`egress:${password}`).toString("base64")));
  const shown = await start(program, ["serve", "--print-settings", "--egress-proxy", way.url]);
  await shown.exited;
  assert.match(shown.out, /egress_proxy/);
  assert.ok(!shown.out.includes(password), "the settings show the password");
});

test("a proxy that wants another name, or says no, is told as such; nothing reaches the vendor", async () => {
  for (const [way, status] of [[await proxy({ user: "egress:right" }), 407], [await proxy({ answer: "403 Forbidden" }), 403]]) {
    const bw = await behind(way.url.replace("right", "wrong"));
    seen.length = 0;
    for (const name of ["one", "two"]) {
      const answer = await bw.call(name, "/", { method: "POST", body: "x" });
      assert.equal(answer.status, 502);
      assert.equal(answer.json.code, "upstream_connect");
      assert.match(answer.json.detail, new RegExp(`${status}`));
      assert.equal(answer.json.sent, false);
    }
    assert.deepEqual(seen, []);
  }
});

test("without its proxy nothing goes out: vendors are never called directly", async () => {
  const bw = await behind("http://127.0.0.1:1");
  seen.length = 0;
  for (const name of ["one", "two", "clear"]) {
    const answer = await bw.call(name, "/");
    assert.equal(answer.status, 502, name);
    assert.equal(answer.json.code, "upstream_connect", name);
    assert.match(answer.json.detail, /127\.0\.0\.1:1\b/);
  }
  assert.deepEqual(seen, []);
});
