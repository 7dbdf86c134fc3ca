#!/usr/bin/env node
// Writes tests/cases/webhooks.jsonl: webhooks of every scheme, signed by Node's crypto, as
// they should be and with one thing wrong. One line a case: `webhooks` (the block), `secret`,
// `secrets`, `now`, `request`, and what is expected: `verdict`, `reason` of a rejection, and
// `status`, `body`, `headers` of the answer, `kept` secret, or `ids`, where they matter.
// `pattern` is what the field calls the scheme (tests/cases/vendor-patterns.json). ECDSA
// signatures are other ones in each run.
import { createHash, createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const now = 1760000000;
const url = "https://hooks.example.test/hooks/vendor/acme?b=2&a=1";
const secret = "s3cret-of-the-hook";
const json = { "Content-Type": "application/json" };
const event = '{"id":"evt_1","type":"thing.made","at":"2025-10-09T08:53:20Z","name":"ñ 1.10"}';
const bytes = (text) => Buffer.from(text, "utf8");
const join2 = (...parts) => Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : bytes(part))));
const hmac = (digest, key, ...parts) => createHmac(digest, key).update(join2(...parts)).digest();
const hash = (digest, ...parts) => createHash(digest).update(join2(...parts)).digest();
const pem = (name) => createPrivateKey(readFileSync(join(here, "keys", name)));
const spki = (key) => createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");
const [ec, ed, rsa] = ["ec.pem", "ed25519.pem", "rsa.pem"].map(pem);
const raw = (key) => createPublicKey(key).export({ type: "spki", format: "der" }).subarray(-32).toString("base64");
const swap = (body) => body.replace("made", "lost");

const lines = [];
const put = (id, webhooks, { request, secret: known = secret, secrets, at = now, ...rest }) => {
  const { body = "", ...head } = { method: "POST", url, ...request };
  const text = Buffer.isBuffer(body) ? { body_base64: body.toString("base64") } : { body };
  lines.push(JSON.stringify({ id, webhooks, ...(known === null ? {} : { secret: known }), ...(secrets ? { secrets } : {}), now: at, request: { ...head, ...text }, ...rest }));
};

// --- HMAC and plain digests ---

// `of` answers the headers of a signed request: (body, { key, ts, method, url }).
function family(pattern, block, of, { key = secret, wrong = "another secret", timed = false, body = event, header, decode = (text) => text, type = json, coded = "hex" } = {}) {
  const request = (text, options = {}) => ({ headers: { ...type, ...of(text, { key: decode(options.key ?? key), ts: options.ts ?? now, method: "POST", url }) }, body: options.sent ?? text });
  const good = request(body);
  const put1 = (name, rest) => put(`${pattern}: ${name}`, block, { pattern, secret: key, ...rest });
  const value = good.headers[header];
  put1("good", { request: good, verdict: "accept" });
  put1("body changed", { request: request(body, { sent: swap(body) }), verdict: "reject", reason: "signature_wrong" });
  put1("body longer by a line end", { request: request(body, { sent: `${body}\n` }), verdict: "reject", reason: "signature_wrong" });
  put1("wrong secret", { request: good, secret: wrong, verdict: "reject", reason: "signature_wrong" });
  put1("the older of two secrets", { request: good, secret: wrong, secrets: [key], verdict: "accept" });
  put1("no secret", { request: good, secret: null, verdict: "reject", reason: "secret_missing" });
  put1("an empty secret", { request: good, secret: "", verdict: "reject", reason: "secret_unusable" });
  put1("no signature", { request: { headers: json, body }, verdict: "reject", reason: "signature_missing" });
  put1("an empty signature", { request: { ...good, headers: { ...good.headers, [header]: "" } }, verdict: "reject", reason: "signature_missing" });
  put1("a signature cut short", { request: { ...good, headers: { ...good.headers, [header]: value.slice(0, coded === "hex" ? -2 : -4) } }, verdict: "reject", reason: "signature_wrong" });
  put1("a signature that is no text of its encoding", { request: { ...good, headers: { ...good.headers, [header]: value.slice(0, -6) + "$$$$$$" } }, verdict: "reject", reason: "signature_malformed" });
  put1("the signature twice", { request: { ...good, headers: { ...good.headers, [header]: [value, value] } }, verdict: "reject", reason: "header_repeated" });
  put1("a huge signature", { request: { ...good, headers: { ...good.headers, [header]: value + "00".repeat(2048) } }, verdict: "reject" });
  put1("another header that is huge", { request: { ...good, headers: { ...good.headers, "X-Other": "x".repeat(4096) } }, verdict: "accept" });
  put1("no body", { request: request(""), verdict: "accept" });
  put1("a body with NUL and bytes that are no UTF-8", { request: request(Buffer.from([0, 123, 0, 255, 254, 10, 13])), verdict: "accept" });
  put1("a body cut at its NUL", { request: request(Buffer.from([97, 0, 98]), { sent: Buffer.from([97]) }), verdict: "reject", reason: "signature_wrong" });
  put1("a header in other letters", { request: { ...good, headers: Object.fromEntries(Object.entries(good.headers).map(([name, text]) => [name.toUpperCase(), text])) }, verdict: "accept" });
  if (!timed) return;
  put1("five minutes old", { request: good, at: now + 300, verdict: "accept" });
  put1("older than five minutes", { request: good, at: now + 301, verdict: "reject", reason: "timestamp_stale" });
  put1("from the future", { request: good, at: now - 301, verdict: "reject", reason: "timestamp_stale" });
}

