// Events on their way to the product: signed, tried again, in order, and never anywhere
// they must not go.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { after, before, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { plain } from "./support/documents.mjs";
import { receiver } from "./support/receiver.mjs";
import { breakwater, stopAll, until } from "./support/run.mjs";

const inside = { BREAKWATER_ENDPOINT_RANGES: "127.0.0.0/8", BREAKWATER_ENDPOINT_HTTP: "true" };
let bw;

before(async () => {
  bw = await breakwater({ env: inside });
  await bw.put(plain("shop", "https://shop.test"));
});
after(stopAll);

let serial = 0;
const tenant = () => bw.tenant(`tenant-${++serial}`);
const endpoint = (environment, it, more = {}) =>
  bw.api("POST", "endpoints", { environment: environment.id, url: it.url ?? it, ...more });
// One event of the environment: account.connected.
const happen = (environment) => bw.account("shop", { environment });
const deliveries = async (query) => (await bw.api("GET", `deliveries?${query}`)).items;
const becomes = (query, state) => until(`${query} ${state}`, async () => {
  const [now] = await deliveries(query);
  return now?.state === state && now;
});

test("an event reaches the endpoint of its environment, signed", async () => {
  const mine = await tenant(), other = await tenant();
  const it = await receiver(), elsewhere = await receiver();
  const made = await endpoint(mine, it);
  await endpoint(other, elsewhere);
  const account = await happen(mine);
  await until("a delivery", () => it.taken.length);
  const [{ body, headers, json }] = it.taken;
  assert.equal(json.type, "account.connected");
  assert.equal(json.data.account, account.id);
  assert.equal(json.data.environment, mine.id);
  assert.match(headers["webhook-id"], /^evt_[0-9a-f]{16}$/);
  new Webhook(made.secret).verify(body, headers);
  assert.throws(() => new Webhook(made.secret).verify(body.replace("connected", "Connected"), headers));
  const done = await becomes(`endpoint=${made.id}`, "delivered");
  assert.equal(done.event, headers["webhook-id"]);
  assert.equal(elsewhere.taken.length, 0);
});
