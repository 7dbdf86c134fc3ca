// Breakwater's own listeners: TLS with certificates that change, and what is served where.
import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import https from "node:https";
import { connect } from "node:tls";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { authority } from "./support/certs.mjs";
import { digestOf, drink, MiB, pour, vendorOf } from "./support/bulk.mjs";
import { plain } from "./support/documents.mjs";
import { adminKey, breakwater, folder, freePort, stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

let ours, vendor, held;

before(async () => {
  ours = authority();
  vendor = await vendorOf(async (request, response) => {
    if (request.url.startsWith("/hold")) return void (held = response);
    if (request.method === "PUT") return response.end(JSON.stringify(await drink(request)));
    response.end(request.url);
  });
});
after(stopAll);

// A Breakwater behind TLS with a certificate that can be exchanged.
async function secured(name) {
  const dir = folder(), cert = join(dir, "cert.pem"), key = join(dir, "key.pem");
  const use = (pair) => {
    copyFileSync(pair.cert, cert);
    copyFileSync(pair.key, key);
  };
  use(ours.sign(name));
  const bw = await breakwater({ flags: ["--tls-cert", cert, "--tls-key", key] });
  const agent = new https.Agent({ keepAlive: true, ca: ours.pem });
  const send = (path, { headers = {}, ...more } = {}) => ask(bw.url + path, { agent, ca: ours.pem, ...more, headers: { authorization: `Bearer ${adminKey}`, ...headers } });
  bw.api = async (method, path, body) => {
    const answer = await send(`/v1/${path}`, { method, body: body && JSON.stringify(body), headers: body ? { "content-type": "application/json" } : {} });
    assert.ok(answer.status < 300, answer.text);
    return answer.text ? answer.json : {};
  };
  await bw.put(plain("vendor", vendor.url));
  bw.caller = (await bw.account("vendor")).id;
  const reload = async (what) => {
    const before = bw.log("reload").length;
    bw.child.kill("SIGHUP");
    return until(`the reload of ${what}`, () => bw.log("reload")[before]);
  };
  return { bw, send, use, reload, cert, key };
}

// The name in the certificate that a new connection is shown.
function shown(port, options = {}) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", ca: ours.pem, ...options }, () => {
      resolve({ cn: socket.getPeerCertificate().subject.CN, protocol: socket.getProtocol(), alpn: socket.alpnProtocol });
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("the listener speaks TLS 1.2 and 1.3 and HTTP/1.1, and nothing older", async () => {
  const { bw, send } = await secured("first");
  assert.equal((await send(`/proxy/${bw.caller}/hello`)).text, "/hello");
  assert.deepEqual(await shown(bw.port, { ALPNProtocols: ["h2", "http/1.1"] }), { cn: "first", protocol: "TLSv1.3", alpn: "http/1.1" });
  assert.equal((await shown(bw.port, { maxVersion: "TLSv1.2" })).protocol, "TLSv1.2");
  await assert.rejects(shown(bw.port, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }));
  await assert.rejects(ask(`http://127.0.0.1:${bw.port}/healthz`));
  assert.equal((await send("/healthz")).status, 200);
});

test("bodies pass whole through the listener's TLS, both ways", async () => {
  const { bw, send } = await secured("bulk");
  const request = https.request(`${bw.url}/proxy/${bw.caller}/`, { method: "PUT", ca: ours.pem, agent: false,
    headers: { authorization: `Bearer ${adminKey}`, "content-length": 32 * MiB } });
  const answered = new Promise((resolve, reject) => request.on("response", resolve).on("error", reject));
  await pour(request, 32 * MiB);
  request.end();
  let text = "";
  for await (const chunk of await answered) text += chunk;
  assert.deepEqual(JSON.parse(text), { bytes: 32 * MiB, sha256: digestOf(32 * MiB) });
  assert.equal((await send("/readyz")).status, 200);
});