const hex = (digest) => ({ scheme: "hmac", signature: "X-Signature", digest, content: "{body}" });
family("hmac_body_hex", { verify: { ...hex("sha256"), prefix: "sha256=" }, id: "/id", type: "/type" }, (body, { key }) => ({ "X-Signature": `sha256=${hmac("sha256", key, body).toString("hex")}` }), { header: "X-Signature" });
family("hmac_body_base64", { verify: { ...hex("sha256"), encoding: "base64" } }, (body, { key }) => ({ "X-Signature": hmac("sha256", key, body).toString("base64") }), { header: "X-Signature", coded: "base64" });
family("hmac_sha1_body_hex", { verify: { ...hex("sha1"), prefix: "sha1=" } }, (body, { key }) => ({ "X-Signature": `sha1=${hmac("sha1", key, body).toString("hex")}` }), { header: "X-Signature" });
family("hmac_sha512_body_hex", { verify: hex("sha512") }, (body, { key }) => ({ "X-Signature": hmac("sha512", key, body).toString("hex") }), { header: "X-Signature" });
family("hmac_ts_in_header_value", { verify: { scheme: "hmac", signature: "X-Signature", separator: ",", prefix: "v1=", content: "{timestamp}.{body}", timestamp: { from: "X-Signature", item: "t", unit: "epoch_s" } } },
  (body, { key, ts }) => ({ "X-Signature": `t=${ts}, v1=${hmac("sha256", key, `${ts}.`, body).toString("hex")}` }), { header: "X-Signature", timed: true });
family("hmac_ts_header_template", { verify: { scheme: "hmac", signature: "X-Signature", prefix: "v0=", content: "v0:{timestamp}:{body}", timestamp: { from: "X-Timestamp", unit: "epoch_s" } } },
  (body, { key, ts }) => ({ "X-Timestamp": `${ts}`, "X-Signature": `v0=${hmac("sha256", key, `v0:${ts}:`, body).toString("hex")}` }), { header: "X-Signature", timed: true });
family("hmac_body_then_ts", { verify: { scheme: "hmac", signature: "X-Signature", content: "{body}{timestamp}", timestamp: { from: "X-Timestamp", unit: "epoch_s" } } },
  (body, { key, ts }) => ({ "X-Timestamp": `${ts}`, "X-Signature": hmac("sha256", key, body, `${ts}`).toString("hex") }), { header: "X-Signature", timed: true });
family("hmac_method_url_body_ts", { verify: { scheme: "hmac", signature: "X-Signature", encoding: "base64", content: "{method}{url}{body}{timestamp}", timestamp: { from: "X-Timestamp", unit: "epoch_ms" } } },
  (body, { key, ts, method, url: at }) => ({ "X-Timestamp": `${ts}000`, "X-Signature": hmac("sha256", key, method, at, body, `${ts}000`).toString("base64") }), { header: "X-Signature", timed: true, coded: "base64" });
family("hmac_registered_url_body", { verify: { scheme: "hmac", signature: "X-Signature", encoding: "base64", content: "{url}{body}" } },
  (body, { key, url: at }) => ({ "X-Signature": hmac("sha256", key, at, body).toString("base64") }), { header: "X-Signature", coded: "base64" });
const standard = { signature: "webhook-signature", separator: " ", encoding: "base64", content: "{header:webhook-id}.{timestamp}.{body}", timestamp: { from: "webhook-timestamp", unit: "epoch_s" } };
const whsec = (text) => `whsec_${bytes(text).toString("base64")}`;
family("hmac_id_ts_body_whsec", { verify: { scheme: "hmac", ...standard, prefix: "v1,", secret: { prefix: "whsec_", encoding: "base64" } }, id: "webhook-id" },
  (body, { key, ts }) => ({ "webhook-id": "msg_1", "webhook-timestamp": `${ts}`, "webhook-signature": `v1,${hmac("sha256", key, `msg_1.${ts}.`, body).toString("base64")}` }),
  { header: "webhook-signature", timed: true, key: whsec("twenty-four bytes of key"), wrong: whsec("another one"), decode: (text) => Buffer.from(text.slice(6), "base64"), coded: "base64" });
