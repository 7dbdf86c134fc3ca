// A vendor that checks the signature of each request with a library of its own, and lets
// no nonce pass twice.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import http from "node:http";
import { after, before, test } from "node:test";
import OAuth from "oauth-1.0a";
import { vendorOf } from "./support/bulk.mjs";
import { plain } from "./support/documents.mjs";
import { breakwater, sleep, stopAll } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

const secrets = { consumer_key: "ck +&", consumer_secret: "cs %=", token: "tk/é", token_secret: "ts~" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const hashes = { sha1: "HMAC-SHA1", sha256: "HMAC-SHA256" };
const nonces = new Set();
let bw, key, url;
const accounts = {}, fails = { left: 0 };

function signatureOf(hash, request, body, header) {
  const oauth = new OAuth({
    consumer: { key: secrets.consumer_key, secret: secrets.consumer_secret },
    signature_method: hashes[hash],
    hash_function: (base, by) => createHmac(hash, by).update(base).digest("base64"),
  });
  const { realm, oauth_signature, ...signed } = header;
  const data = { method: request.method, url: url + request.url, data: body === undefined ? {} : formOf(body) };
  return oauth.getSignature(data, secrets.token_secret, signed);
}

function formOf(text) {
  const all = {};
  for (const [name, value] of new URLSearchParams(text)) all[name] = name in all ? [all[name], value].flat() : value;
  return all;
}

async function serve(request, response) {
  let body = "";
  for await (const chunk of request) body += chunk;
  const header = Object.fromEntries([...(request.headers.authorization ?? "").matchAll(/(\w+)="([^"]*)"/g)]
    .map(([, name, value]) => [name, decodeURIComponent(value)]));
  const isForm = request.headers["content-type"]?.startsWith(form["content-type"]);
  const hash = Object.keys(hashes).find((h) => hashes[h] === header.oauth_signature_method);
  const good = !nonces.has(header.oauth_nonce) && Math.abs(header.oauth_timestamp - Date.now() / 1000) < 60 &&
    header.oauth_token === secrets.token && header.oauth_signature === signatureOf(hash, request, isForm ? body : undefined, header);
  nonces.add(header.oauth_nonce);
  response.writeHead(!good ? 401 : fails.left-- > 0 ? 503 : 200).end(JSON.stringify({ realm: header.realm, body }));
}

before(async () => {
  url = (await vendorOf(serve)).url;
  bw = await breakwater();
  key = await bw.callKey();
  for (const hash of Object.keys(hashes)) {
    await bw.put(plain(hash, url, { auth: { scheme: "oauth1", signature: hashes[hash] } }));
    accounts[hash] = await bw.account(hash, { credentials: { ...secrets, realm: `R_${hash}` } });
  }
});
after(stopAll);

const call = (hash, path, options = {}) => ask(bw.proxy(accounts[hash]) + path,
  { ...options, headers: { "x-breakwater-key": key, ...options.headers } });

for (const hash of Object.keys(hashes)) {
  for (const path of ["/", "/v1/things?b=2&a=1", "/a%20b/%C3%A9?q=x%20y%2Bz&q=%26&q=&empty", "/x;y=1,2/~z?sql=a%3D'b'%20(c)*!"])
    test(`${hash}: GET ${path} is signed`, async () => {
      const answer = await call(hash, path);
      assert.equal(answer.status, 200);
      assert.equal(answer.json.realm, `R_${hash}`);
    });

  test(`${hash}: a form is signed and comes as it was sent`, async () => {
    const body = "text=a+b%20c%26&empty=&text=2&%C3%A9=*~!";
    const answer = await call(hash, "/post?x=1", { method: "POST", body, headers: form });
    assert.equal(answer.status, 200);
    assert.equal(answer.json.body, body);
  });
}

test("a body that is no form is not signed", async () => {
  const answer = await call("sha256", "/post", { method: "POST", body: '{"a":"b=c&d"}', headers: { "content-type": "application/json" } });
  assert.equal(answer.status, 200);
});

test("a form that comes in pieces is signed whole", async () => {
  const request = http.request(`${bw.proxy(accounts.sha1)}/post`, { method: "POST", agent: false, headers: { ...form, "x-breakwater-key": key } });
  const answered = new Promise((resolve, reject) => request.on("response", resolve).on("error", reject));
  for (const piece of ["a=1", "&b=", "2+3"]) {
    request.write(piece);
    await sleep(50);
  }
  request.end();
  const answer = await answered;
  answer.resume();
  assert.equal(answer.statusCode, 200);
});

test("a retry is signed anew", async () => {
  fails.left = 1;
  const before = nonces.size;
  const answer = await call("sha1", "/again?a=1");
  assert.equal(answer.status, 200);
  assert.equal(nonces.size, before + 2);
});

test("a form past 64 KiB is refused, since it cannot be signed", async () => {
  const answer = await call("sha1", "/post", { method: "POST", body: `a=${"x".repeat(70000)}`, headers: form });
  assert.equal(answer.status, 413);
  assert.equal(answer.json.code, "body_too_large");
});
