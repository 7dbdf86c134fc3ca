// Apps over the API and the command line of a running daemon: who reaches them, what of
// them is ever seen again, what a restart and a rotation leave of them.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { plain } from "./support/documents.mjs";
import { adminKey, breakwater, stopAll, until } from "./support/run.mjs";
import { shell } from "./support/shell.mjs";
import { ask } from "./support/wire.mjs";

const pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n";
let bw, environment;

before(async () => {
  bw = await breakwater({ flags: ["--log-level", "debug"] });
  await bw.put(plain("crm", "http://127.0.0.1:1"));
  await bw.put(plain("mail", "http://127.0.0.1:1"));
  environment = await bw.tenant();
});
after(stopAll);

const word = () => `hush-${randomBytes(12).toString("hex")}`;
const app = (more = {}, key) => bw.api("POST", "apps", { integration: "crm", name: "An app", client_id: "client", ...more }, key);
const refused = (promise, status, code) => assert.rejects(promise, (error) => {
  assert.equal(error.status, status, error.message);
  assert.equal(error.problem.code, code, error.message);
  return true;
});
const env = (key = adminKey) => ({ BREAKWATER_URL: bw.url, BREAKWATER_KEY: key });
async function cli(line, { input, code = 0, key } = {}) {
  const end = await shell(`breakwater ${line}`, { env: env(key), input });
  assert.equal(end.code, code, `${line}\n${end.out}${end.err}`);
  return end;
}

test("an app is made, changed, listed and deleted, and shows its secrets to nobody", async () => {
  const secrets = [word(), word(), word()], seen = [];
  const take = (value) => seen.push(JSON.stringify(value)) && value;
  const made = take(await app({ environment: environment.id, secrets: { client_secret: secrets[0] }, scopes: ["read"], params: { tenant: "acme" } }));
  take(await bw.api("PATCH", `apps/${made.id}/secrets`, { secrets: { client_secret_next: secrets[1], private_key: pem } }));
  take(await bw.api("PUT", `apps/${made.id}/secrets`, { secrets: { client_secret: secrets[2] }, version: 2 }));
  await refused(bw.api("PUT", `apps/${made.id}/secrets`, { secrets: { client_secret: secrets[2] }, version: 2 }), 409, "state_conflict");
  for (const body of [{ secrets: { client_secret: [secrets[0]] } }, { secrets: secrets[0] }, { secrets: { [secrets[0].slice(0, 8)]: secrets[1] } }, { secrets: { private_key: secrets[2] } }])
    await bw.api("PUT", `apps/${made.id}/secrets`, body).then(() => assert.fail("it was stored"), (error) => {
      assert.equal(error.status, 422);
      take(error.problem);
    });
  const broken = await ask(`${bw.url}/v1/apps/${made.id}/secrets`, { method: "PUT", headers: { authorization: `Bearer ${adminKey}` }, body: `{"secrets":{"client_secret":"${secrets[0]}` });
  assert.equal(broken.status, 422);
  take(broken.text);
  const shown = take(await bw.api("GET", `apps/${made.id}`));
  assert.deepEqual([shown.secrets, shown.secret_version, shown.scopes, shown.params], [["client_secret"], 3, ["read"], { tenant: "acme" }]);
  assert.equal(take(await bw.api("GET", `apps?environment=${environment.id}&integration=crm`)).items.length, 1);
  take((await cli(`apps show ${made.id}`)).out);
  take(await bw.api("GET", `audit?object=${made.id}`));
  await bw.api("DELETE", `apps/${made.id}`);
  await refused(bw.api("GET", `apps/${made.id}`), 404, "object_unknown");
  take(await bw.api("GET", "audit?limit=1000"));
  const data = join(bw.home, "data");
  const entries = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== "key");
  for (const entry of entries) seen.push(readFileSync(join(entry.path, entry.name), "latin1"));
  seen.push(bw.err, bw.out);
  for (const text of seen)
    for (const secret of [...secrets, "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"])
      for (const form of [secret, Buffer.from(secret).toString("base64"), Buffer.from(secret).toString("hex")])
        assert.ok(!text.includes(form), `a secret stands in ${text.slice(0, 200)}`);
});

test("an environment's own app comes before the platform's, and one of several is the default", async () => {
  const [platform, first, second] = [await app(), await app({ environment: environment.id }), await app({ environment: environment.id })];
  assert.deepEqual([platform.default, first.default, second.default], [true, true, false]);
  assert.equal((await bw.api("PATCH", `apps/${second.id}`, { default: true })).default, true);
  const items = (await bw.api("GET", `apps?environment=${environment.id}`)).items;
  assert.deepEqual(items.filter((it) => it.default).map((it) => it.id), [second.id]);
  await refused(bw.api("PATCH", `apps/${second.id}`, { default: false }), 422, "body_invalid");
  for (const it of [second, first, platform]) await bw.api("DELETE", `apps/${it.id}`);
});