family("plain_hash_with_secret", { verify: { scheme: "hash", signature: "X-Signature", content: "{secret}{method}{url}{body}" } },
  (body, { key, method, url: at }) => ({ "X-Signature": hash("sha256", key, method, at, body).toString("hex") }), { header: "X-Signature" });
family("hmac_ts_iso8601", { verify: { scheme: "hmac", signature: "X-Signature", encoding: "base64", content: "{timestamp}{body}", timestamp: { from: "X-Timestamp", unit: "iso8601" } } },
  (body, { key, ts }) => ({ "X-Timestamp": new Date(ts * 1000).toISOString(), "X-Signature": hmac("sha256", key, new Date(ts * 1000).toISOString(), body).toString("base64") }), { header: "X-Signature", timed: true, coded: "base64" });

{ // a header for each key
  const block = { verify: { scheme: "hmac", signature: "X-Signature", numbered: true, encoding: "base64", content: "{body}" } };
  const pattern = "hmac_numbered_headers";
  const of = (...keys) => ({ ...json, ...Object.fromEntries(keys.map((key, i) => [`X-Signature-${i + 1}`, hmac("sha256", key, event).toString("base64")])) });
  put(`${pattern}: the first`, block, { pattern, request: { headers: of(secret), body: event }, verdict: "accept" });
  put(`${pattern}: the third`, block, { pattern, request: { headers: of("a", "b", secret), body: event }, verdict: "accept" });
  put(`${pattern}: none of them`, block, { pattern, request: { headers: of("a", "b"), body: event }, verdict: "reject", reason: "signature_wrong" });
  put(`${pattern}: without a number`, block, { pattern, request: { headers: { ...json, "X-Signature": hmac("sha256", secret, event).toString("base64") }, body: event }, verdict: "reject", reason: "signature_missing" });
}

{ // rotation, and what stands beside a signature in one value
  const block = { verify: { scheme: "hmac", signature: "X-Signature", separator: ",", prefix: "v1=", content: "{timestamp}.{body}", timestamp: { from: "X-Signature", item: "t", unit: "epoch_s" } } };
  const v1 = (key, ts = now) => `v1=${hmac("sha256", key, `${ts}.`, event).toString("hex")}`;
  const one = (name, text, rest) => put(`hmac_ts_in_header_value: ${name}`, block, { request: { headers: { ...json, "X-Signature": text }, body: event }, ...rest });
  one("the second of two", `t=${now},${v1("old")},${v1(secret)}`, { verdict: "accept" });
  one("only of another version", `t=${now},v0=${v1(secret).slice(3)}`, { verdict: "reject", reason: "signature_missing" });
  one("no time", v1(secret), { verdict: "reject", reason: "timestamp_missing" });
  one("a time that is none", `t=soon,${v1(secret)}`, { verdict: "reject", reason: "timestamp_missing" });
  one("another time than the signed one", `t=${now + 1},${v1(secret)}`, { verdict: "reject", reason: "signature_wrong" });
  one("behind sixteen others", `t=${now},${"v1=00,".repeat(16)}${v1(secret)}`, { verdict: "reject", reason: "signature_wrong" });
}

{ // URL and form
  const block = { verify: { scheme: "hmac", signature: "X-Signature", digest: "sha1", encoding: "base64", content: "{url}{form_sorted}", body_digest: { value: "?bodySHA256", digest: "sha256" }, either_port: true } };
  const pattern = "hmac_sha1_url_sorted_form";
  const form = { "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8" };
  const of = (at, text = "") => ({ "X-Signature": hmac("sha1", secret, at, text).toString("base64") });
  const one = (name, at, headers, body, rest) => put(`${pattern}: ${name}`, block, { pattern, request: { url: at, headers, body }, ...rest });
  const at = "https://hooks.example.test/a?x=1";
  const body = "To=%2B1800&From=a+b&Body=%C3%B1&From=aa&From=a+b&Empty=&Flag";
  const sorted = "BodyñEmptyFlagFroma bFromaaTo+1800";
  one("a form", at, { ...form, ...of(at, sorted) }, body, { verdict: "accept" });
  one("in another order", at, { ...form, ...of(at, sorted) }, body.split("&").reverse().join("&"), { verdict: "accept" });
  one("a parameter more", at, { ...form, ...of(at, sorted) }, `${body}&x=1`, { verdict: "reject", reason: "signature_wrong" });
  one("signed with its port", at, { ...form, ...of("https://hooks.example.test:443/a?x=1", sorted) }, body, { verdict: "accept" });
  one("called with its port", "https://hooks.example.test:8443/a?x=1", { ...form, ...of(at, sorted) }, body, { verdict: "accept" });
  one("another host", at, { ...form, ...of("https://other.example.test/a?x=1", sorted) }, body, { verdict: "reject", reason: "signature_wrong" });
  one("a body of another kind that nothing covers", at, { ...json, ...of(at) }, event, { verdict: "reject", reason: "body_unsigned" });
  const named = (text) => `${at}&bodySHA256=${hash("sha256", text).toString("hex")}`;
  one("a body by its digest", named(event), { ...json, ...of(named(event)) }, event, { verdict: "accept" });
  one("a body that is not the digest's", named(event), { ...json, ...of(named(event)) }, swap(event), { verdict: "reject", reason: "body_changed" });
  one("a digest that is none", `${at}&bodySHA256=zz`, { ...json, ...of(`${at}&bodySHA256=zz`) }, event, { verdict: "reject", reason: "body_changed" });
  one("no body", at, of(at), "", { verdict: "accept" });
  one("more parameters than are looked at", at, { ...form, ...of(at) }, "a&".repeat(10001), { verdict: "reject", reason: "too_large" });
}

