// Vendors that ask for a client certificate: nginx, Node's own server, OpenSSL's. Who shows
// what, that certificates never mix, and what is said when one is refused.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import Provider from "oidc-provider";
import { authority } from "./support/certs.mjs";
import { plain } from "./support/documents.mjs";
import { nginx, noNginx } from "./support/nginx.mjs";
import { breakwater, freePort, start, stopAll, stopLater, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

const protocols = [["HTTP/1.1", "1.1"], ["HTTP/2.0", "2"]];
const showing = { scheme: "bearer", tls: "required" };
let ours, strangers, server, bw, key;

const pem = (file) => readFileSync(file, "utf8");
const pairOf = (signed, token = "t") => ({ token, certificate: pem(signed.cert), certificate_key: pem(signed.key) });

before(async () => {
  ours = authority();
  strangers = authority("Stranger");
  server = ours.sign("server");
  bw = await breakwater({ flags: ["--upstream-ca", ours.ca] });
  key = await bw.callKey();
});
after(stopAll);

// An nginx that takes no request without a certificate of ours.
const asking = (client = ours) => nginx({ cert: server, locations: `
  ssl_verify_client on; ssl_client_certificate ${client.ca};
  location / { return 200 "$server_protocol $connection $ssl_client_s_dn $http_authorization"; }` });

let names = 0;
async function vendor(url, changes = {}) {
  const name = `mtls-${++names}`;
  await bw.put(plain(name, url, { auth: showing, ...changes }));
  return name;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 100 });
const call = (account, { path = "/who", ...more } = {}) =>
  ask(bw.proxy(account) + path, { agent, ...more, headers: { authorization: `Bearer ${key}`, ...more.headers } });

function seen(answer) {
  assert.equal(answer.status, 200, answer.text);
  const [, protocol, connection, cn, authorization] = /^(\S+) (\d+) CN=(\S+) (.*)$/.exec(answer.text);
  return { protocol, connection, cn, authorization };
}

for (const [protocol, version] of protocols) {
  test(`an account shows its certificate beside its token over ${protocol}`, { skip: noNginx }, async () => {
    const web = await asking();
    const account = await bw.account(await vendor(web.url, { http: version }), { credentials: pairOf(ours.sign("acme"), "t0k") });
    const { protocol: spoken, cn, authorization } = seen(await call(account));
    assert.deepEqual([spoken, cn, authorization], [protocol, "acme", "Bearer t0k"]);
  });

  test(`two accounts at once over ${protocol}: no connection carries both`, { skip: noNginx }, async () => {
    const web = await asking();
    const name = await vendor(web.url, { http: version, resilience: { account_concurrency: 100 } });
    const accounts = await Promise.all(["left", "right"].map(async (cn) =>
      [cn, await bw.account(name, { credentials: pairOf(ours.sign(cn), cn) })]));
    const owners = new Map();
    for (let round = 0; round < 3; round++)
      await Promise.all(Array.from({ length: 120 }, async (_, i) => {
        const [cn, account] = accounts[i % 2];
        const it = seen(await call(account));
        assert.equal(it.cn, cn);
        assert.equal(it.authorization, `Bearer ${cn}`);
        assert.equal(owners.get(it.connection) ?? cn, cn);
        owners.set(it.connection, cn);
      }));
    assert.deepEqual(new Set(owners.values()), new Set(["left", "right"]));
    assert.ok(owners.size < 360, `${owners.size} connections`); // they are kept
  });

  test(`a new certificate has new connections over ${protocol}, a new token keeps them`, { skip: noNginx }, async () => {
    const web = await asking();
    // Which worker takes a call is not ours to say: one connection of the caller stays on one.
    const one = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const account = await bw.account(await vendor(web.url, { http: version }), { credentials: pairOf(ours.sign("old"), "a") });
    const turn = async (credentials) => {
      if (credentials) await bw.api("PUT", `accounts/${account.id}/credentials`, { credentials });
      return seen(await call(account, { agent: one }));
    };
    const first = await turn();
    const renewed = await turn(pairOf({ cert: join(dirname(ours.ca), "old.pem"), key: join(dirname(ours.ca), "old.key") }, "b"));
    assert.deepEqual([renewed.cn, renewed.authorization, renewed.connection], ["old", "Bearer b", first.connection]);
    const next = await turn(pairOf(ours.sign("new"), "b"));
    assert.equal(next.cn, "new");
    assert.notEqual(next.connection, first.connection);
    assert.equal((await turn()).connection, next.connection);
    one.destroy();
  });
}