test("a key of one stage reads the platform's apps and changes its own", async () => {
  const [platform, own] = [await app(), await app({ environment: environment.id })];
  const all = ["call", "read", "write", "payloads", "replay", "secrets", "admin"];
  const bound = (await bw.api("POST", "keys", { label: "bound", permissions: all, stage: bw.stage.id })).key;
  const stage = await bw.api("POST", "stages", { name: `other-${word()}`, kind: "sandbox" });
  const stranger = (await bw.api("POST", "keys", { label: "stranger", permissions: all, stage: stage.id })).key;
  assert.equal((await bw.api("GET", "apps", undefined, bound)).items.length, 2);
  assert.deepEqual((await bw.api("GET", "apps", undefined, stranger)).items.map((it) => it.id), [platform.id]);
  await bw.api("PATCH", `apps/${own.id}`, { name: "mine" }, bound);
  await refused(bw.api("PATCH", `apps/${platform.id}`, { name: "mine" }, bound), 403, "key_forbidden");
  await refused(bw.api("PUT", `apps/${platform.id}/secrets`, { secrets: {} }, bound), 403, "key_forbidden");
  await refused(bw.api("DELETE", `apps/${own.id}`, undefined, stranger), 404, "object_unknown");
  await refused(app({}, bound), 403, "key_forbidden");
  const reader = (await bw.api("POST", "keys", { label: "reader", permissions: ["read", "write"] })).key;
  await refused(bw.api("PATCH", `apps/${own.id}/secrets`, { secrets: {} }, reader), 403, "key_forbidden");
  await refused(app({ environment: environment.id, secrets: { client_secret: "x" } }, reader), 403, "key_forbidden");
  for (const it of [own, platform]) await bw.api("DELETE", `apps/${it.id}`);
});

test("an account remembers its app, which stays as long as it does", async () => {
  const [own, mail] = [await app({ environment: environment.id }), await app({ integration: "mail" })];
  const create = (id) => bw.api("POST", "accounts", { environment: environment.id, integration: "crm", app: id });
  await refused(create(mail.id), 404, "object_unknown");
  const account = await create(own.id);
  assert.equal((await bw.api("GET", `accounts/${account.id}`)).app, own.id);
  await refused(bw.api("DELETE", `apps/${own.id}`), 409, "object_in_use");
  await cli(`accounts update ${account.id} --app ${mail.id}`, { code: 1 });
  assert.match((await cli(`accounts update ${account.id} --app ""`)).out, /^app +-$/m);
  await bw.api("DELETE", `apps/${own.id}`);
  await bw.api("DELETE", `apps/${mail.id}`);
});

test("the command line does all of it", async () => {
  const secret = word();
  const made = JSON.parse((await cli(`apps create Ours --integration crm --client-id c1 --scopes a,b --param region=eu --return-urls https://us.test/,http://localhost:3000/ --json`)).out);
  assert.deepEqual([made.environment, made.scopes, made.params, made.return_urls], [null, ["a", "b"], { region: "eu" }, ["https://us.test/", "http://localhost:3000/"]]);
  const file = join(bw.home, "key.pem");
  writeFileSync(file, pem);
  await cli(`apps secrets ${made.id} --from-file ${file} --field private_key`);
  await cli(`apps secrets ${made.id} --from-stdin --field client_secret`, { input: `${secret}\n` });
  await cli(`apps secrets ${made.id} --from-stdin --field client_secret_next`, { input: `${secret}-2\n` });
  const after = await cli(`apps secrets ${made.id} --remove client_secret`);
  assert.match(after.out, /^secrets +private_key,client_secret$|^secrets +client_secret,private_key$/m);
  await cli(`apps secrets ${made.id} --remove token`, { code: 1 });
  await cli(`apps secrets ${made.id}`, { code: 2 });
  assert.match((await cli("apps list --platform --integration crm")).out, /c1/);
  assert.match((await cli(`apps update ${made.id} --name Renamed --default`)).out, /Renamed/);
  await cli(`apps update ${made.id} --redirect-uri http://us.test/cb`, { code: 1 });
  assert.match((await cli(`apps delete ${made.id}`)).out, /^deleted app_/);
});

test("a restart and a rotation of the master key leave apps as they were", async () => {
  const secret = word();
  const made = await app({ environment: environment.id, redirect_uri: "https://us.test/cb", secrets: { client_secret: secret }, default: true });
  const platform = await app({ secrets: { client_secret: secret } });
  appendFileSync(join(bw.home, "data/key"), `mk_apps ${randomBytes(32).toString("base64")}\n`);
  await bw.api("POST", "master-keys/rotate", { master_key: "mk_apps" });
  await until("all data keys to be sealed again", async () => (await bw.api("GET", "master-keys")).needed.every((it) => it.id === "mk_apps"));
  const before = await bw.api("GET", "apps");
  await bw.stop("SIGKILL");
  bw = await breakwater({ data: bw.home });
  assert.deepEqual(await bw.api("GET", "apps"), before);
  // What is kept beside a new secret must have been opened.
  for (const it of [made, platform]) {
    const changed = await bw.api("PATCH", `apps/${it.id}/secrets`, { secrets: { client_secret_next: word() } });
    assert.deepEqual(changed.secrets, ["client_secret", "client_secret_next"]);
    await bw.api("DELETE", `apps/${it.id}`);
  }
});
