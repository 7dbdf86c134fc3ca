// The unified API with vendors that lie about their lists and callers that send what nobody
// should: what is wrong is named, requests are bounded, and nothing is lost without a word.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { plain } from "./support/documents.mjs";
import { breakwater, sleep, stopAll, stopLater, until } from "./support/run.mjs";
import { converse, dial } from "./support/wire.mjs";

const size = { put: { query: "limit" }, default: 10, max: 100 };
const kinds = {
  cursor: { kind: "cursor_in_body", records: "/items", next: "/next", put: "after", size },
  url: { kind: "url_in_body_absolute", records: "/items", next: "/next", size },
  relative: { kind: "url_in_body_relative", records: "/items", next: "/next", size },
  link: { kind: "link_header", records: "/items", size },
  page: { kind: "page_number", records: "/items", put: "page", size },
  offset: { kind: "offset_limit", records: "/items", put: "offset", size },
};
const mapping = { contacts: {
  response: "{ 'id': $string(id), 'first_name': name }",
  list: { method: "contacts.list", filters: ["email"], request: { query: "{ 'case': filters.email }" } },
  get: { method: "contacts.get" },
  create: { method: "contacts.create", request: { body: "{ 'name': body.first_name }" } },
  update: { method: "contacts.update", request: { body: "{ 'name': body.first_name }" } },
  delete: { method: "contacts.delete" },
} };
const resources = { contacts: { methods: {
  list: { verb: "GET", path: "/contacts" },
  get: { verb: "GET", path: "/contacts/{id}" },
  create: { verb: "POST", path: "/contacts" },
  update: { verb: "PATCH", path: "/contacts/{id}" },
  delete: { verb: "DELETE", path: "/contacts/{id}" },
} } };

let bw, vendor, foreign, key;
const cases = {};

// Answers by the parameter `case` of the query; of all else, an echo of the target as a record.
async function serve() {
  const heard = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://vendor");
    heard.push({ method: request.method, target: request.url, headers: request.headers });
    const answer = cases[url.searchParams.get("case")];
    if (!answer) {
      request.resume().on("end", () => send(response, { id: request.url, name: request.method }));
      return;
    }
    Promise.resolve(answer(url, response, request)).then((made) => made && send(response, made));
  });
  server.on("connection", (socket) => socket.on("error", () => {}));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stopLater(() => { server.closeAllConnections(); server.close(); });
  return { url: `http://127.0.0.1:${server.address().port}`, heard,
    of: (name) => heard.filter(({ target }) => target.includes(`case=${name}`)) };
}