{ // a digest of the body in a header that is signed
  const block = { verify: { scheme: "hmac", signature: "X-Signature", content: "{path}{header:X-Digest}", body_digest: { value: "X-Digest", digest: "sha256", encoding: "base64" } } };
  const named = hash("sha256", event).toString("base64");
  const of = (digests) => ({ ...json, "X-Digest": digests, "X-Signature": hmac("sha256", secret, "/hooks/vendor/acme", named).toString("hex") });
  const one = (name, headers, body, rest) => put(`hmac_digest_header: ${name}`, block, { request: { headers, body }, ...rest });
  one("good", of(named), event, { verdict: "accept" });
  one("body changed", of(named), swap(event), { verdict: "reject", reason: "body_changed" });
  one("body and digest changed", of(hash("sha256", swap(event)).toString("base64")), swap(event), { verdict: "reject", reason: "signature_wrong" });
  one("two digests", of([named, hash("sha256", swap(event)).toString("base64")]), event, { verdict: "reject", reason: "header_repeated" });
}

{ // the query without the signature's own parameter
  const block = { verify: { scheme: "hmac", signature: "?hmac", content: "{query_sorted}" } };
  const pattern = "hmac_over_query";
  const of = (query) => hmac("sha256", secret, query).toString("hex");
  const one = (name, query, rest, body = "") => put(`${pattern}: ${name}`, block, { pattern, request: { method: "GET", url: `https://hooks.example.test/cb?${query}`, headers: {}, body }, ...rest });
  const signed = of("code=0907&host=YWRt&shop=acme.example&state=a%2Fb");
  one("good", `code=0907&hmac=${signed}&shop=acme.example&state=a%2Fb&host=YWRt`, { verdict: "accept" });
  one("a parameter changed", `code=0908&hmac=${signed}&shop=acme.example&state=a%2Fb&host=YWRt`, { verdict: "reject", reason: "signature_wrong" });
  one("no signature", "code=0907&shop=acme.example", { verdict: "reject", reason: "signature_missing" });
  one("a body beside it", `code=0907&hmac=${signed}&shop=acme.example&state=a%2Fb&host=YWRt`, { verdict: "reject", reason: "body_unsigned" }, "x");
}

// escapes that the vendor does not sign
put("hmac_method_url_body_ts: a URL whose escapes are signed as characters", { verify: { scheme: "hmac", signature: "X-Signature", content: "{method}{url}{body}", unescaped: ":/?@!" } },
  { request: { url: "https://hooks.example.test/a?u=https%3A%2F%2Fb%3f%20%2B", headers: { "X-Signature": hmac("sha256", secret, "POSThttps://hooks.example.test/a?u=https://b?%20%2B", event).toString("hex") }, body: event }, verdict: "accept" });

// --- keys of the vendor ---

{
  const block = { verify: { scheme: "ecdsa", signature: "X-Signature", encoding: "base64", content: "{timestamp}{body}", timestamp: { from: "X-Timestamp", unit: "epoch_s" } } };
  const pattern = "ecdsa_p256";
  const of = (key) => ({ ...json, "X-Timestamp": `${now}`, "X-Signature": sign("sha256", join2(`${now}`, event), key).toString("base64") });
  const one = (name, known, rest, body = event) => put(`${pattern}: ${name}`, block, { pattern, secret: known, request: { headers: of(ec), body }, ...rest });
  one("a key in base64", spki(ec), { verdict: "accept" });
  one("a key in PEM", createPublicKey(ec).export({ type: "spki", format: "pem" }), { verdict: "accept" });
  one("body changed", spki(ec), { verdict: "reject", reason: "signature_wrong" }, swap(event));
  one("a key of another kind", spki(rsa), { verdict: "reject", reason: "signature_wrong" });
  one("what is no key", "not a key", { verdict: "reject", reason: "secret_unusable" });
  one("older than five minutes", spki(ec), { at: now + 301, verdict: "reject", reason: "timestamp_stale" });
  put(`${pattern}: a signature that is no DER`, block, { pattern, secret: spki(ec), request: { headers: { ...of(ec), "X-Signature": "AAAA" }, body: event }, verdict: "reject", reason: "signature_wrong" });
}