// Node's server; `hands` counts connections. It looks at a certificate when the handshake is
// over, and then hangs up without a word.
async function guarded(serve, changes = {}) {
  const it = { hands: 0, asked: 0 };
  const web = https.createServer({ ...server.options, ca: ours.pem, requestCert: true, rejectUnauthorized: true, ...changes }, (request, response) => {
    it.asked++;
    serve(request, response);
  });
  web.on("connection", () => it.hands++);
  web.on("tlsClientError", () => {});
  await new Promise((resolve) => web.listen(0, "127.0.0.1", resolve));
  stopLater(() => web.closeAllConnections() ?? web.close());
  it.url = `https://127.0.0.1:${web.address().port}`;
  return it;
}
const who = (request, response) => response.end(request.socket.getPeerCertificate().subject?.CN ?? "");

for (const version of ["TLSv1.2", "TLSv1.3"])
  test(`an account without a certificate is told over ${version} that one is wanted, once`, async () => {
    const web = await guarded(who, { minVersion: version, maxVersion: version });
    const account = await bw.account(await vendor(web.url, { auth: "bearer" }));
    const answer = await call(account, { method: "POST", body: "x" });
    assert.equal(answer.status, 502);
    assert.equal(answer.json.code, "certificate_refused");
    assert.match(answer.json.detail, /the vendor wants a client certificate, and none was shown/);
    assert.equal(answer.json.sent, false);
    assert.equal(answer.json.class, "auth_failed");
    assert.deepEqual([web.hands, web.asked], [1, 0]);
  });

// OpenSSL's own server, which ends the handshake with an alert.
async function strict() {
  const port = await freePort();
  await start("openssl", ["s_server", "-accept", `127.0.0.1:${port}`, "-cert", server.cert, "-key", server.key, "-CAfile", ours.ca,
    "-Verify", "2", "-verify_return_error", "-www"], { ready: /ACCEPT/ });
  return `https://127.0.0.1:${port}`;
}

test("a certificate of a foreign authority is refused with the reason, once, and others go on", async () => {
  const url = await strict();
  const name = await vendor(url, { resilience: { breaker: { failures: 2 }, account_breaker: { failures: 2 } } });
  const stranger = await bw.account(name, { credentials: pairOf(strangers.sign("stranger")) });
  for (let i = 0; i < 10; i++) {
    const answer = await call(stranger, { method: i % 2 ? "POST" : "GET", body: i % 2 ? "x" : undefined, path: "/" });
    assert.equal(answer.json.code, "certificate_refused", answer.text);
    assert.match(answer.json.detail, /the vendor refused the client certificate: it does not know the authority that signed it/);
    assert.equal(answer.json.sent, false);
    assert.equal(answer.json.attempts, 1);
  }
  const good = await bw.account(name, { credentials: pairOf(ours.sign("known")) });
  assert.equal((await call(good, { path: "/" })).status, 200);
});

test("a server that hangs up over a certificate leads to a sentence that says so", async () => {
  const web = await guarded(who);
  const account = await bw.account(await vendor(web.url), { credentials: pairOf(strangers.sign("stranger-2")) });
  const answer = await call(account, { headers: { "x-breakwater-retry": "never" } });
  assert.equal(answer.json.code, "upstream_reset");
  assert.match(answer.json.detail, /asked for a client certificate; perhaps it refused it/);
  assert.deepEqual([web.hands, web.asked], [1, 0]);
});