test("a reload shows the new certificate and drops no connection and no call", async () => {
  const { bw, send, use, reload } = await secured("before");
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: ours.pem });
  const sockets = new Set();
  agent.on("free", (socket) => sockets.add(socket));
  assert.equal((await send(`/proxy/${bw.caller}/kept`, { agent })).status, 200);
  held = null;
  const waiting = send(`/proxy/${bw.caller}/hold`);
  await until("a call under way", () => held);
  use(ours.sign("after"));
  assert.equal((await reload("the certificate")).level, "info");
  await until("the new certificate", async () => (await shown(bw.port)).cn === "after");
  assert.equal((await send(`/proxy/${bw.caller}/kept`, { agent })).status, 200);
  assert.equal(sockets.size, 1);
  held.end("whole");
  assert.equal((await waiting).text, "whole");
});

test("a certificate that cannot be used is said and changes nothing", async () => {
  const { bw, send, use, reload, cert } = await secured("good");
  writeFileSync(cert, "no certificate");
  const line = await reload("a bad certificate");
  assert.equal(line.level, "error");
  assert.ok(line.message.includes(cert), line.message);
  assert.equal((await shown(bw.port)).cn, "good");
  const [one, other] = [ours.sign("one"), ours.sign("other")];
  use({ cert: one.cert, key: other.key });
  assert.equal((await reload("a key of another certificate")).level, "error");
  assert.equal((await shown(bw.port)).cn, "good");
  use(one);
  assert.equal((await reload("a good pair")).level, "info");
  await until("the new certificate", async () => (await shown(bw.port)).cn === "one");
  assert.equal((await send(`/proxy/${bw.caller}/x`)).status, 200);
});

test("many reloads in a row under load fail no connection", async () => {
  const { bw, send, use } = await secured("storm");
  let calls = 0, on = true;
  const load = Array.from({ length: 4 }, async () => {
    while (on) {
      assert.equal((await send(`/proxy/${bw.caller}/x`, { agent: false })).status, 200);
      calls++;
    }
  });
  for (let i = 0; i < 60; i++) {
    if (i % 20 === 0) use(ours.sign(`storm-${i}`));
    bw.child.kill("SIGHUP");
    await new Promise((resolve) => setTimeout(resolve, i % 3));
  }
  const some = calls + 20;
  await until("calls after the storm", () => calls > some);
  on = false;
  await Promise.all(load);
  await until("the last certificate", async () => (await shown(bw.port)).cn === "storm-40");
});

test("the admin API and metrics are where they were split off to, and only there", async () => {
  const [admin, bound] = [await freePort(), await freePort()];
  const bw = await breakwater({ flags: ["--admin-listen", `127.0.0.1:${admin}`, "--account-listen", `127.0.0.1:${bound}=acme`] });
  assert.match(bw.out, new RegExp(`^admin 127.0.0.1:${admin}$`, "m"));
  assert.match(bw.out, new RegExp(`^account 127.0.0.1:${bound} acme$`, "m"));
  const { url } = bw;
  const headers = { authorization: `Bearer ${adminKey}` };
  bw.url = `http://127.0.0.1:${admin}`;
  await bw.put(plain("vendor", vendor.url));
  const account = await bw.account("vendor", { external_id: "acme" });
  for (const path of ["/v1/accounts", "/metrics", "/openapi.json"]) {
    assert.equal((await ask(bw.url + path, { headers })).status, 200, path);
    assert.equal((await ask(url + path, { headers })).status, 404, path);
  }
  assert.equal((await ask(`${url}/proxy/${account.id}/call`, { headers })).text, "/call");
  assert.equal((await ask(`${bw.url}/proxy/${account.id}/call`, { headers })).status, 404);
  assert.equal((await ask(`http://127.0.0.1:${bound}/v1/accounts`, { headers })).text, "/v1/accounts");
  assert.equal((await ask(`${url}/by-host`, { headers, host: "acme.localhost" })).text, "/by-host");
  for (const at of [url, bw.url]) assert.equal((await ask(`${at}/healthz`)).text, "alive\n");
});
