// Vendors that take records by the batch only: what became of the item is what the caller is
// told, whatever the status of the whole.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { breakwater, stopAll, stopLater } from "./support/run.mjs";

let bw, vendor, key;

const items = { at: ["/done", "/undone"], status: "/status",
  errors: { failed: [{ status: 200, when: "/ok", is: false }], code: ["/error/code"], message: ["/error/message"], request_id: ["/error/trace"],
    classes: [{ if: { status: 200, when: "/error/code", is: "DUPLICATE" }, class: "conflict" }] } };
const resources = { people: { methods: {
  get: { verb: "GET", path: "/people/{id}" },
  create: { verb: "POST", path: "/people/batch", items },
  update: { verb: "POST", path: "/people/batch/update", items },
  delete: { verb: "POST", path: "/people/batch/delete", items },
  create_many: { verb: "POST", path: "/people/many", items: { ...items, index: ["/place", "/error/place"], max: 5 } },
} } };
const unified = { crm: { contacts: {
  response: "{ 'id': id, 'last_name': name }",
  get: { method: "people.get" },
  create: { method: "people.create", record: "/done/0/person", request: { body: "{ 'all': [{ 'name': body.last_name }] }" } },
  create_many: { method: "people.create_many", record: "/person", request: { body: "{ 'all': [bodies.all], 'many': true }" } },
  update: { method: "people.update", response: "{ 'id': $request.id }", then: "get", request: { body: "{ 'all': [{ 'id': id, 'name': body.last_name }] }" } },
  delete: { method: "people.delete", request: { body: "{ 'all': [{ 'id': id }] }" } },
} } };

// Answers with what the item's name or id asks for.
const answers = {
  Good: [207, { done: [{ ok: true, person: { id: "7", name: "Good" } }], undone: [] }],
  Bad: [207, { done: [], undone: [{ ok: false, error: { code: "INVALID", message: "No such name.", trace: "t-1" } }] }],
  Twice: [200, { done: [], undone: [{ ok: false, error: { code: "DUPLICATE", message: "There is one." } }] }],
  Missing: [207, { undone: [{ status: 404, error: { code: "GONE", message: "Not here." } }] }],
  Late: [200, { undone: [{ status: 503, error: { message: "Later." } }] }],
  Slow: [207, { undone: [{ status: 429, error: { message: "Too many." } }] }],
  Half: [207, { done: [{ ok: true, person: { id: "7", name: "Half" } }], undone: [{ ok: false, error: { code: "INVALID" } }] }],
  Odd: [207, { done: "what", undone: 7 }],
  None: [204],
};

// Of several: whole answers by the name of the first, or of each what its own name asks for,
// the last one first.
const many = {
  Refused: () => [400, { error: { code: "NO" } }],
  Broken: () => [200, { done: "what" }],
  Foreign: () => [207, { done: [{ place: 9, person: { id: "1" } }, { place: -1, person: { id: "2" } }, { place: "x", person: { id: "3" } }, { place: 1, person: { id: "4", name: "B" } }] }],
};
function becomes(all) {
  const answer = { done: [], undone: [] };
  for (const [place, { name }] of [...all.entries()].reverse()) {
    if (name === "Silent") continue;
    const bad = { Bad: { ok: false, error: { place, code: "INVALID", message: "No such name." } }, Gone: { status: 404, error: { place, code: "GONE" } } }[name];
    if (bad) answer.undone.push(bad);
    else answer.done.push({ place, ok: true, person: name === "Odd" ? { id: 7 } : { id: `p${place}`, name } });
  }
  return [207, answer];
}