test("nothing is sent without the certificate that the document requires", async () => {
  const web = await guarded(who);
  const name = await vendor(web.url, { auth: "bearer" });
  const account = await bw.account(name);
  await bw.put(plain(name, web.url, { auth: showing }));
  const answer = await call(account);
  assert.equal(answer.status, 500);
  assert.equal(answer.json.code, "credential_unusable");
  assert.match(answer.json.detail, /wants a client certificate on each connection.*"certificate_key"/);
  assert.equal(web.hands, 0);
  assert.match((await bw.api("GET", `accounts/${account.id}`)).trouble, /wants a client certificate/);
});

test("a certificate alone is a credential; where it is optional there may be none", async () => {
  const web = await guarded(who, { rejectUnauthorized: false });
  const alone = await vendor(web.url, { auth: { scheme: "none", tls: "required" } });
  const { token, ...pair } = pairOf(ours.sign("alone"));
  assert.equal((await call(await bw.account(alone, { credentials: pair }))).text, "alone");
  const optional = await vendor(web.url, { auth: { scheme: "bearer", tls: "optional" } });
  assert.equal((await call(await bw.account(optional, { credentials: pairOf(ours.sign("some")) }))).text, "some");
  assert.equal((await call(await bw.account(optional))).text, "");
  assert.equal((await call(await unconnected(alone))).json.code, "account_not_connected");
});

// --- what is stored --------------------------------------------------------------------

const inFolder = (file) => join(dirname(ours.ca), file);
const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });

test("what cannot be shown is refused when it is stored, and nothing of the key is told", async () => {
  const name = await vendor("https://127.0.0.1:1");
  const good = pairOf(ours.sign("stored")), other = pairOf(ours.sign("stored-other"));
  openssl("pkcs8", "-topk8", "-in", inFolder("stored.key"), "-out", inFolder("locked.key"), "-passout", "pass:pssst");
  openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", inFolder("weak.key"), "-out", inFolder("weak.pem"), "-subj", "/CN=weak");
  const locked = pem(inFolder("locked.key"));
  const cases = [
    [{ ...good, certificate: "hello" }, /no certificate in the PEM text/],
    [{ ...good, certificate: good.certificate.slice(0, -40) }, /cut off/],
    [{ ...good, certificate: good.certificate.replace(/M/g, "?") }, /not base64|no X.509/],
    [{ ...good, certificate: good.certificate.repeat(11) }, /more than 10 certificates/],
    [{ ...good, certificate: "x".repeat(70000) }, /longer than 64 KiB/],
    [{ ...good, certificate_key: locked }, /encrypted with a passphrase/],
    [{ ...good, certificate_key: other.certificate_key }, /does not match the certificate/],
    [{ ...good, certificate_key: good.certificate }, /no private key, only something public/],
    [{ ...good, certificate_key: "rubbish" }, /not PEM text/],
    [{ ...good, certificate: pem(inFolder("weak.pem")), certificate_key: pem(inFolder("weak.key")) }, /too weak/],
    [{ token: "t", certificate: good.certificate }, /is missing|store both/],
    [{ token: "t", certificate_key: good.certificate_key }, /is missing|store both/],
  ];
  for (const [credentials, why] of cases) {
    const { status, problem } = await bw.account(name, { credentials }).catch((error) => error);
    assert.equal(status, 422, String(why));
    assert.equal(problem.code, "body_invalid");
    assert.ok(problem.faults.some((fault) => fault.pointer.startsWith("/credentials/certificate") && why.test(fault.text)),
      JSON.stringify(problem.faults));
    for (const secret of [credentials.certificate_key, locked].filter(Boolean))
      for (const line of secret.split("\n").filter((l) => l.length > 20 && !l.startsWith("-----")))
        if (!good.certificate.includes(line)) assert.ok(!JSON.stringify(problem).includes(line));
  }
  const rubbish = { ...good, certificate: `Bag Attributes\r\n  x: \u00e9\n${other.certificate}${good.certificate}\nend` };
  assert.ok(await bw.account(name, { credentials: rubbish }));
});