{
  const block = { verify: { scheme: "ed25519", ...standard, prefix: "v1a,", secret: { prefix: "whpk_" } } };
  const pattern = "ed25519";
  const of = (text) => ({ ...json, "webhook-id": "msg_1", "webhook-timestamp": `${now}`, "webhook-signature": `v1,AAAA v1a,${sign(null, join2(`msg_1.${now}.`, text), ed).toString("base64")}` });
  const one = (name, known, rest, body = event) => put(`${pattern}: ${name}`, block, { pattern, secret: known, request: { headers: of(event), body }, ...rest });
  one("a key as its 32 bytes", `whpk_${raw(ed)}`, { verdict: "accept" });
  one("a key in base64 of its usual form", spki(ed), { verdict: "accept" });
  one("the second of two keys", `whpk_${Buffer.alloc(32, 7).toString("base64")}`, { secrets: [`whpk_${raw(ed)}`], verdict: "accept" });
  one("body changed", `whpk_${raw(ed)}`, { verdict: "reject", reason: "signature_wrong" }, swap(event));
}

// --- tokens ---

{
  const b64 = (value) => bytes(JSON.stringify(value)).toString("base64url");
  const made = (alg, claims, key, header = {}) => {
    const text = `${b64({ typ: "JWT", alg, ...header })}.${b64(claims)}`;
    const signature = alg === "HS256" ? hmac("sha256", key, text) : alg === "none" ? "" : sign(alg === "EdDSA" ? null : "sha256", bytes(text), alg === "ES256" ? { key, dsaEncoding: "ieee-p1363" } : key);
    return `${text}.${Buffer.from(signature).toString("base64url")}`;
  };
  const pattern = "jwt_hs256_request_bound";
  const block = { verify: { scheme: "jwt", algorithms: "HS256", claim: "qsh", content: "{method}&{path}&{query_canonical}", claims: { iss: ["jira:1", "jira:2"] } } };
  const at = "https://hooks.example.test/hooks/jira?b=x+y&a=2&a=1%2F2";
  const qsh = hash("sha256", "POST&/hooks/jira&a=1%2F2,2&b=x%20y").toString("hex");
  const claims = { iss: "jira:1", iat: now, exp: now + 180, qsh };
  const one = (name, token, rest, known = secret, of = block, word = "JWT ") => put(`${pattern}: ${name}`, of, { pattern, secret: known, request: { url: at, headers: { ...json, Authorization: `${word}${token}` }, body: event }, ...rest });
  one("good", made("HS256", claims, secret), { verdict: "accept" });
  one("behind Bearer", made("HS256", claims, secret), { verdict: "accept" }, secret, block, "Bearer ");
  one("behind another word", made("HS256", claims, secret), { verdict: "reject", reason: "signature_missing" }, secret, block, "Token ");
  one("within the minute after its end", made("HS256", claims, secret), { at: now + 240, verdict: "accept" });
  one("over", made("HS256", claims, secret), { at: now + 241, verdict: "reject", reason: "token_stale" });
  one("not yet good", made("HS256", { ...claims, nbf: now + 61 }, secret), { verdict: "reject", reason: "token_stale" });
  one("made in the future", made("HS256", { ...claims, iat: now + 61 }, secret), { verdict: "reject", reason: "token_stale" });
  one("without an end", made("HS256", { ...claims, exp: undefined }, secret), { verdict: "reject", reason: "token_stale" });
  one("an end that is a text", made("HS256", { ...claims, exp: "9999999999" }, secret), { verdict: "reject", reason: "token_stale" });
  one("of another request", made("HS256", { ...claims, qsh: hash("sha256", "POST&/other&").toString("hex") }, secret), { verdict: "reject", reason: "token_unbound" });
  one("without its claim", made("HS256", { ...claims, qsh: undefined }, secret), { verdict: "reject", reason: "token_unbound" });
  one("of another issuer", made("HS256", { ...claims, iss: "jira:3" }, secret), { verdict: "reject", reason: "claim_wrong" });
  one("wrong secret", made("HS256", claims, "x"), { verdict: "reject", reason: "signature_wrong" });
  one("unsigned", made("none", claims), { verdict: "reject", reason: "algorithm_refused" });
  one("something that must be understood", made("HS256", claims, secret, { crit: ["exp"] }), { verdict: "reject", reason: "token_malformed" });
  one("two parts", "e30.e30", { verdict: "reject", reason: "token_malformed" });
  one("no JSON", "x.y.z", { verdict: "reject", reason: "token_malformed" });
  const tied = { verify: { scheme: "jwt", algorithms: "HS256", claim: "host", content: "{header:X-Host}" } };
  const host = (hosts) => ({ headers: { ...json, "X-Host": hosts, Authorization: `JWT ${made("HS256", { ...claims, host: hash("sha256", "a").toString("hex") }, secret)}` }, body: event });
  put(`${pattern}: a header that is signed`, tied, { pattern, request: host("a"), verdict: "accept" });
  put(`${pattern}: a header that is signed, twice`, tied, { pattern, request: host(["a", "b"]), verdict: "reject", reason: "header_repeated" });
  const keys = JSON.stringify({ keys: [{ ...createPublicKey(ec).export({ format: "jwk" }), kid: "e", use: "sig" }, { ...createPublicKey(rsa).export({ format: "jwk" }), kid: "r" }, { ...createPublicKey(ed).export({ format: "jwk" }), kid: "d" }] });
  const set = { verify: { scheme: "jwt", algorithms: ["RS256", "ES256", "EdDSA"], secret: { url: "https://vendor.example.test/keys" }, claims: { aud: "app_1" } } };
  const plain = { aud: ["app_0", "app_1"], exp: now + 60 };
  one("RS256 by a set of keys", made("RS256", plain, rsa, { kid: "r" }), { verdict: "accept" }, keys, set);
  one("ES256 by a set of keys", made("ES256", plain, ec, { kid: "e" }), { verdict: "accept" }, keys, set);
  one("EdDSA by a set of keys", made("EdDSA", plain, ed, { kid: "d" }), { verdict: "accept" }, keys, set);
  one("without the key's name", made("RS256", plain, rsa), { verdict: "accept" }, keys, set);
  one("a key that the set has not", made("RS256", plain, rsa, { kid: "x" }), { verdict: "reject", reason: "key_unknown" }, keys, set);
  one("another key under the name of one", made("ES256", plain, ec, { kid: "d" }), { verdict: "reject", reason: "signature_wrong" }, keys, set);
  one("the public key as a secret", made("HS256", plain, keys, { kid: "r" }), { verdict: "reject", reason: "algorithm_refused" }, keys, set);
  one("RS256 by one key", made("RS256", plain, rsa), { verdict: "accept" }, createPublicKey(rsa).export({ type: "spki", format: "pem" }), set);
  const inside = { verify: { ...set.verify, signature: "/validationTokens/*" } };
  const two = (name, tokens, rest) => put(`${pattern}: ${name}`, inside, { secret: keys, request: { headers: json, body: JSON.stringify({ validationTokens: tokens }) }, ...rest });
  two("every one in a body", [made("RS256", plain, rsa), made("ES256", plain, ec)], { verdict: "accept" });
  two("one of those in a body is wrong", [made("RS256", plain, rsa), made("RS256", { ...plain, aud: "x" }, rsa)], { verdict: "reject", reason: "claim_wrong" });
  two("none in a body", [], { verdict: "reject", reason: "signature_missing" });
}

