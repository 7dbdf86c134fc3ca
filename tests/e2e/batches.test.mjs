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
} } };
const unified = { crm: { contacts: {
  response: "{ 'id': id, 'last_name': name }",
  get: { method: "people.get" },
  create: { method: "people.create", record: "/done/0/person", request: { body: "{ 'all': [{ 'name': body.last_name }] }" } },
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

async function serve() {
  const heard = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part)).on("end", () => {
      const body = parts.length ? JSON.parse(Buffer.concat(parts)) : undefined;
      heard.push({ method: request.method, target: request.url, body });
      const [one] = body?.all ?? [];
      const [status, answer] = one ? answers[one.name ?? one.id] : [200, { id: request.url.split("/").pop(), name: "Got" }];
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
  await bw.put(plain("vendor", vendor.url, { resources, unified }));
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

test("a proxied batch passes as it is", async () => {
  const answer = await fetch(`${bw.proxy("a")}/people/batch`, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify({ all: [{ name: "Bad" }] }) });
  assert.deepEqual([answer.status, await answer.json()], answers.Bad);
});