test("the end of a certificate is shown, and a warning comes two weeks before", async () => {
  const name = await vendor("https://127.0.0.1:1");
  const show = async (days) => {
    const signed = ours.sign(`ends-${days}`, { days });
    const account = await bw.account(name, { credentials: pairOf(signed) });
    const end = new Date(openssl("x509", "-in", signed.cert, "-noout", "-enddate").toString().slice("notAfter=".length));
    const view = await bw.api("GET", `accounts/${account.id}`);
    assert.equal(Date.parse(view.certificate_ends), end.getTime());
    return view.warnings;
  };
  assert.deepEqual(await show(30), []);
  assert.match((await show(10)).join(), /^Its client certificate ends 20\S+; store the next one before then\.$/);
  assert.match((await show(-1)).join(), /^Its client certificate ended 20/);
  const bare = await bw.account(await vendor("https://127.0.0.1:1", { auth: "bearer" }));
  assert.equal((await bw.api("GET", `accounts/${bare.id}`)).certificate_ends, null);
});

// --- token endpoints -------------------------------------------------------------------

// An authorization server and the API behind it, both of which ask for a certificate. A token
// is bound to the certificate with which it was had (RFC 8705 §3).
async function issuer() {
  const it = { exchanges: [], calls: [] };
  const web = await guarded((request, response) => {
    const { subject, fingerprint256 } = request.socket.getPeerCertificate();
    let body = "";
    request.on("data", (data) => (body += data)).on("end", () => {
      if (request.url === "/token") {
        it.exchanges.push({ cn: subject.CN, form: Object.fromEntries(new URLSearchParams(body)), authorization: request.headers.authorization });
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ access_token: fingerprint256, token_type: "Bearer", expires_in: 3600 }));
        return;
      }
      it.calls.push(subject.CN);
      response.statusCode = request.headers.authorization === `Bearer ${fingerprint256}` ? 200 : 401;
      response.end(subject.CN);
    });
  });
  return Object.assign(it, { url: web.url, web });
}
const byCertificate = (url) => ({ scheme: "bearer", tls: "required",
  token: { grant: "client_credentials", url: `${url}/token`, client: "tls_client_auth" } });

test("an app names itself by its certificate, and its token is good on the same connections", async () => {
  const it = await issuer();
  const name = await vendor(it.url, { auth: byCertificate(it.url) });
  const { token, ...secrets } = pairOf(ours.sign("the-app"));
  const app = await bw.api("POST", "apps", { integration: name, name: "App", client_id: "app-1", secrets });
  assert.deepEqual(app.secrets, ["certificate", "certificate_key"]);
  const { token: none, ...pair } = pairOf(ours.sign("own"));
  const own = await bw.account(name, { credentials: { client_id: "own-1", ...pair } });
  assert.equal((await call(own)).text, "own");
  assert.deepEqual(it.exchanges, [{ cn: "own", form: { grant_type: "client_credentials", client_id: "own-1" }, authorization: undefined }]);
  const ofApp = await bw.account(name, { credentials: { token: "stale" } });
  await bw.api("POST", `accounts/${ofApp.id}/renew`);
  await until("the exchange", () => it.exchanges.length === 2);
  await until("the token", async () => (await call(ofApp)).text === "the-app");
  assert.deepEqual(it.exchanges[1], { cn: "the-app", form: { grant_type: "client_credentials", client_id: "app-1" }, authorization: undefined });
});