{
  const one = (pattern, name, block, request, rest) => put(`${pattern}: ${name}`, block, { pattern, request: { headers: json, body: event, ...request }, ...rest });
  const header = { verify: { scheme: "token", signature: "X-Token" } };
  const h = (value) => ({ headers: { ...json, "X-Token": value } });
  one("static_token_header", "good", header, h(secret), { verdict: "accept" });
  one("static_token_header", "the older of two", header, h(secret), { secret: "new", secrets: [secret], verdict: "accept" });
  one("static_token_header", "longer", header, h(`${secret}x`), { verdict: "reject", reason: "signature_wrong" });
  one("static_token_header", "empty", header, h(""), { verdict: "reject", reason: "signature_wrong" });
  one("static_token_header", "missing", header, {}, { verdict: "reject", reason: "signature_missing" });
  one("static_token_header", "twice", header, h([secret, secret]), { verdict: "reject", reason: "header_repeated" });
  one("static_token_header", "no secret is known", header, h(""), { secret: null, verdict: "reject", reason: "secret_missing" });
  const body = { verify: { scheme: "token", signature: "/value/*/clientState" }, items: "/value", id: "/id" };
  const b = (...states) => ({ body: JSON.stringify({ value: states.map((clientState, i) => ({ id: `${i}`, clientState })) }) });
  one("static_token_body", "every one", body, b(secret, secret), { verdict: "accept", ids: ["0", "1"] });
  one("static_token_body", "of two secrets", body, b(secret, "b"), { secrets: ["b"], verdict: "accept" });
  one("static_token_body", "all but one", body, b(secret, "x", secret), { verdict: "reject", reason: "signature_wrong" });
  one("static_token_body", "one lacks it", body, b(secret, undefined), { verdict: "reject", reason: "signature_wrong" });
  one("static_token_body", "one has an object", body, b(secret, {}), { verdict: "reject", reason: "signature_wrong" });
  one("static_token_body", "none", body, b(), { verdict: "reject", reason: "signature_missing" });
  one("static_token_body", "more than are looked at", body, { body: `{"value":[${"1,".repeat(10000)}1]}` }, { verdict: "reject", reason: "too_large" });
  one("static_token_body", "in XML", { verify: { scheme: "token", signature: { from: "#text", after: "<Org>", before: "</Org>" } } }, { headers: {}, body: `<a><Org>${secret}</Org></a>` }, { verdict: "accept" });
  one("static_token_body", "not closed in XML", { verify: { scheme: "token", signature: { from: "#text", after: "<Org>", before: "</Org>" } } }, { headers: {}, body: `<a><Org>${secret}` }, { verdict: "reject", reason: "signature_missing" });
  const basic = { verify: { scheme: "basic" } };
  const a = (text) => ({ headers: { ...json, Authorization: text } });
  const coded = (text) => bytes(text).toString("base64");
  one("http_basic", "good", basic, a(`Basic ${coded("u:p:x")}`), { secret: "u:p:x", verdict: "accept" });
  one("http_basic", "a word in other letters", basic, a(`basic ${coded("u:p")}`), { secret: "u:p", verdict: "accept" });
  one("http_basic", "wrong", basic, a(`Basic ${coded("u:q")}`), { secret: "u:p", verdict: "reject", reason: "signature_wrong" });
  one("http_basic", "no base64", basic, a("Basic u:p"), { secret: "u:p", verdict: "reject", reason: "signature_malformed" });
  one("http_basic", "another word", basic, a(`Bearer ${coded("u:p")}`), { secret: "u:p", verdict: "reject", reason: "signature_missing" });
  const query = { verify: { scheme: "token", signature: "?key" }, handshakes: { kind: "probe", methods: ["GET", "HEAD"] } };
  one("url_secret", "good", query, { url: "https://hooks.example.test/a?key=s3cret-of%2Dthe-hook" }, { verdict: "accept" });
  one("url_secret", "wrong", query, { url: "https://hooks.example.test/a?key=x" }, { verdict: "reject", reason: "signature_wrong" });
  one("url_secret", "the second of two", query, { url: `https://hooks.example.test/a?key=x&key=${secret}` }, { verdict: "reject", reason: "signature_wrong" });
  one("get_or_head_probe", "GET", query, { method: "GET", url: "https://hooks.example.test/a", body: "" }, { verdict: "handshake", status: 200, body: "" });
  one("get_or_head_probe", "HEAD", query, { method: "HEAD", url: "https://hooks.example.test/a", body: "" }, { verdict: "handshake", status: 200, body: "" });
  const certificate = { verify: { scheme: "certificate", names: ["*.vendor.example", "hooks.other.example"] } };
  const c = (...names) => ({ certificate_names: names });
  one("client_certificate", "below a name", certificate, c("x.test", "OUT.vendor.example"), { secret: null, verdict: "accept" });
  one("client_certificate", "a name", certificate, c("hooks.other.example"), { secret: null, verdict: "accept" });
  one("client_certificate", "another", certificate, c("vendor.example.evil"), { secret: null, verdict: "reject", reason: "certificate_wrong" });
  one("client_certificate", "none", certificate, {}, { secret: null, verdict: "reject", reason: "signature_missing" });
}