function send(response, { headers = {}, ...body }) {
  response.writeHead(200, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

const documentOf = (kind, more = {}) => plain(kind, vendor.url, { pagination: kinds[kind], resources, unified: { crm: mapping },
  resilience: { timeouts: { first_byte: "1s", idle: "1s", total: "5s" } }, ...more });

async function accounts(it) {
  for (const kind of Object.keys(kinds)) {
    await it.put(documentOf(kind));
    await it.account(kind, { external_id: kind });
  }
}

before(async () => {
  [vendor, foreign] = [await serve(), await serve()];
  bw = await breakwater();
  await accounts(bw);
  key = await bw.callKey();
});
after(stopAll);

const never = { "x-breakwater-retry": "never" };

async function ask(path, query = {}, { headers, signal, daemon = bw, ...more } = {}) {
  const response = await fetch(`${daemon.url}/unified/crm/contacts${path}?${new URLSearchParams(query)}`,
    { headers: { authorization: `Bearer ${key}`, ...headers }, signal, ...more });
  const text = await response.text();
  const lines = (response.headers.get("content-type") ?? "").includes("ndjson");
  return { status: response.status, text, value: lines ? text.trimEnd().split("\n").map((line) => JSON.parse(line)) : text && JSON.parse(text) };
}
const list = (kind, name, query = {}, more) => ask("", { account: kind, email: name, ...query }, more);
const all = async (kind, name, query = {}, more) => (await list(kind, name, { all: true, ...query }, more)).value;

// The last line of a whole list that went wrong, or the problem of one that did not begin.
async function problemOf(kind, name, more) {
  const value = await all(kind, name, {}, more);
  return Array.isArray(value) ? value.at(-1).problem : value;
}
const item = (i) => ({ id: i, name: `Person ${i}` });
const items = (n, from = 0) => Array.from({ length: n }, (_, i) => item(from + i));

// --- circles ----------------------------------------------------------------------------

for (let length = 1; length <= 7; length++)
  for (const kind of ["cursor", "url", "link"])
    test(`a circle of ${length} pages by ${kind} ends with page_loop, soon`, async () => {
      const name = `circle-${kind}-${length}`;
      cases[name] = (url) => {
        const at = Number(url.searchParams.get("after") ?? 0), next = at % length + 1;
        const link = `${vendor.url}/contacts?case=${name}&after=${next}`;
        const page = { items: items(10, 10 * at) };
        if (kind === "link") return { ...page, headers: { link: `<${link}>; rel="next"` } };
        return { ...page, next: kind === "url" ? link : String(next) };
      };
      const problem = await problemOf(kind, name);
      assert.equal(problem.code, "page_loop");
      const asked = vendor.of(name).length;
      assert.ok(asked <= 3 * (length + 1) + 2, `${asked} requests`);
      const page = await list(kind, name, { limit: 1000 });
      assert.deepEqual([page.status, page.value.code], [502, "page_loop"]);
    });

test("one page under ever new cursors ends with page_loop", async () => {
  for (const kind of ["cursor", "page", "offset"]) {
    let n = 0;
    cases[`same-${kind}`] = () => ({ items: items(100), next: String(++n) });
    assert.equal((await problemOf(kind, `same-${kind}`)).code, "page_loop", kind);
    assert.ok(vendor.of(`same-${kind}`).length <= 4);
  }
});

test("empty pages under ever new cursors come to an end", async () => {
  let n = 0;
  cases.empty = () => ({ items: [], next: String(++n) });
  assert.equal((await problemOf("cursor", "empty")).code, "page_loop");
  assert.ok(vendor.of("empty").length <= 1002);
});

test("a circle is found by a caller, too, who asks page by page", async () => {
  cases.slowly = (url) => ({ items: items(10), next: String((Number(url.searchParams.get("after") ?? 0) + 1) % 3 + 1) });
  let cursor, answer, asked = 0;
  do {
    answer = await list("cursor", "slowly", { limit: 10, ...(cursor && { cursor }) });
    cursor = answer.value.next_cursor;
    assert.ok(++asked < 20);
  } while (cursor);
  assert.deepEqual([answer.status, answer.value.code], [502, "page_loop"]);
});

// --- where links lead -------------------------------------------------------------------

const forbidden = [
  ["a foreign host", () => `${foreign.url}/contacts?x=1`],
  ["a foreign host without a scheme", () => `//${new URL(foreign.url).host}/contacts`],
  ["another scheme", () => "ftp://127.0.0.1/contacts"],
  ["a file", () => "file:///etc/passwd"],
  ["a script", () => "javascript:alert(1)"],
  ["https at a port of ours", () => vendor.url.replace("http:", "https:") + "/contacts"],
  ["a host behind credentials", () => `http://${new URL(vendor.url).host}@${new URL(foreign.url).host}/contacts`],
  ["a host behind a backslash", () => `${foreign.url}\\@${new URL(vendor.url).host}/contacts`],
  ["a host with a longer name", () => `http://127.0.0.1.evil.test:${new URL(vendor.url).port}/contacts`],
  ["another port", () => "http://127.0.0.1:1/contacts"],
];
for (const [what, link] of forbidden)
  for (const kind of ["url", "link"])
    test(`a next page at ${what}, by ${kind}, is not asked for`, async () => {
      const name = `forbidden-${kind}-${forbidden.findIndex(([it]) => it === what)}`;
      cases[name] = () => kind === "link" ? { items: items(2), headers: { link: `<${link()}>; rel="next"` } } : { items: items(2), next: link() };
      const lines = await all(kind, name);
      const problem = Array.isArray(lines) ? lines.at(-1).problem : lines;
      assert.match(problem?.code ?? "none", /^page_(link_forbidden|invalid)$/, JSON.stringify(lines));
      assert.equal(vendor.of(name).length, 1);
      assert.equal(foreign.heard.length, 0);
    });

test("a relative next page does not leave the vendor, nor its host by a second slash", async () => {
  for (const [i, next] of [`//${new URL(foreign.url).host}/x`, `/\\${new URL(foreign.url).host}/x`, `http://${new URL(foreign.url).host}/x`].entries()) {
    cases[`relative-${i}`] = () => ({ items: items(2), next });
    const problem = await problemOf("relative", `relative-${i}`);
    assert.match(problem?.code ?? "none", /^page_(link_forbidden|invalid)$/, `${next}: ${JSON.stringify(problem)}`);
    assert.equal(foreign.heard.length, 0);
  }
});

test("a link that climbs by dot segments is not followed", async () => {
  for (const [i, path] of ["/../other", "/contacts/../../other", "/%2e%2e/other", "/contacts/.%2E/%2e./other"].entries()) {
    const name = `dots-${i}`;
    cases[name] = () => ({ items: items(2), next: `${vendor.url}${path}?case=${name}&second=1` });
    assert.equal((await problemOf("url", name)).code, "page_link_forbidden", path);
    assert.equal(vendor.of(name).length, 1);
  }
});

test("a link's credentials are not sent, and ours are", async () => {
  cases.userinfo = (url) => url.searchParams.get("second") ? { items: items(2, 2), next: null }
    : { items: items(2), next: `${vendor.url.replace("//", "//evil:pass@")}/contacts?case=userinfo&second=1` };
  await all("url", "userinfo");
  for (const { headers } of vendor.of("userinfo")) assert.equal(headers.authorization, "Bearer vendor-secret-token");
});

// --- answers that are none --------------------------------------------------------------

const raw = (bytes, headers = {}) => (url, response) => {
  response.writeHead(200, { "content-type": "application/json", ...headers });
  response.end(bytes);
};
const invalid = [
  ["no JSON", raw("<html>")],
  ["nothing", raw("")],
  ["an array", raw("[]")],
  ["a number", raw("7")],
  ["no list", raw('{"items":{"0":{"id":1}}}')],
  ["half of it", raw('{"items":[{"id":1},')],
  ["two documents", raw('{"items":[]}{"items":[]}')],
  ["invalid UTF-8", raw(Buffer.from('{"items":[{"id":"\xff\xfe"}]}', "latin1"))],
  ["a depth of 100,000", raw(`{"items":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)],
  ["no gzip", raw('{"items":[]}', { "content-encoding": "gzip" })],
  ["9 MiB", raw(JSON.stringify({ items: [{ id: 1, name: "x".repeat(9 << 20) }] }))],
  ["64 MiB in 64 KiB of gzip", raw(gzipSync(`{"items":[${" ".repeat(64 << 20)}]}`), { "content-encoding": "gzip" })],
  ["a cursor of 100 KiB", raw(JSON.stringify({ items: items(2), next: "c".repeat(100 << 10) }))],
  ["a cursor that is an object", raw(JSON.stringify({ items: items(2), next: { after: 1 } }))],
];
for (const [i, [what, answer]] of invalid.entries())
  test(`an answer that is ${what} is page_invalid, and no end of the list`, async () => {
    cases[`invalid-${i}`] = answer;
    const page = await list("cursor", `invalid-${i}`, { limit: 10 }, { headers: never });
    assert.equal(page.status, 502, page.text.slice(0, 300));
    assert.match(page.value.code, /^(page_invalid|upstream_invalid|upstream_reset)$/);
    const problem = await problemOf("cursor", `invalid-${i}`, { headers: never });
    assert.ok(problem?.code, "a whole list says so, too");
    assert.ok(vendor.of(`invalid-${i}`).length <= 12);
  });

test("records that are no objects are faults, and the others are told", async () => {
  cases.mixed = () => ({ items: [item(1), 7, null, "x", [item(2)], {}, item(3)], next: null });
  const { value, status } = await list("cursor", "mixed");
  assert.equal(status, 200);
  assert.deepEqual(value.data.map(({ id }) => id).filter((id) => id === "1" || id === "3"), ["1", "3"]);
  assert.equal(value.data.length + value.faults.length, 7, JSON.stringify(value));
});

// --- in the middle of a walk ------------------------------------------------------------

// Pages of 10, `after` counts records; `more(at)` may answer something else.
const walked = (name, total, more = () => undefined) => {
  cases[name] = async (url, response, request) => {
    const at = Number(url.searchParams.get("after") ?? 0);
    const other = await more(at, response, request);
    if (other !== undefined || response.headersSent || response.destroyed) return other;
    const n = Math.min(Number(url.searchParams.get("limit") ?? 10), total - at);
    return { items: items(n, at), next: at + n < total ? String(at + n) : null };
  };
};
const idsOf = (lines) => lines.filter(({ data }) => data).map(({ data }) => Number(data.id));

for (const [what, fault, code] of [
  ["hangs", () => new Promise(() => {}), /^upstream_timeout$/],
  ["resets", (response) => { response.destroy(); return null; }, /^upstream_/],
  ["breaks off in its body", (response) => { response.writeHead(200, { "content-length": 100 }); response.write('{"items":'); setTimeout(() => response.destroy(), 20); return null; }, /^upstream_/],
  ["stops in its body", (response) => { response.writeHead(200, { "content-length": 100 }); response.write('{"items":'); return null; }, /^upstream_/],
])
  test(`a vendor that ${what} in the middle of a walk: the last line is the problem, and the rest can be had`, async () => {
    const name = `middle-${what.replaceAll(" ", "-")}`;
    let broken = true;
    walked(name, 450, (at, response) => broken && at >= 200 ? fault(response) : undefined);
    const lines = await all("cursor", name, {}, { headers: never });
    const { problem } = lines.at(-1);
    assert.match(problem?.code ?? "none", code, JSON.stringify(lines.at(-1)));
    assert.equal(problem.records, 200);
    broken = false;
    const rest = await all("cursor", name, { cursor: problem.next_cursor });
    assert.deepEqual([...idsOf(lines), ...idsOf(rest)], items(450).map(({ id }) => id));
  });

test("a throttle in the middle of a whole list is waited for, and nothing is lost or told twice", async () => {
  let throttled = 0;
  walked("throttled", 300, (at, response) => {
    if (at !== 200 || throttled++ >= 2) return undefined;
    response.writeHead(429, { "retry-after": "1" });
    response.end("{}");
    return null;
  });
  const lines = await all("cursor", "throttled");
  assert.deepEqual(idsOf(lines), items(300).map(({ id }) => id));
  assert.deepEqual(lines.at(-1).end.records, 300);
  assert.equal(vendor.of("throttled").length, 5);
});

test("a caller who leaves a list ends it", async () => {
  walked("left", 100_000, () => sleep(20));
  const leaving = new AbortController();
  const response = await fetch(`${bw.url}/unified/crm/contacts?account=cursor&email=left&all=true`,
    { headers: { authorization: `Bearer ${key}` }, signal: leaving.signal });
  await response.body.getReader().read();
  leaving.abort();
  await until("the log line", () => bw.log("call").some((line) => line.caller_gone));
  const asked = vendor.of("left").length;
  await sleep(200);
  assert.ok(vendor.of("left").length <= asked + 1, "nothing is asked for any more");
});

// As many lines as there are, and the last one; a large list is not kept.
async function count(response) {
  let rest = "", records = 0, last;
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    for (const line of lines)
      if (line.startsWith('{"data"')) records++;
      else last = line;
  }
  assert.equal(rest, "", "the last line is whole");
  return { records, last: JSON.parse(last) };
}
const flow = (account, name, more = "", daemon = bw) =>
  fetch(`${daemon.url}/unified/crm/contacts?account=${account}&email=${name}&all=true${more}`, { headers: { authorization: `Bearer ${key}` } });

test("a page that becomes more than there is room for is told in pieces, and nothing of it is lost", async () => {
  const records = Array.from({ length: 200_000 }, (_, i) => ({ id: i }));
  cases.grows = () => ({ items: records, next: null });
  await bw.put(documentOf("cursor", { name: "grows", unified: { crm: { contacts: { ...mapping.contacts,
    response: `{ 'id': $string(id), 'first_name': '${"x".repeat(400)}' }` } } } }));
  await bw.account("grows", { external_id: "grows" });
  const { records: told, last } = await count(await flow("grows", "grows"));
  assert.deepEqual([told, last.end?.records], [200_000, 200_000]);
  assert.equal(vendor.of("grows").length, 2, "the page is asked for again, and gone on with where it was cut");
});

test("a wish is met in the middle of a page of the vendor's own size, and gone on with there", async () => {
  const fixed = { ...kinds.cursor };
  delete fixed.size;
  await bw.put(documentOf("cursor", { name: "fixed", pagination: fixed }));
  await bw.account("fixed", { external_id: "fixed" });
  walked("fixed", 1000);
  const ids = [];
  let cursor;
  do {
    const { value } = await list("fixed", "fixed", { limit: 37, ...(cursor && { cursor }) });
    ids.push(...value.data.map(({ id }) => Number(id)));
    cursor = value.next_cursor;
  } while (cursor);
  assert.deepEqual(ids, items(1000).map(({ id }) => id));
});

test("a list that ends at a fault can be gone on with behind it", async () => {
  cases.faulty = (url) => url.searchParams.get("after") ? { items: [item(2), { id: 3, name: 7 }, item(4)], next: null }
    : { items: [item(1)], next: "1" };
  const lines = await all("cursor", "faulty", { faults: "fail" });
  assert.equal(lines.at(-1).problem.code, "mapping_failed");
  const rest = await all("cursor", "faulty", { cursor: lines.at(-1).problem.next_cursor });
  assert.deepEqual([idsOf(lines), idsOf(rest)], [[1, 2], [4]]);
});

test("who reads nothing is waited for, and the vendor is asked for no more than has room", async () => {
  const total = 40_000, wide = "x".repeat(1000);
  cases.wide = (url) => {
    const at = Number(url.searchParams.get("after") ?? 0);
    return { items: Array.from({ length: 100 }, (_, i) => ({ id: at + i, name: wide })), next: at + 100 < total ? String(at + 100) : null };
  };
  const response = await flow("cursor", "wide");
  let asked = -1;
  await until("a vendor that is left in peace", async () => {
    const before = asked;
    asked = vendor.of("wide").length;
    await sleep(300);
    return before === asked && asked > 0;
  });
  assert.ok(asked < 300, `${asked} of 400 pages`);
  const { records, last } = await count(response);
  assert.deepEqual([records, last.end?.records], [total, total]);
});

// --- callers ----------------------------------------------------------------------------

const head = (line, more = "") => `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nConnection: close\r\n${more}\r\n`;

for (const id of ["..%2f..%2fadmin", "%2e%2e", "..", "%2e", ".", "%00", "a%00b", "a%2Fb", "a%5Cb", "%5c..%5c", "%0d%0aX-Evil:%201", "a%3Fb%23c",
  "%zz", "%", "%ff%fe", "%25%32%65%25%32%65", "x".repeat(6000), "%F0%9F%9A%80"])
  test(`the id ${id.slice(0, 30)} leads to the record of that id, or nowhere`, async () => {
    for (const method of ["GET", "DELETE"]) {
      const before = vendor.heard.length;
      const { status } = await converse(bw.port, head(`${method} /unified/crm/contacts/${id}?account=cursor`));
      const heard = vendor.heard.slice(before);
      assert.ok(status >= 200 && status < 500, `${status}`);
      if (status >= 400) assert.deepEqual(heard, []);
      for (const { target, headers } of heard) {
        const [, segment] = /^\/contacts\/([^/?#\\]+)$/.exec(target) ?? [];
        assert.equal(decodeURIComponent(segment), decodeURIComponent(id), target);
        assert.ok(![".", ".."].includes(decodeURIComponent(segment)), target);
        assert.equal(headers["x-evil"], undefined);
      }
    }
  });

const queries = [
  ["limit=1&limit=2", 400], ["email=a&email=b", 400], ["email=a&%65mail=b", 400], ["all=true&all=false", 400],
  ["account=url", 400], ["=x", 400], ["&&&", 200], ["limit=%31%00", 400], ["limit=1e3", 400], ["limit=-1", 400], ["limit=+5", 400],
  ["limit=99999999999999999999", 400], ["cursor=", 400], [`cursor=${"A".repeat(15000)}`, 400], ["cursor=%00", 400], ["fields=,", 400],
  [`email=${"x".repeat(70000)}`, 400], [`${"a&".repeat(7000)}`, 400], ["%zz=1", 400], ["email=%ff", 400],
];
for (const [query, wanted] of queries)
  test(`the query ${query.slice(0, 30)} is ${wanted}`, async () => {
    const before = vendor.heard.length;
    const { status, code, text } = await converse(bw.port, head(`GET /unified/crm/contacts?account=cursor&email=plain&${query}`.replace(/email=plain&(?=(email|%65))/, "")));
    assert.ok(wanted === 200 ? status === 200 : status >= 400 && status < 500, `${status} ${code} ${text.slice(-300)}`);
    if (status >= 400) assert.equal(vendor.heard.length, before);
  });
cases.plain = () => ({ items: items(2), next: null });

const bodies = [
  ["a depth of 100,000", `{"first_name":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, 422],
  ["invalid UTF-8", Buffer.from('{"last_name":"\xff\xfe"}', "latin1"), 422],
  ["half a surrogate pair", '{"last_name":"\\ud800"}', 422],
  ["a member of every name", JSON.stringify({ last_name: "x", ...Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`m${i}`, i])) }), 422],
  ["a __proto__", '{"last_name":"x","__proto__":{"id":"1"}}', 422],
  ["a number of 100,000 digits", `{"last_name":${"9".repeat(100_000)}}`, 422],
  ["1 MiB and a byte", `{"last_name":"${"x".repeat((1 << 20) - 15)}"}`, 413],
  ["nothing", "", 422],
];
for (const [what, body, wanted] of bodies)
  test(`a record that is ${what} is refused, and nothing is sent`, async () => {
    const before = vendor.heard.length;
    const { status, text } = await ask("", { account: "cursor" }, { method: "POST", body });
    assert.equal(status, wanted, text.slice(0, 300));
    assert.equal(vendor.heard.length, before);
  });

test("a record in chunks without an end is refused at its limit", async () => {
  const before = vendor.heard.length;
  const wire = await dial(bw.port);
  wire.send(head("POST /unified/crm/contacts?account=cursor", "Transfer-Encoding: chunked\r\n"));
  wire.send('e\r\n{"last_name":"\r\n');
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  for (let i = 0; i < 64 && !wire.closed && !wire.text; i++) {
    wire.send(chunk);
    await sleep(2);
  }
  await until("an answer", () => /^HTTP\/1\.1 413/.test(wire.text));
  wire.close();
  assert.equal(vendor.heard.length, before);
});

// --- the daemon's own end ---------------------------------------------------------------

async function another(options = {}) {
  const it = await breakwater(options);
  if (!options.data) await accounts(it);
  return it;
}

// Takes a list's lines until they end: { lines, cut }.
async function takeAll(it, caller, name, onFirst) {
  let text = "", cut = false, first = true;
  const response = await fetch(`${it.url}/unified/crm/contacts?account=cursor&email=${name}&all=true`, { headers: { authorization: `Bearer ${caller}` } });
  try {
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (first) onFirst();
      first = false;
    }
  } catch {
    cut = true;
  }
  const lines = text.split("\n");
  const rest = lines.pop();
  return { lines: lines.map((line) => JSON.parse(line)), rest, cut };
}