// An authorization server that others wrote, which knows its clients by their certificates
// and binds tokens to them, with an API behind it that looks at both.
async function provider() {
  const pem = (ctx) => ctx.socket.getPeerX509Certificate();
  const machine = { grant_types: ["client_credentials"], response_types: [], redirect_uris: [], tls_client_certificate_bound_access_tokens: true };
  const self = selfSigned("self-client");
  const web = https.createServer({ ...server.options, ca: ours.pem, requestCert: true, rejectUnauthorized: false });
  await new Promise((resolve) => web.listen(0, "127.0.0.1", resolve));
  stopLater(() => web.closeAllConnections() ?? web.close());
  const url = `https://127.0.0.1:${web.address().port}`;
  const it = { url, self, refused: [] };
  const oidc = new Provider(url, {
    clientAuthMethods: ["tls_client_auth", "self_signed_tls_client_auth"],
    clients: [
      { ...machine, client_id: "by-subject", token_endpoint_auth_method: "tls_client_auth", tls_client_auth_subject_dn: "CN=oidc-client" },
      { ...machine, client_id: "by-itself", token_endpoint_auth_method: "self_signed_tls_client_auth", jwks: { keys: [self.jwk] } },
    ],
    cookies: { keys: ["of no importance"] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      mTLS: { enabled: true, certificateBoundAccessTokens: true, tlsClientAuth: true, selfSignedTlsClientAuth: true,
        getCertificate: pem, certificateAuthorized: (ctx) => ctx.socket.authorized,
        certificateSubjectMatches: (ctx, property, expected) => pem(ctx).subject === expected },
    },
  });
  oidc.on("grant.error", (ctx, error) => it.refused.push(error.message));
  const answer = oidc.callback();
  web.on("request", async (request, response) => {
    if (!request.url.startsWith("/api")) return answer(request, response);
    const token = await oidc.ClientCredentials.find(request.headers.authorization.slice("Bearer ".length));
    const shown = createHash("sha256").update(request.socket.getPeerX509Certificate().raw).digest("base64url");
    response.statusCode = token?.["x5t#S256"] === shown ? 200 : 401;
    response.end(token?.clientId);
  });
  return it;
}

// A certificate that no authority signed, and the key by which a client is registered.
function selfSigned(cn) {
  const files = { cert: inFolder(`${cn}.pem`), key: inFolder(`${cn}.key`) };
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", files.key, "-out", files.cert, "-subj", `/CN=${cn}`);
  const x509 = new X509Certificate(pem(files.cert));
  return { ...files, jwk: { ...x509.publicKey.export({ format: "jwk" }), use: "sig", alg: "ES256", x5c: [x509.raw.toString("base64")] } };
}

test("oidc-provider knows clients by their certificates, and binds their tokens to these", async () => {
  const it = await provider();
  const name = await vendor(`${it.url}/api`, { hosts: [it.url], auth: byCertificate(it.url) });
  const connect = (client_id, signed) => {
    const { token, ...pair } = pairOf(signed);
    return bw.account(name, { credentials: { client_id, ...pair } });
  };
  for (const [id, signed] of [["by-subject", ours.sign("oidc-client")], ["by-itself", it.self]]) {
    const answer = await call(await connect(id, signed));
    assert.deepEqual([answer.status, answer.text], [200, id]);
  }
  assert.deepEqual(it.refused, []);
  for (const [id, signed] of [["by-subject", ours.sign("another-client")], ["by-itself", ours.sign("another-self")]]) {
    const answer = await call(await connect(id, signed));
    assert.equal(answer.json.code, "token_unavailable");
    assert.match(answer.json.detail, /invalid_client|client authentication failed/);
  }
  assert.ok(it.refused.length >= 2);
});

// --- connecting ------------------------------------------------------------------------

const unconnected = (integration) => bw.api("POST", "accounts", { environment: bw.environment.id, integration });
const linkFor = async (account) => (await bw.api("POST", "connect-sessions", { account: account.id })).url;
const press = (url, fields = {}) => ask(url, { method: "POST", body: new URLSearchParams(fields).toString(), headers: { "content-type": "application/x-www-form-urlencoded" } });