// --- handshakes ---

{
  const verify = { ...hex("sha256") };
  const signed = (body) => ({ headers: { ...json, "X-Signature": hmac("sha256", secret, body).toString("hex") }, body });
  const one = (pattern, name, block, request, rest) => put(`${pattern}: ${name}`, { verify, ...block }, { pattern, request, ...rest });
  const echo = { handshakes: { kind: "echo", signed: true, if: { when: "/type", is: "url_verification" }, value: "/challenge" } };
  const challenge = '{"type":"url_verification","challenge":"3eZ <b>"}';
  one("echo_body_field", "signed", echo, signed(challenge), { verdict: "accept", status: 200, body: "3eZ <b>", headers: { "Content-Type": "text/plain" } });
  one("echo_body_field", "not signed", echo, { headers: json, body: challenge }, { verdict: "reject", reason: "signature_missing" });
  one("echo_body_field", "an event", echo, signed('{"type":"event"}'), { verdict: "accept", body: "" });
  const token = { handshakes: { kind: "echo", value: "?validationToken" } };
  one("echo_query_param_plain_text", "decoded", token, { url: "https://hooks.example.test/a?validationToken=a%2Bb+c", headers: {}, body: "" }, { verdict: "handshake", status: 200, body: "a+b c", headers: { "Content-Type": "text/plain" } });
  one("echo_query_param_plain_text", "empty", token, { url: "https://hooks.example.test/a?validationToken=", headers: {}, body: "" }, { verdict: "reject", reason: "signature_missing" });
  const hook = { handshakes: [{ kind: "echo_header", value: "X-Hook-Secret", keeps_secret: true }] };
  one("echo_header_and_capture_secret", "first", hook, { headers: { ...json, "X-Hook-Secret": "b537" }, body: "{}" }, { secret: null, verdict: "handshake", status: 200, body: "", headers: { "X-Hook-Secret": "b537" }, kept: "b537" });
  one("echo_header_and_capture_secret", "where one is known", hook, { headers: { ...json, "X-Hook-Secret": "b537" }, body: "{}" }, { verdict: "reject", reason: "secret_known" });
  const capture = { handshakes: { kind: "probe", value: "/verification_token", keeps_secret: true } };
  one("capture_secret_from_body", "first", capture, { headers: json, body: '{"verification_token":"secret_t"}' }, { secret: null, verdict: "handshake", status: 200, body: "", kept: "secret_t" });
  one("capture_secret_from_body", "where one is known", capture, { headers: json, body: '{"verification_token":"mine"}' }, { verdict: "reject", reason: "secret_known" });
  const probe = { handshakes: { kind: "probe", signed: true, if: { when: { expression: "$count(events) = 0" } } } };
  one("good_and_bad_signature_probe", "good", probe, signed('{"events":[],"entropy":"S"}'), { verdict: "accept", status: 200, body: "" });
  one("good_and_bad_signature_probe", "bad", probe, { headers: { ...json, "X-Signature": hmac("sha256", "x", "{}").toString("hex") }, body: '{"events":[],"entropy":"S"}' }, { verdict: "reject", reason: "signature_wrong", status: 401, body: "" });
  const marker = { handshakes: { kind: "probe", signed: true, if: { when: "X-State", is: "sync" }, status: 204 } };
  one("first_message_marker", "the marker", marker, { ...signed(""), headers: { ...signed("").headers, "X-State": "sync" } }, { verdict: "accept", status: 204, body: "" });
  one("first_message_marker", "unsigned", marker, { headers: { "X-State": "sync" }, body: "" }, { verdict: "reject", reason: "signature_missing" });
  const ack = { acknowledge: { type: "text/xml", body: "<Ack>true</Ack>" } };
  one("custom_ack_body", "accepted", ack, signed(event), { verdict: "accept", status: 200, body: "<Ack>true</Ack>", headers: { "Content-Type": "text/xml" } });
  one("custom_ack_body", "rejected", ack, { headers: json, body: event }, { verdict: "reject", reason: "signature_missing", status: 401, body: "" });
}

