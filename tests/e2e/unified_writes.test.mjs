// Unified writes in the queue: kept as the caller asked, shaped by the version in use until
// the vendor has seen them, and sent again as they were from then on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { ledger } from "./support/ledger.mjs";
import { breakwater, stopAll, until } from "./support/run.mjs";

let bw, key, serial = 0;

before(async () => {
  bw = await breakwater();
  key = await bw.callKey();
});
after(stopAll);

const once = { server: { retries: 0 }, network: { retries: 0 }, timeout: { retries: 0 } };

// A vendor whose people have one name; `shape` is how a version of the document writes it.
async function vendor({ keyed, search, shape = "title" } = {}) {
  const name = `people-${++serial}`;
  const it = await ledger({ keyed });
  it.put = (field) => bw.put(plain(name, it.url, {
    ...(keyed && { idempotency: { kind: "header", header: "Idempotency-Key", window: "24h" } }),
    resources: { people: { methods: {
      get: { verb: "GET", path: "/people/{id}" }, find: { verb: "GET", path: "/people" },
      create: { verb: "POST", path: "/people", ...(search && { idempotency: { kind: "none", search } }) },
      update: { verb: "PATCH", path: "/people/{id}" }, delete: { verb: "DELETE", path: "/people/{id}" } } } },
    unified: { crm: { contacts: {
      response: "{ 'id': id, 'last_name': 'Doe' }",
      request: { body: `body.{ '${field}': last_name }` },
      create: { method: "people.create", record: "" },
      update: { method: "people.update", record: "", request: { path: "{ 'id': id }", body: `body.{ '${field}': last_name }` } },
      delete: { method: "people.delete", request: { path: "{ 'id': id }" } },
    } } },
    resilience: { retry: once, writes: { base: "100ms", max: "200ms" } },
  }));
  await it.put(shape);
  it.account = await bw.account(name);
  it.ask = async (method, path, body, headers = {}) => {
    const response = await fetch(`${bw.url}/unified/crm/contacts${path}?account=${it.account.id}`, {
      method, headers: { authorization: `Bearer ${key}`, ...headers }, body: body && JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, headers: Object.fromEntries(response.headers), json: text ? JSON.parse(text) : undefined, text };
  };
  return it;
}

const becomes = (id, state) => until(`${id} ${state}`, async () => {
  const now = await bw.api("GET", `writes/${id}`);
  return now.state === state && now;
});

test("a unified write is queued on failure, and its record comes with its end", async () => {
  const it = await vendor();
  it.mode = "down";
  const answer = await it.ask("POST", "", { last_name: "Doe" });
  assert.equal(answer.status, 202, answer.text);
  const { id } = answer.json.write;
  it.mode = "up";
  const done = await becomes(id, "delivered");
  assert.equal(done.answer.status, 201);
  assert.equal(done.answer.body.data.id, "rec_1");
  assert.equal(done.answer.body.data.last_name, "Doe");
  assert.deepEqual(it.bodies(), ['{"title":"Doe"}']);
  assert.equal(done.method, "people.create");
});

test("update and delete are queued as well, in their order", async () => {
  const it = await vendor();
  it.mode = "down";
  const update = await it.ask("PATCH", "/7", { last_name: "Roe" });
  const remove = await it.ask("DELETE", "/7");
  assert.deepEqual([update.status, remove.status], [202, 202]);
  it.mode = "up";
  const done = await becomes(remove.json.write.id, "delivered");
  assert.equal(done.answer.status, 204);
  assert.deepEqual(it.executed.map(({ method, path }) => `${method} ${path}`), ["PATCH /people/7", "DELETE /people/7"]);
});

test("what its vendor has not seen is shaped by the version in use when it is sent", async () => {
  const it = await vendor();
  const answer = await it.ask("POST", "", { last_name: "Doe" }, { "x-breakwater-queue": "always", "x-breakwater-lane": "first" });
  await becomes(answer.json.write.id, "delivered");
  it.mode = "down";
  await it.ask("POST", "", { last_name: "seen" });
  const unseen = await it.ask("POST", "", { last_name: "unseen" });
  assert.equal(unseen.status, 202);
  await it.put("label");
  it.mode = "up";
  await becomes(unseen.json.write.id, "delivered");
  assert.deepEqual(it.bodies(), ['{"title":"Doe"}', '{"title":"seen"}', '{"label":"unseen"}']);
});

test("a lost answer: sent again as it was where the vendor knows repeats; else somebody decides", async () => {
  const keyed = await vendor({ keyed: true });
  keyed.mode = "lose";
  const answer = await keyed.ask("POST", "", { last_name: "Doe" });
  assert.equal(answer.status, 202, answer.text);
  await keyed.put("label");
  keyed.mode = "up";
  const done = await becomes(answer.json.write.id, "delivered");
  assert.deepEqual(keyed.bodies(), ['{"title":"Doe"}']);
  assert.equal(done.answer.body.data.id, "rec_1");
  const other = await vendor();
  other.mode = "lose";
  const lost = await other.ask("POST", "", { last_name: "Doe" });
  assert.equal(lost.status, 504);
  assert.equal(lost.json.code, "outcome_unknown");
  assert.equal((await bw.api("GET", `writes/${lost.json.write.id}`)).state, "needs_decision");
});

test("with a key a repeat gets the first record, or the first refusal", async () => {
  const it = await vendor();
  const first = await it.ask("POST", "", { last_name: "Doe" }, { "idempotency-key": "k" });
  const again = await it.ask("POST", "", { last_name: "Doe" }, { "idempotency-key": "k" });
  assert.deepEqual([first.status, again.status], [201, 201]);
  assert.equal(again.text, first.text);
  assert.equal(again.headers["idempotency-replayed"], "true");
  assert.equal((await it.ask("POST", "", { last_name: "Roe" }, { "idempotency-key": "k" })).json.code, "idempotency_key_reused");
  it.mode = "refuse";
  const refused = await it.ask("POST", "", { last_name: "Poe" }, { "idempotency-key": "r" });
  it.mode = "up";
  const told = await it.ask("POST", "", { last_name: "Poe" }, { "idempotency-key": "r" });
  assert.deepEqual([refused.status, told.status], [422, 422]);
  assert.equal(told.json.code, refused.json.code);
  assert.equal(it.executed.length, 1);
});

test("a record that the model refuses is never queued", async () => {
  const it = await vendor();
  it.mode = "down";
  const answer = await it.ask("POST", "", { last_name: 7 }, { "x-breakwater-queue": "always" });
  assert.equal(answer.status, 422);
  assert.equal(answer.json.code, "record_invalid");
  assert.equal((await bw.api("GET", `writes?account=${it.account.id}`)).items.length, 0);
});

const remove = (it, query = "") => bw.api("DELETE", `accounts/${it.account.id}${query}`);
const gone = (it) => until("the account gone", () => bw.api("GET", `accounts/${it.account.id}`).then(() => false,
  (error) => error.problem.code === "account_unknown"));

test("a deleted account takes nothing new, and goes when its writes have ended", async () => {
  const it = await vendor();
  it.mode = "down";
  const { id } = (await it.ask("POST", "", { last_name: "Doe" })).json.write;
  assert.deepEqual(await remove(it), { id: it.account.id, state: "deleting", queued: 1, sending: 0, needs_decision: 0 });
  const refused = await it.ask("POST", "", { last_name: "Roe" });
  assert.deepEqual([refused.status, refused.json.code], [410, "account_deleted"]);
  await bw.stop("SIGKILL").catch(() => {});
  bw = await breakwater({ data: bw.home });
  assert.equal((await bw.api("GET", `accounts/${it.account.id}`)).state, "deleting");
  it.mode = "up";
  await becomes(id, "delivered");
  await gone(it);
  assert.deepEqual(it.bodies(), ['{"title":"Doe"}']);
  assert.equal((await bw.api("GET", `writes/${id}`)).request, null);
  await assert.rejects(remove(it), (error) => error.problem.code === "account_unknown");
});

test("what may have been done holds a deleted account until somebody decides", async () => {
  const it = await vendor();
  it.mode = "lose";
  const { id } = (await it.ask("POST", "", { last_name: "Doe" })).json.write;
  for (let i = 0; i < 2; i++)
    assert.deepEqual(await remove(it), { id: it.account.id, state: "deleting", queued: 0, sending: 0, needs_decision: 1 });
  await bw.api("POST", `writes/${id}/cancel`);
  await gone(it);
});

test("an account is deleted at once when its writes are cancelled with it", async () => {
  const it = await vendor();
  it.mode = "down";
  const { id } = (await it.ask("POST", "", { last_name: "Doe" })).json.write;
  assert.deepEqual(await remove(it, "?writes=cancel"), {});
  assert.equal((await bw.api("GET", `writes/${id}`)).state, "cancelled");
  await gone(it);
  it.mode = "up";
  assert.deepEqual(it.bodies(), []);
});

const search = { method: "people.find", query: "{ 'title': title }", found: "/people", settle: "300ms", conclusive: true };
const found = (it) => (request) => ({ people: it.executed.filter(({ body }) =>
  JSON.parse(body).title === new URL(request.url, it.url).searchParams.get("title")).map(({ n }) => ({ id: `rec_${n}` })) });

test("a lost answer: a vendor that can be searched is asked, and what it has is the answer", async () => {
  const it = await vendor({ search });
  it.find = found(it);
  it.mode = "lose";
  const answer = await it.ask("POST", "", { last_name: "Doe" });
  assert.equal(answer.status, 202, answer.text);
  it.mode = "up";
  const done = await becomes(answer.json.write.id, "delivered");
  assert.equal(done.reason, "found");
  assert.equal(done.answer.status, 201);
  assert.deepEqual(done.answer.body, { data: { id: "rec_1", last_name: "Doe" } });
  assert.deepEqual(it.bodies(), ['{"title":"Doe"}']);
});

test("what it has not is sent again, once its search must have it", async () => {
  const it = await vendor({ search });
  it.find = found(it);
  it.mode = "reset";
  const answer = await it.ask("POST", "", { last_name: "Doe" });
  assert.equal(answer.status, 202, answer.text);
  it.mode = "up";
  const done = await becomes(answer.json.write.id, "delivered");
  assert.equal(done.reason, "delivered");
  assert.deepEqual(it.bodies(), ['{"title":"Doe"}']);
});

test("a search that proves nothing promises nothing", async () => {
  const it = await vendor({ search: { ...search, conclusive: false } });
  it.find = found(it);
  it.mode = "reset";
  assert.equal((await it.ask("POST", "", { last_name: "Doe" })).status, 504);
});