test("a button connects with the app's certificate", async () => {
  const it = await issuer();
  const name = await vendor(it.url, { auth: byCertificate(it.url) });
  const { token, ...secrets } = pairOf(ours.sign("button-app"));
  await bw.api("POST", "apps", { integration: name, name: "App", client_id: "app-1", secrets });
  const account = await unconnected(name);
  const done = await press(await linkFor(account));
  assert.equal(done.status, 303, done.text);
  assert.deepEqual(it.exchanges.map(({ cn, form }) => [cn, form.client_id]), [["button-app", "app-1"]]);
  assert.equal((await call(account)).text, "button-app");
});

test("a form asks for a certificate and its key, and says beside it what is wrong", async () => {
  const web = await guarded(who);
  const account = await unconnected(await vendor(web.url, { auth: { scheme: "none", tls: "required" } }));
  const url = await linkFor(account), { token, ...pair } = pairOf(ours.sign("entered"));
  const page = await ask(url);
  assert.match(page.text, /name="certificate"[^]*name="certificate_key"/);
  const wrong = await press(url, { ...pair, certificate_key: pem(server.key) });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /id="fault.certificate">The private key does not match/);
  assert.ok(!wrong.text.includes(pem(server.key).split("\n")[1]));
  // as browsers send what is pasted into a field of one line
  const done = await press(url, { certificate: pair.certificate.replaceAll("\n", ""), certificate_key: pair.certificate_key.replaceAll("\n", " ") });
  assert.equal(done.status, 303, done.text);
  assert.equal((await call(account)).text, "entered");
});

// --- apps ------------------------------------------------------------------------------

test("an app keeps a certificate with its key, or neither", async () => {
  const it = await issuer();
  const name = await vendor(it.url, { auth: byCertificate(it.url) });
  const { token, ...pair } = pairOf(ours.sign("app-pair"));
  const app = await bw.api("POST", "apps", { integration: name, name: "App", client_id: "app-1", secrets: { client_secret: "s" } });
  const change = (secrets, method = "PATCH") => bw.api(method, `apps/${app.id}/secrets`, { secrets }).catch((error) => error);
  for (const [secrets, why] of [
    [{ certificate: pair.certificate }, /together/], [{ certificate_key: pair.certificate_key }, /together/],
    [{ certificate: pair.certificate, certificate_key: null }, /together/],
    [{ certificate: pair.certificate, certificate_key: pem(server.key) }, /does not match/],
  ]) {
    const { status, problem } = await change(secrets);
    assert.equal(status, 422);
    assert.match(problem.detail, why);
  }
  assert.deepEqual((await change(pair)).secrets.sort(), ["certificate", "certificate_key", "client_secret"]);
  assert.deepEqual((await change({ certificate: null, certificate_key: null })).secrets, ["client_secret"]);
});

test("a token endpoint that refuses the certificate leaves the account as it is, and says why", async () => {
  const url = await strict();
  const name = await vendor(url, { auth: byCertificate(url) });
  const { token, ...pair } = pairOf(strangers.sign("stranger-3"));
  const account = await bw.account(name, { credentials: { client_id: "c", ...pair } });
  const answer = await call(account);
  assert.equal(answer.json.code, "token_unavailable", answer.text);
  assert.match(answer.json.detail, /the vendor refused the client certificate: it does not know the authority/);
  const view = await bw.api("GET", `accounts/${account.id}`);
  assert.notEqual(view.state, "needs_reauth");
  assert.equal(view.token.unanswered, false); // it was not sent
});

test("no line of the log has any of a key", async () => {
  assert.ok(bw.log().length > 100);
  assert.ok(!/BEGIN|PRIVATE|pssst/.test(bw.err));
  for (const dir of [ours, strangers])
    for (const file of execFileSync("ls", [dirname(dir.ca)]).toString().split("\n").filter((f) => f.endsWith(".key")))
      for (const line of pem(join(dirname(dir.ca), file)).split("\n").filter((l) => l && !l.startsWith("-----")))
        assert.ok(!bw.err.includes(line), file);
});
