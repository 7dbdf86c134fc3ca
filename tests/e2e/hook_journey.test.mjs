// The whole way of a webhook: from a vendor's signature to the product's endpoint, in the
// product's own shape, once; and the same under kill -9.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { plain } from "./support/documents.mjs";
import { receiver } from "./support/receiver.mjs";
import { breakwater, folder, sleep, stopAll, stopLater, until } from "./support/run.mjs";

after(stopAll);

const inside = { BREAKWATER_ENDPOINT_RANGES: "127.0.0.0/8", BREAKWATER_ENDPOINT_HTTP: "true" };
const secret = "what the vendor signs with";

// Contacts that the vendor has; it answers what it is asked one by one.
async function vendor(contacts = {}) {
  const it = { contacts, asked: 0 };
  const server = createServer((request, response) => {
    it.asked++;
    const contact = it.contacts[request.url.split("/").pop()];
    response.writeHead(contact ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(contact ?? { error: "not_found" }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stopLater(() => server.close());
  it.url = `http://127.0.0.1:${server.address().port}`;
  return it;
}

const documentOf = (base) => plain("crm", base, {
  webhooks: {
    verify: { scheme: "hmac", signature: "X-Signature", content: "{body}", secret: { account: "token" } },
    items: "/events", id: "/id", type: "/type", time: { from: "/at", unit: "epoch_ms" },
  },
  events: { rules: [
    { type: "contact.gone", resource: "crm/contacts", action: "deleted", id: "/contact/id" },
    { type: "contact.*", if: { when: "/contact/email" }, resource: "crm/contacts", action_from: { expression: "$substringAfter(type, '.')" },
      id: "/contact/id", record: "/contact", version: "/contact/version" },
    { type: "contact.touched", resource: "crm/contacts", action: "updated", id: "/contact/id" },
    { type: "noise", ignore: true },
  ] },
  resources: { contacts: { methods: { get: { verb: "GET", path: "/contacts/{id}" }, list: { verb: "GET", path: "/contacts" } } } },
  pagination: { kind: "none", records: "" },
  unified: { crm: { contacts: {
    response: "{ 'id': $string(id), 'emails': [{ 'email': email }], 'first_name': name }",
    get: { method: "contacts.get" },
  } } },
});

function hook(bw, account, events) {
  const body = JSON.stringify({ events });
  return fetch(`${bw.url}/hooks/crm/${account.id}`, { method: "POST", body,
    headers: { "content-type": "application/json", "x-signature": createHmac("sha256", secret).update(body).digest("hex") } });
}

test("a vendor's event comes to the product in its own shape, signed, once", async () => {
  const it = await receiver(), base = await vendor({ 7: { id: 7, email: "seven@example.com", name: "Seven", version: 3 } });
  const bw = await breakwater({ env: inside });
  await bw.put(documentOf(base.url));
  const environment = await bw.tenant("acme");
  const account = await bw.account("crm", { environment, credentials: { token: secret } });
  const endpoint = await bw.api("POST", "endpoints", { environment: environment.id, url: it.url, types: ["record.*", "webhook.*"] });

  const made = { id: "e1", type: "contact.created", at: Date.now(), contact: { id: 1, email: "ada@example.com", name: "Ada", version: 1 } };
  assert.equal((await hook(bw, account, [made])).status, 200);
  await until("the first", () => it.taken.length === 1);
  const [{ body, headers, json }] = it.taken;
  new Webhook(endpoint.secret).verify(body, headers);
  assert.equal(json.type, "record.created");
  assert.equal(json.data.resource, "crm/contacts");
  assert.equal(json.data.account, account.id);
  assert.equal(json.data.record.first_name, "Ada");
  assert.deepEqual(json.data.record.emails, [{ email: "ada@example.com" }]);

  // Once more, word for word; then an update, one that changes nothing, and what is older.
  assert.equal((await hook(bw, account, [made])).status, 200);
  const changed = { ...made, id: "e2", type: "contact.updated", contact: { ...made.contact, name: "Ada L.", version: 2 } };
  assert.equal((await hook(bw, account, [changed, { ...changed, id: "e3", contact: { ...changed.contact, version: 3 } }, { ...made, id: "e4", type: "contact.updated" }, { id: "e5", type: "noise" }])).status, 200);
  // Without the record it is fetched; what nobody has described comes as it is.
  assert.equal((await hook(bw, account, [{ id: "e6", type: "contact.touched", at: Date.now(), contact: { id: 7 } }, { id: "e7", type: "deal.won", deal: 9 }])).status, 200);
  assert.equal((await hook(bw, account, [{ id: "e8", type: "contact.gone", at: Date.now(), contact: { id: 7 } }])).status, 200);
  await until("all of them", () => it.taken.length >= 5);
  await sleep(300);
  const told = it.taken.map(({ json: { type, data } }) => [type, data.record?.first_name ?? data.id ?? data.type]);
  assert.deepEqual(told.map(String).sort(), [["record.created", "Ada"], ["record.created", "Seven"], ["record.deleted", "7"],
    ["record.updated", "Ada L."], ["webhook.received", "deal.won"]].map(String).sort());
  assert.equal(base.asked, 1);
  assert.equal((await bw.api("GET", "hooks?state=dead")).items.length, 0);
});

test("a record too large for a row of the outbox comes whole", async () => {
  const it = await receiver(), bw = await breakwater({ env: inside });
  await bw.put(documentOf("http://127.0.0.1:9"));
  const environment = await bw.tenant("acme");
  const account = await bw.account("crm", { environment, credentials: { token: secret } });
  const endpoint = await bw.api("POST", "endpoints", { environment: environment.id, url: it.url, types: ["record.*"] });
  const name = createHmac("sha256", "noise").update("").digest("hex").repeat(4000); // 250 KiB
  const contact = { id: 1, email: "ada@example.com", name, version: 1 };
  assert.equal((await hook(bw, account, [{ id: "large", type: "contact.created", contact }])).status, 200);
  await until("the event", () => it.taken.length === 1);
  const [{ body, headers, json }] = it.taken;
  new Webhook(endpoint.secret).verify(body, headers);
  assert.ok(json.data.record.first_name === name, `${json.data.record.first_name?.length} of ${name.length} characters`);
});

test("echoes of our own calls and what comes late are left out where that is asked for", async () => {
  const bw = await breakwater({ env: inside });
  const document = documentOf("http://127.0.0.1:9");
  document.events = { late: "mark", rules: document.events.rules.map((rule) => (
    rule.record ? { ...rule, self: { when: "/source", is: "api" } } : rule)) };
  await bw.put(document);
  const environment = await bw.tenant("acme");
  const account = await bw.account("crm", { environment, credentials: { token: secret } });
  const to = { all: {}, others: { skip_self: true }, timely: { skip_late: true } };
  for (const [name, filters] of Object.entries(to)) {
    to[name] = await receiver();
    await bw.api("POST", "endpoints", { environment: environment.id, url: to[name].url, types: ["record.*"], ordering: "record", ...filters });
  }
  const tell = async (id, version, more) => {
    const event = { id, type: "contact.updated", contact: { id: 1, email: `${id}@example.com`, version }, ...more };
    assert.equal((await hook(bw, account, [event])).status, 200);
  };
  const told = (it) => it.taken.map(({ json: { data } }) => data.record.emails[0].email.split("@")[0]);
  await tell("first", 5);
  await until("the first", () => told(to.all).length === 1);
  await tell("late", 3);
  await until("the late one", () => told(to.all).length === 2);
  await tell("own", 6, { source: "api" });
  await until("our own", () => told(to.all).length === 3);
  await tell("last", 7);
  for (const it of Object.values(to)) await until("the last", () => told(it).includes("last"));
  assert.deepEqual(told(to.all), ["first", "late", "own", "last"]);
  assert.deepEqual(told(to.others), ["first", "late", "last"]);
  assert.deepEqual(told(to.timely), ["first", "own", "last"]);
  assert.deepEqual(to.all.taken.map(({ json: { data } }) => [data.origin, data.late]),
    [["vendor", false], ["vendor", true], ["self", false], ["vendor", false]]);
});

const kills = Number(process.env.KILLS ?? 12);
const points = ["journal.after_fsync", "hook.kept", "hook.transferred", "hook.judged", "hook.ended", "deliver.fanned", "deliver.answered"];

test(`${kills} times killed in a burst of webhooks: what was acknowledged arrives, and arrives once`, async () => {
  const it = await receiver(), home = folder();
  let account, made, n = 0;
  const acknowledged = new Set();
  const begin = async (crash) => {
    const bw = await breakwater({ data: home, env: { ...inside, ...(crash && { BREAKWATER_CRASH_AT: crash }) } });
    if (!account) {
      await bw.put(documentOf("http://127.0.0.1:9"));
      const environment = await bw.tenant("acme");
      account = await bw.account("crm", { environment, credentials: { token: secret } });
      made = await bw.api("POST", "endpoints", { environment: environment.id, url: it.url, types: ["record.*"] });
    }
    return bw;
  };
  for (let round = 0; round < kills; round++) {
    const point = round % 2 ? points[(round >> 1) % points.length] : undefined;
    const bw = await begin(point).catch(() => undefined); // it may die of what a life before has left
    assert.ok(bw || point);
    if (!bw) continue;
    let ended = false;
    bw.exited.then(() => (ended = true));
    const late = setTimeout(() => bw.child.kill("SIGKILL"), 300 + 100 * (round % 5));
    const post = async () => {
      while (!ended) {
        const id = ++n;
        const answer = await hook(bw, account, [{ id: `k${id}`, type: "contact.created", at: Date.now(), contact: { id, email: `c${id}@example.com`, version: 1 } }]).catch(() => undefined);
        if (answer?.status === 200) acknowledged.add(String(id));
        else if (!ended) await sleep(5);
      }
    };
    await Promise.all(Array.from({ length: 8 }, post));
    clearTimeout(late);
    await bw.exited;
  }
  const bw = await begin();
  const heard = () => new Set(it.taken.map(({ json }) => json.data.id));
  await until("all that was acknowledged", () => acknowledged.isSubsetOf?.(heard()) ?? [...acknowledged].every((id) => heard().has(id)), 120000);
  await until("rest", async () => (await bw.api("GET", `deliveries?endpoint=${made.id}&state=pending`)).items.length === 0, 60000);
  // Each record is told of by one event; a delivery comes again only where the process was
  // killed between its answer and the store.
  const byRecord = new Map();
  for (const { id, json } of it.taken)
    byRecord.set(json.data.id, (byRecord.get(json.data.id) ?? new Set()).add(id));
  for (const [id, events] of byRecord) assert.equal(events.size, 1, `record ${id} was told of by ${[...events]}`);
  const again = it.taken.length - new Set(it.ids()).size;
  assert.ok(again <= kills * 16, `${again} deliveries came again`);
  assert.ok(acknowledged.size > kills * 5, `${acknowledged.size} acknowledged`);
  console.log(`# ${acknowledged.size} acknowledged, ${byRecord.size} told of, ${again} delivered again`);
});