test("a daemon that is killed in the middle of a list leaves one that is visibly cut", async () => {
  const it = await another(), caller = await it.callKey();
  walked("killed", 100_000, () => sleep(20));
  const { lines, cut } = await takeAll(it, caller, "killed", () => it.child.kill("SIGKILL"));
  await it.exited;
  assert.ok(cut);
  assert.ok(!lines.some((line) => line.end || line.problem));
  const progress = lines.filter((line) => line.progress).at(-1).progress;
  const again = await another({ data: it.home });
  const response = await fetch(`${again.url}/unified/crm/contacts?account=cursor&email=killed&limit=10&cursor=${progress.next_cursor}`, { headers: { authorization: `Bearer ${caller}` } });
  assert.deepEqual((await response.json()).data.map(({ id }) => Number(id)), items(10, progress.records).map(({ id }) => id));
  await again.stop();
});

test("a daemon that drains lets a list end in time", async () => {
  const it = await another(), caller = await it.callKey();
  walked("drained", 500, () => sleep(100));
  const { lines, cut } = await takeAll(it, caller, "drained", () => it.child.kill("SIGTERM"));
  assert.deepEqual([cut, lines.at(-1).end?.records], [false, 500]);
  assert.equal((await it.exited).code, 0);
});

test("a list that outlives the drain ends with a whole line that is a problem, or is visibly cut", async () => {
  const it = await another({ flags: ["--drain-timeout", "500ms"] }), caller = await it.callKey();
  walked("outlives", 100_000, () => sleep(50));
  const { lines, rest, cut } = await takeAll(it, caller, "outlives", () => it.child.kill("SIGTERM"));
  assert.ok(cut || (rest === "" && lines.at(-1).problem), JSON.stringify([cut, rest, lines.at(-1)]));
  assert.ok(!lines.some((line) => line.end));
  assert.equal((await it.exited).code, 0);
});

test("a cursor is good after a restart, and after the master key was changed", async () => {
  walked("kept", 50);
  const it = await another(), caller = await it.callKey();
  const page = async (daemon, cursor) => {
    const response = await fetch(`${daemon.url}/unified/crm/contacts?${new URLSearchParams({ account: "cursor", email: "kept", limit: 10, ...(cursor && { cursor }) })}`,
      { headers: { authorization: `Bearer ${caller}` } });
    return response.json();
  };
  const { next_cursor } = await page(it);
  const keys = join(it.home, "data/key"), second = `mk_second ${randomBytes(32).toString("base64")}\n`;
  writeFileSync(keys, readFileSync(keys, "utf8") + second);
  await it.api("POST", "master-keys/rotate", { master_key: "mk_second" });
  await until("all data keys to be sealed again", async () => (await it.api("GET", "master-keys")).needed.every(({ id }) => id === "mk_second"));
  await it.stop();
  writeFileSync(keys, second);
  const again = await another({ data: it.home });
  assert.deepEqual((await page(again, next_cursor)).data.map(({ id }) => id), items(10, 10).map(({ id }) => String(id)));
  await again.stop();
});