async function serve() {
  const heard = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part)).on("end", () => {
      const body = parts.length ? JSON.parse(Buffer.concat(parts)) : undefined;
      heard.push({ method: request.method, target: request.url, body });
      const [one] = body?.all ?? [];
      const [status, answer] = body?.many ? (many[one.name] ?? becomes)(body.all) : one ? answers[one.name ?? one.id] : [200, { id: request.url.split("/").pop(), name: "Got" }];
      response.writeHead(status, { "content-type": "application/json" }).end(answer && JSON.stringify(answer));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stopLater(() => { server.closeAllConnections(); server.close(); });
  return { url: `http://127.0.0.1:${server.address().port}`, heard };
}

before(async () => {
  vendor = await serve();
  bw = await breakwater();
  await bw.put(plain("vendor", vendor.url, { resources, unified, resilience: { writes: { queue: "never" } } }));
  await bw.account("vendor", { external_id: "a" });
  key = await bw.callKey();
});
after(stopAll);

async function ask(method, id, body) {
  const answer = await fetch(`${bw.url}/unified/crm/contacts${id ? `/${id}` : ""}?account=a`,
    { method, headers: { authorization: `Bearer ${key}` }, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, value: text ? JSON.parse(text) : undefined };
}

async function refused(status, vendorSays, ...args) {
  const { status: got, headers, value } = await ask(...args);
  assert.deepEqual([got, value.code], [status, "vendor_error"], JSON.stringify(value));
  assert.deepEqual(value.vendor, vendorSays);
  return { headers, value };
}

test("what was done is told as ever", async () => {
  const { status, value } = await ask("POST", "", { last_name: "Good" });
  assert.deepEqual([status, value.data], [201, { id: "7", last_name: "Good" }]);
  assert.deepEqual((await ask("PATCH", "Good", { last_name: "Good" })).value.data, { id: "Good", last_name: "Got" });
  assert.equal((await ask("DELETE", "Good")).status, 204);
});

test("an item that was not done is an error, though the whole is good", async () => {
  const { headers, value } = await refused(422, { status: 200, code: "INVALID", message: "No such name.", request_id: "t-1" }, "POST", "", { last_name: "Bad" });
  assert.equal(headers.get("x-upstream-status"), "207");
  assert.equal(value.class, "validation");
  await refused(404, { status: 404, code: "GONE", message: "Not here." }, "POST", "", { last_name: "Missing" });
  assert.equal((await refused(422, { status: 200, code: "DUPLICATE", message: "There is one." }, "POST", "", { last_name: "Twice" })).value.class, "conflict");
  await refused(503, { status: 503, message: "Later." }, "POST", "", { last_name: "Late" });
  const slow = await refused(429, { status: 429, message: "Too many." }, "POST", "", { last_name: "Slow" });
  assert.equal(slow.value.attempts, 1, "a write that was answered is not repeated");
});

test("it is so with changes and ends, and nothing is fetched after", async () => {
  const before = vendor.heard.length;
  await refused(404, { status: 404, code: "GONE", message: "Not here." }, "PATCH", "1", { last_name: "Missing" });
  await refused(422, { status: 200, code: "INVALID", message: "No such name.", request_id: "t-1" }, "DELETE", "Bad");
  assert.deepEqual(vendor.heard.slice(before).map(({ target }) => target), ["/people/batch/update", "/people/batch/delete"]);
});

test("one of several that was not done is an error as well", async () => {
  await refused(422, { status: 200, code: "INVALID" }, "POST", "", { last_name: "Half" });
});

test("an answer without items is no failure that could be told, and no record", async () => {
  for (const last_name of ["Odd", "None"]) {
    const { status, value } = await ask("POST", "", { last_name });
    assert.equal(status, 201);
    assert.equal(value.faults.length, 1, JSON.stringify(value));
  }
});

// --- several at once --------------------------------------------------------------------

const names = (...all) => all.map((last_name) => ({ last_name }));

test("several are made with one request, and of each is told what became of it, in their order", async () => {
  const before = vendor.heard.length;
  const { status, value } = await ask("POST", "", names("Ada", "Bad", "Bob", "Gone", "Silent"));
  assert.equal(status, 207);
  assert.equal(vendor.heard.length, before + 1);
  assert.deepEqual(vendor.heard.at(-1).body.all.map(({ name }) => name), ["Ada", "Bad", "Bob", "Gone", "Silent"]);
  assert.equal(value.failed, 3);
  assert.deepEqual(value.items.map((item) => [item.status, item.data?.id, item.problem?.code]),
    [[201, "p0", undefined], [422, undefined, "vendor_error"], [201, "p2", undefined], [404, undefined, "vendor_error"], [504, undefined, "outcome_unknown"]]);
  assert.deepEqual(value.items[0].data, { id: "p0", last_name: "Ada" });
  assert.deepEqual(value.items[1].problem.vendor, { status: 200, code: "INVALID", message: "No such name." });
  assert.equal(value.items[1].problem.class, "validation");
  assert.match(value.items[4].problem.detail, /does not say/);
});

test("one in a list is answered as a list", async () => {
  const { status, value } = await ask("POST", "", names("Ada"));
  assert.deepEqual([status, value], [207, { items: [{ status: 201, data: { id: "p0", last_name: "Ada" } }], failed: 0 }]);
});

test("what was made and cannot be mapped is made", async () => {
  const { value } = await ask("POST", "", names("Odd", "Ada"));
  assert.deepEqual([value.failed, value.items[0].status, value.items[1].data.id], [0, 201, "p1"]);
  assert.match(value.items[0].fault, /id/);
});

test("an answer that is about others, or about nothing, leaves what became of them unknown", async () => {
  const foreign = (await ask("POST", "", names("Foreign", "B"))).value;
  assert.deepEqual(foreign.items.map(({ status, data }) => [status, data?.id]), [[504, undefined], [201, "4"]]);
  const broken = (await ask("POST", "", names("Broken", "B"))).value;
  assert.deepEqual([broken.failed, broken.items.map(({ status }) => status)], [2, [504, 504]]);
});

test("several that are refused as a whole are an error", async () => {
  assert.deepEqual([(await ask("POST", "", names("Refused", "B"))).status, (await ask("POST", "", names("Refused"))).value.code], [400, "vendor_error"]);
});

test("several of which one is no good record are refused before anything is sent", async () => {
  const before = vendor.heard.length;
  const rows = [[names(), /1 to 5 records/], [names(..."abcdef"), /1 to 5 records/], [[{ last_name: "a" }, { last_name: "b", first_name: "c" }], /Record 1: .*first_name/], [[{ last_name: "a" }, {}], /Record 1: .*last_name/],
    [[{ last_name: "a" }, 7], /Record 1: .*object/], [[{ last_name: "a" }, { last_name: 7 }], /Record 1: .*last_name/], [[null], /Record 0/], [[names("a")], /Record 0/]];
  for (const [body, says] of rows) {
    const { status, value } = await ask("POST", "", body);
    assert.deepEqual([status, value.code], [422, "record_invalid"], JSON.stringify(body));
    assert.match(value.detail, says);
  }
  assert.equal((await ask("PATCH", "1", names("a"))).value.code, "record_invalid", "changes are one by one");
  assert.equal(vendor.heard.length, before);
});

test("a resource that is made one by one only says so", async () => {
  const { create_many: gone, ...one } = unified.crm.contacts;
  await bw.put(plain("single", vendor.url, { resources, unified: { crm: { contacts: one } } }));
  await bw.account("single", { external_id: "b" });
  const answer = await fetch(`${bw.url}/unified/crm/contacts?account=b`, { method: "POST", headers: { authorization: `Bearer ${key}` }, body: JSON.stringify(names("Ada")) });
  const problem = await answer.json();
  assert.deepEqual([answer.status, problem.code], [501, "operation_unsupported"]);
  assert.match(problem.detail, /has no create_many for contacts/);
  assert.ok(gone);
});

test("a proxied batch passes as it is", async () => {
  const answer = await fetch(`${bw.proxy("a")}/people/batch`, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify({ all: [{ name: "Bad" }] }) });
  assert.deepEqual([answer.status, await answer.json()], answers.Bad);
});