// --- what is in a request ---

{
  const verify = { scheme: "token", signature: "X-Token" };
  const one = (name, block, request, rest) => put(`events: ${name}`, { verify, ...block }, { request: { headers: { ...json, "X-Token": secret, "X-Id": "h1", ...request.headers }, ...request, ...(request.headers ? { headers: { ...json, "X-Token": secret, "X-Id": "h1", ...request.headers } } : {}) }, verdict: "accept", ...rest });
  one("one", { id: "/id" }, { body: event }, { ids: ["evt_1"] });
  one("the first id that is there", { id: ["/no", "X-Id", "/id"] }, { body: event }, { ids: ["h1"] });
  one("an array", { id: "/id" }, { body: '[{"id":1},{"id":"b"},{}]' }, { ids: ["1", "b", null] });
  one("a list inside", { items: "/a/events", id: "/id" }, { body: '{"a":{"events":[{"id":"x"},{"id":"y"}]}}' }, { ids: ["x", "y"] });
  one("no list where there should be one", { items: "/events", id: "/id" }, { body: "{}" }, { ids: [] });
  one("an empty list", { items: "/events", id: "/id" }, { body: '{"events":[]}' }, { ids: [] });
  one("an expression over event and request", { items: "/events", id: { expression: "$request.body.batch & '-' & n & '-' & $request.query.q" } }, { url: "https://hooks.example.test/a?q=z&q=w", body: '{"batch":"b","events":[{"n":1},{"n":2}]}' }, { ids: ["b-1-z", "b-2-z"] });
  one("a form", { id: "/data[id]" }, { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: "type=x&data%5Bid%5D=8a" }, { ids: ["8a"] });
  one("JSON inside a form", { form_json: "payload", id: "/id" }, { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: `payload=${encodeURIComponent(event)}` }, { ids: ["evt_1"] });
  one("no JSON at all", { id: "X-Id" }, { headers: { "Content-Type": "text/plain" }, body: "hello" }, { ids: ["h1"] });
  one("nothing", { id: "X-Id" }, { body: "" }, { ids: ["h1"] });
  one("deeper than is read", { id: ["/id", "X-Id"] }, { body: `${"[".repeat(200)}1${"]".repeat(200)}` }, { ids: ["h1"] });
}

writeFileSync(join(here, "webhooks.jsonl"), `${lines.join("\n")}\n`);
