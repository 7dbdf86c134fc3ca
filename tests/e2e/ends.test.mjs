// Keys and client secrets that are said to end: who hears of it before, and what a call is told
// after.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { adminKey, breakwater, stopAll, stopLater, until } from "./support/run.mjs";
import { shell } from "./support/shell.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

const day = 86400_000;
const inDays = (days) => new Date(Date.now() + days * day).toISOString();
const events = async (bw, type) => (await bw.api("GET", `events?type=${type}`)).items;
const metric = async (bw, name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec((await ask(`${bw.url}/metrics`)).text)?.[1]);

async function cli(bw, line, input) {
  const end = await shell(`breakwater ${line}`, { env: { BREAKWATER_URL: bw.url, BREAKWATER_KEY: adminKey }, input });
  assert.equal(end.code, 0, `${line}\n${end.out}${end.err}`);
  return end.out;
}

// A vendor that takes no key any more.
let vendor;
before(async () => {
  const server = createServer((request, response) => response.writeHead(401, { "content-type": "application/json" }).end("{}"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stopLater(() => server.closeAllConnections() ?? server.close());
  vendor = `http://127.0.0.1:${server.address().port}`;
});

test("the end of a key is warned of, told once and counted, over a restart", async () => {
  let bw = await breakwater();
  await bw.put(plain("crm", vendor));
  const account = await bw.account("crm", { external_id: "acme" });
  const ends = inDays(5);
  const far = inDays(60);
  const view = await bw.api("PUT", `accounts/${account.id}/credentials`, { credentials: { token: "k" }, ends: far });
  assert.deepEqual([view.ends, view.warnings, await events(bw, "account.credentials_ending")], [far, [], []]);
  await cli(bw, `accounts credentials acme --from-stdin --field token --ends ${ends}`, "other");
  const shown = await cli(bw, "accounts show acme");
  assert.match(shown, new RegExp(`^ends +${ends}$`, "m"));
  assert.match(shown, new RegExp(`What it was connected with ends ${ends}; store the next one before then\\.`));
  const told = await events(bw, "account.credentials_ending");
  assert.deepEqual(told.map((it) => [it.account, it.detail]), [[account.id, { what: "credentials", ends }]]);
  await bw.stop();
  bw = await breakwater({ data: bw.home });
  await until("the count", async () => (await metric(bw, "breakwater_credentials_ending")) === 1);
  assert.equal(await metric(bw, "breakwater_credentials_ended"), 0);
  assert.equal((await events(bw, "account.credentials_ending")).length, 1);
  await cli(bw, "accounts update acme --ends never");
  assert.deepEqual([(await bw.api("GET", `accounts/${account.id}`)).ends], [null]);
});

test("both secrets of an app in rotation have their ends, and its accounts the warning", async () => {
  const bw = await breakwater();
  const token = { grant: "client_credentials", url: `${vendor}/token` };
  await bw.put(plain("crm", vendor, { auth: { scheme: "bearer", token } }));
  const [soon, far] = [inDays(3), inDays(400)];
  const app = await bw.api("POST", "apps", { integration: "crm", name: "Ours", client_id: "c", secrets: { client_secret: "a" }, ends: { client_secret: soon } });
  const warning = (whose) => `The client_secret of ${whose} ends ${soon}; store the next one before then.`;
  assert.deepEqual([app.ends, app.warnings], [{ client_secret: soon }, [warning("the app")]]);
  const account = await bw.account("crm", { credentials: { token: "t" } });
  assert.deepEqual((await bw.api("GET", `accounts/${account.id}`)).warnings.filter((it) => it.includes("secret")), [warning("its app")]);
  const told = await events(bw, "app.secret_ending");
  assert.deepEqual(told.map((it) => [it.account, it.detail]), [[null, { app: app.id, what: "client_secret", ends: soon }]]);
  await cli(bw, `apps secrets ${app.id} --from-stdin --field client_secret_next --ends ${far}`, "b");
  assert.deepEqual((await bw.api("GET", `apps/${app.id}`)).ends, { client_secret: soon, client_secret_next: far });
  await cli(bw, `apps secrets ${app.id} --remove client_secret`);
  const after = await bw.api("GET", `apps/${app.id}`);
  assert.deepEqual([after.secrets, after.ends, after.warnings], [["client_secret"], { client_secret: far }, []]);
  await cli(bw, `apps secrets ${app.id} --field client_secret --ends never`);
  assert.deepEqual((await bw.api("GET", `apps/${app.id}`)).ends, {});
});

test("a call is told that the key was to have ended, once the vendor refuses it", async () => {
  const bw = await breakwater();
  await bw.put(plain("crm", vendor, { auth: { scheme: "bearer", check: "/me" } }));
  const account = await bw.account("crm");
  const ended = inDays(-2);
  await bw.api("PATCH", `accounts/${account.id}`, { ends: ended });
  const key = await bw.callKey();
  const call = () => ask(`${bw.proxy(account)}/contacts`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal((await call()).status, 401); // the vendor's own word: nobody has asked it to check
  await bw.api("POST", `accounts/${account.id}/renew`);
  await until("the vendor's no", async () => (await bw.api("GET", `accounts/${account.id}`)).state === "needs_reauth");
  const answer = await call();
  assert.deepEqual([answer.status, answer.json.code], [409, "account_needs_reauth"]);
  assert.ok(answer.json.detail.endsWith(` What it was connected with was to end ${ended}.`), answer.json.detail);
});
