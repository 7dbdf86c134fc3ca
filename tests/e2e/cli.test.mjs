// The way of a newcomer with the real command line and a real daemon: the README's, then
// every command of docs/cli.md. Nothing that was meant to stay secret may be printed.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { folderOf, localized, place, plain } from "./support/documents.mjs";
import { folder, program, root, simulator, start, stopAll, until } from "./support/run.mjs";
import { blocks, shell } from "./support/shell.mjs";

const secrets = ["a-vendor-token-that-nobody-sees", "another-token-that-nobody-sees"];
let daemon, sim, env, documents, home, url, admin;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  home = folder();
  documents = folderOf(localized("hubspot", `${sim.url}/hubspot`), localized("slack", `${sim.url}/slack`));
  daemon = await start(program, ["serve", "--data", join(home, "data"), "--listen", "127.0.0.1:0", "--integrations", documents], { ready: /^listening /m });
  url = `http://127.0.0.1:${/^listening .*:(\d+)$/m.exec(daemon.out)[1]}`;
  admin = /^admin_key (bw_\w+)$/m.exec(daemon.out)[1];
  env = { BREAKWATER_URL: url, BREAKWATER_KEY: admin };
});
after(stopAll);

// A line as it is typed; it must end with `code`, and must not print a secret.
async function typed(line, { code = 0, input, as = env } = {}) {
  const end = await shell(line, { env: as, input });
  assert.equal(end.code, code, `${line}\n${end.out}${end.err}`);
  for (const secret of [...secrets, admin]) assert.ok(!(end.out + end.err).includes(secret), line);
  return end;
}
const cli = (line, more) => typed(`breakwater ${line}`, more);
const json = async (line, more) => JSON.parse((await cli(`${line} --json`, more)).out);
const field = (text, name) => new RegExp(`^${name} +(.*)$`, "m").exec(text)[1];

let made = 0;
async function stage() {
  return json(`stages create stage-${++made} --kind sandbox`);
}
async function environment() {
  return json(`environments create customer-${++made} --stage ${(await stage()).id}`);
}
async function account(integration = "hubspot") {
  const name = `account-${++made}`;
  const { id } = await json(`accounts create --environment ${(await environment()).id} --integration ${integration} --external-id ${name}`);
  await cli(`accounts credentials ${id} --from-stdin`, { input: JSON.stringify({ token: secrets[0] }) });
  return { id, name };
}
const call = (who, key = admin) => fetch(`${url}/proxy/${who.id}/crm/v3/objects/contacts?limit=1`, { headers: { authorization: `Bearer ${key}` } });

test("the README's way from nothing to a call works as it is written", async () => {
  const block = blocks("README.md", "sh").find((text) => text.includes("stages create"));
  let environmentId;
  const lines = block.trim().split("\n").filter((line) => !line.startsWith("export"));
  assert.equal(lines.length, 5);
  for (const line of lines) {
    const asTyped = line.replace("env_…", environmentId).replace("http://127.0.0.1:8080", url).replace("the vendor token", secrets[0]);
    const { out } = await typed(asTyped);
    environmentId ??= /\benv_\w+/.exec(out)?.[0];
    if (line.startsWith("curl")) assert.match(out, /^HTTP\/1\.1 200 [\s\S]*"results"/);
  }
  const seen = await sim.requests("/hubspot/crm/v3/objects/contacts");
  assert.equal(seen.at(-1).headers.authorization, `Bearer ${secrets[0]}`);
});

test("what docs/cli.md lists is what the program has, and all of it has --help", async () => {
  const { commands } = JSON.parse((await cli("help --json")).out);
  const names = commands.map(({ noun, verb }) => [noun, verb].filter(Boolean).join(" ")).sort();
  const table = readFileSync(join(root, "docs/cli.md"), "utf8").split("## Commands")[1].split("\n## ")[0];
  const listed = [...table.matchAll(/`([^`]+)`/g)].map((m) => m[1].replace(/^breakwater /, ""));
  for (const name of names) {
    assert.ok(listed.some((text) => text === name || text.startsWith(`${name} `)), `docs/cli.md has no ${name}`);
    const { out } = await cli(`${name} --help`);
    assert.match(out, new RegExp(`breakwater ${name}`, "i"));
  }
  for (const text of listed.filter((l) => /^[a-z-]+ [a-z]+/.test(l) && !/^(-|source|man|environments update ID --external-id ""|ok FILE|bad FILE)/.test(l)))
    assert.ok(names.some((name) => text === name || text.startsWith(`${name} `)), `the program has no ${text}`);
});

test("stages: made, listed, shown by name, deleted", async () => {
  const { id, name } = await stage();
  assert.equal(field((await cli(`stages show ${name}`)).out, "id"), id);
  assert.ok((await json("stages list")).items.some((one) => one.id === id));
  assert.equal((await json(`stages create live-${made} --kind production`)).kind, "production");
  await cli(`stages delete ${id}`);
  assert.match((await cli(`stages show ${id}`, { code: 1 })).err, /object_unknown/);
  assert.match((await cli("stages create x --kind holiday", { code: 1 })).err, /sandbox.*production/);
});

test("environments: made with labels, found, changed, emptied, deleted", async () => {
  const { id: s } = await stage();
  const { id } = await json(`environments create "Acme Inc." --stage ${s} --external-id acme-${s} --label tier=gold --label region=eu --concurrency 7`);
  const shown = (await cli(`environments show ${id}`)).out;
  assert.deepEqual(["name", "labels.tier", "labels.region", "concurrency_max"].map((n) => field(shown, n)), ["Acme Inc.", "gold", "eu", "7"]);
  assert.deepEqual((await json(`environments list --stage ${s}`)).items.map((one) => one.id), [id]);
  assert.deepEqual((await json(`environments list --external-id acme-${s}`)).items.map((one) => one.id), [id]);
  const changed = await json(`environments update ${id} --external-id "" --label tier=silver`);
  assert.deepEqual([changed.external_id, changed.labels], [null, { tier: "silver" }]);
  await cli(`environments delete ${id}`);
  assert.match((await cli(`environments show ${id}`, { code: 1 })).err, /object_unknown/);
});

test("an environment with accounts, or a stage with environments, is not deleted", async () => {
  const one = await json(`accounts show ${(await account()).id}`);
  for (const line of [`environments delete ${one.environment}`, `stages delete ${one.stage}`])
    assert.match((await cli(line, { code: 1 })).err, /object_in_use/);
});

test("accounts: made, listed, shown with what stands in the way, changed, deleted", async () => {
  const { id: e } = await environment();
  const { id, trouble, state } = await json(`accounts create --environment ${e} --integration hubspot --external-id crm-${e} --name "The CRM" --label a=b --context region=eu --concurrency 3`);
  assert.deepEqual([state, trouble], ["connecting", "No credentials are stored."]);
  assert.equal((await (await call({ id })).json()).code, "account_not_connected");
  for (const filter of [`--environment ${e}`, `--external-id crm-${e}`, `--environment ${e} --integration hubspot --state connecting --label a=b`])
    assert.deepEqual((await json(`accounts list ${filter}`)).items.map((one) => one.id), [id], filter);
  const changed = await json(`accounts update crm-${e} --name "" --label c=d --context region=us`);
  assert.deepEqual([changed.name, changed.labels, changed.context], [null, { c: "d" }, { region: "us" }]);
  await cli(`accounts delete ${id}`);
  assert.match((await cli(`accounts show ${id}`, { code: 1 })).err, /account_unknown|account_deleted/);
  assert.ok([404, 410].includes((await call({ id })).status));
});

test("an account that is switched off is called by nobody, until it is on again", async () => {
  const one = await account();
  assert.equal((await call(one)).status, 200);
  await cli(`accounts disable ${one.id} --reason "they did not pay"`);
  const refused = await call(one);
  assert.deepEqual([refused.status, (await refused.json()).code], [403, "account_disabled"]);
  assert.match((await cli(`accounts show ${one.name}`)).out, /they did not pay/);
  await cli(`accounts enable ${one.id}`);
  assert.equal((await call(one)).status, 200);
});

test("credentials come from standard input or a file, whole or one field, and are never shown", async () => {
  const one = await account(), file = join(home, "token.txt");
  writeFileSync(file, `${secrets[1]}\n`, { mode: 0o600 });
  await cli(`accounts credentials ${one.name} --from-stdin --field token < ${file}`);
  await call(one);
  assert.equal((await sim.requests("/hubspot/")).at(-1).headers.authorization, `Bearer ${secrets[1]}`);
  assert.equal((await json(`accounts credentials ${one.id} --from-file ${file} --field token`)).credential_version, 3);
  assert.match((await cli(`accounts credentials ${one.id} --from-file ${file} --field token --version 1`, { code: 1 })).err, /state_conflict/);
  assert.match((await cli(`accounts credentials ${one.id} --from-stdin`, { code: 1, input: `{"tokken":"${secrets[0]}"}` })).err, /tokken/);
  await cli(`accounts credentials ${one.id} --from-stdin`, { code: 1, input: `{"token":"${secrets[0]}"` });
  await cli(`accounts credentials ${one.id}`, { code: 2 });
  for (const line of [`accounts show ${one.id} --json`, "accounts list", "audit list --all", "integrations show hubspot"]) await cli(line);
  assert.ok(![...secrets, admin].some((secret) => daemon.err.includes(secret)));
});

test("keys: shown once, do what they may and no more, end when they are deleted", async () => {
  const one = await account(), { environment: e, stage: s } = await json(`accounts show ${one.id}`);
  const { id, key, permissions } = await json(`keys create caller --permissions call,read --stage ${s} --environments ${e} --expires 2099-01-01T00:00:00Z`);
  assert.deepEqual(permissions, ["call", "read"]);
  assert.equal((await call(one, key)).status, 200);
  const as = { ...env, BREAKWATER_KEY: key };
  await cli("accounts list", { as });
  assert.match((await cli("stages create more --kind sandbox", { as, code: 1 })).err, /key_forbidden[\s\S]*admin/);
  const shown = await cli(`keys show ${id}`);
  assert.ok(!shown.out.includes(key));
  assert.ok(!(await cli("keys list --all")).out.includes(key));
  assert.equal((await json(`keys update ${id} --permissions read`)).permissions.join(), "read");
  assert.equal((await call(one, key)).status, 403);
  await cli(`keys delete ${id}`);
  assert.equal((await call(one, key)).status, 401);
  assert.match((await cli("keys list", { as, code: 1 })).err, /key_unknown/);
});

test("the audit log says who did what, without what must not be said", async () => {
  const { id } = await json("keys create watched --permissions call");
  const { items } = await json(`audit list --object ${id}`);
  assert.deepEqual(items.map((line) => line.action), ["key.create"]);
  assert.ok(!JSON.stringify(items).includes("9223372036854775807"));
  const { items: later } = await json("audit list --from 2099-01-01T00:00:00Z");
  assert.equal(later.length, 0);
  const one = await account();
  const { environment: e } = await json(`accounts show ${one.id}`);
  assert.ok((await json(`audit list --environment ${e}`)).items.some((line) => line.action === "account.credentials"));
});

test("events say what happened to an account, newest first, and nothing secret", async () => {
  const one = await account();
  await cli(`accounts disable ${one.id}`);
  const { items, next_cursor } = await json(`events list --account ${one.id}`);
  assert.deepEqual(items.map((event) => [event.type, event.account]), [["account.connected", one.id]]);
  assert.deepEqual(items[0].detail, { from: "connecting", to: "active" });
  assert.equal(next_cursor, null);
  const { environment: e } = await json(`accounts show ${one.id}`);
  assert.deepEqual((await json(`events list --environment ${e} --type account.connected`)).items, items);
  assert.deepEqual((await json("events list --type account.needs_reauth")).items, []);
  assert.match((await cli("events list --type account.exploded", { code: 1 })).err, /account\.needs_reauth/);
  const two = await account();
  const { items: newest, next_cursor: more } = await json("events list --limit 1");
  assert.equal(newest[0].account, two.id);
  assert.ok(more);
});

test("a document is checked with pointers and sentences, and nothing is changed", async () => {
  const good = join(documents, "hubspot", "integration.json"), bad = join(home, "bad.json");
  assert.match((await cli(`integrations check ${good}`)).out, /^valid +yes$/m);
  writeFileSync(bad, JSON.stringify({ ...plain("bad", sim.url), auth: "bearrer", hosts: [], tpyo: 1 }));
  const { err } = await cli(`integrations check ${bad}`, { code: 1 });
  for (const word of ["document_invalid", "/auth", "bearrer", "/hosts", "tpyo"]) assert.ok(err.includes(word), `${word} in\n${err}`);
  assert.match(err, /There are \d faults\./);
  assert.match((await cli("integrations check -", { code: 1, input: "{ no json" })).err, /JSON/);
  await cli(`integrations put ${bad}`, { code: 1 });
  await cli("integrations show bad", { code: 1 });
});

test("a document is put into use, versioned, brought back, and deleted when nothing needs it", async () => {
  const file = join(home, "mine.json");
  const put = async (label) => {
    writeFileSync(file, JSON.stringify(plain("mine", `${sim.url}/hubspot`, { label })));
    return cli(`integrations put ${file}`);
  };
  await put("first");
  await cli("integrations put -", { input: JSON.stringify(plain("mine", `${sim.url}/hubspot`, { label: "second" })) });
  assert.deepEqual((await json("integrations versions mine")).items.map((v) => [v.revision, v.active]), [[2, true], [1, false]]);
  assert.equal(JSON.parse((await cli("integrations document mine 1")).out).label, "first");
  await cli("integrations activate mine 1");
  assert.equal((await json("integrations show mine")).label, "first");
  const one = await account("mine");
  assert.match((await cli("integrations delete mine", { code: 1 })).err, /object_in_use/);
  await cli("integrations delete mine --force");
  assert.equal((await (await call(one)).json()).code, "integration_unknown");
  assert.ok(!(await json("integrations list")).items.some((i) => i.name === "mine"));
});

test("a bad file in the folder is a fault with its place, and leaves the good one in use", async () => {
  place(documents, "slack", "{ this is no document");
  await cli("integrations rescan");
  const { out } = await until("the fault", async () => {
    const end = await cli("integrations faults");
    return end.out.includes("slack") && end;
  });
  assert.match(out, /slack/);
  assert.equal((await json("integrations show slack")).name, "slack");
  place(documents, "slack", localized("slack", `${sim.url}/slack`));
  await cli("integrations rescan");
  assert.match((await cli("integrations faults")).out, /no faults/);
});

test("a breaker is looked at and held by hand, with a reason", async () => {
  const file = join(home, "held.json");
  writeFileSync(file, JSON.stringify(plain("held", `${sim.url}/hubspot`)));
  await cli(`integrations put ${file}`);
  const one = await account("held");
  assert.equal((await call(one)).status, 200);
  assert.ok((await json("breakers list")).items.some((b) => b.name === "held"));
  await cli("breakers force held open", { code: 2 });
  await cli('breakers force held open --reason "an exercise"');
  assert.equal((await (await call(one)).json()).code, "breaker_open");
  assert.equal(field((await cli("breakers show held")).out, "held"), "open");
  await cli(`breakers force held auto --reason "over"`);
  assert.equal((await call(one)).status, 200);
  await cli(`breakers force ${one.id} open --reason "only this one"`);
  assert.deepEqual((await json("breakers list --kind account --state open")).items.map((b) => b.name), [one.id]);
  await cli(`breakers force ${one.id} auto --reason over`);
});

test("limits that the vendor told are listed", async () => {
  const one = await account();
  const { environment: e } = await json(`accounts show ${one.id}`);
  await call(one);
  assert.match((await cli(`limits list --environment ${e} --integration hubspot`)).out, new RegExp(one.id));
});

test("a link to connect an account leads to its form", async () => {
  await cli("integrations put -", { input: JSON.stringify(plain("keyed", sim.url)) });
  const who = await account("keyed");
  const line = (await cli(`connect ${who.name} --return http://127.0.0.1:9/settings --lifetime 15m`)).out;
  const page = await fetch(field(line, "url"));
  assert.deepEqual([page.status, /<h1>(.*)<\/h1>/.exec(await page.text())[1]], [200, "Connect keyed"]);
  const { expires } = await json(`connect ${who.id} --lifetime 2m --force`);
  assert.ok(Date.parse(expires) < Date.now() + 3 * 60_000);
  assert.match((await cli(`connect ${who.name} --return https://else.test/`, { code: 1 })).err, /return_url/);
});

test("the master key is shown and rotated by its id, without its text", async () => {
  const file = join(home, "data", "key"), { randomBytes } = await import("node:crypto");
  const text = randomBytes(32).toString("base64");
  const before_ = readFileSync(file, "utf8");
  writeFileSync(file, `${before_.trimEnd()}\nmk_second ${text}\n`);
  const one = await account();
  assert.equal((await json("master-keys rotate mk_second")).sealing, "mk_second");
  await until("all data keys under it", async () => (await json("master-keys show")).needed.every((k) => k.id === "mk_second"));
  const { out } = await cli("master-keys show");
  assert.ok(!out.includes(text) && !out.includes(before_.split(/\s+/)[1]));
  assert.equal((await call(one)).status, 200);
});

test("long lists come in pages, by cursor or all at once", async () => {
  const { id: s } = await stage();
  for (let i = 0; i < 5; i++) await cli(`environments create page-${i} --stage ${s}`);
  const first = await json(`environments list --stage ${s} --limit 2`);
  assert.equal(first.items.length, 2);
  const second = await json(`environments list --stage ${s} --limit 2 --cursor ${first.next_cursor}`);
  assert.equal(new Set([...first.items, ...second.items].map((e) => e.name)).size, 4);
  const { out } = await cli(`environments list --stage ${s} --limit 2 --all`);
  assert.equal(out.match(/page-\d/g).length, 5);
});

test("refusals are told on standard error with a code, what happened, and what to do; with --json as a problem", async () => {
  const { out, err } = await cli("accounts show nobody", { code: 1 });
  assert.equal(out, "");
  assert.match(err, /\(account_unknown\)\n +Check the id[\s\S]*Request req_/);
  const problem = await cli("accounts show nobody --json", { code: 1 });
  assert.equal(JSON.parse(problem.err || problem.out).code, "account_unknown");
  assert.match((await cli("stages list --url http://127.0.0.1:1", { code: 1 })).err, /127\.0\.0\.1:1/);
  assert.match((await cli("stages list", { code: 1, as: { BREAKWATER_URL: url } })).err, /key_missing/);
  assert.match((await cli(`stages list --key bw_${"x".repeat(40)}`, { code: 1 })).err, /key_unknown/);
});

test("wrong use ends with 2 and says what was meant", async () => {
  for (const [line, word] of [["acounts list", "accounts"], ["accounts shw", "show"], ["stages create", "NAME"], ["accounts list --stat open", "--state"], ["environments create a b", "b"], ["keys create x", "--permissions"]])
    assert.ok((await cli(line, { code: 2 })).err.includes(word), line);
});

test("what needs no daemon: errors of files, completion, the manual, the version, help", async () => {
  assert.match((await cli("version", { as: {} })).out, /^breakwater \d+\.\d+/);
  assert.match((await cli("json -", { as: {}, input: '{"a":[1,2]}' })).out, /^ok -$/m);
  assert.match((await cli("json -", { as: {}, input: '{"a":1,}', code: 1 })).out, /^bad -: .* \(1, 8\)$/m);
  const completed = await typed('source <(breakwater completion); COMP_WORDS=(breakwater acc); COMP_CWORD=1; _breakwater; echo "${COMPREPLY[@]}"', { as: {} });
  assert.equal(completed.out.trim(), "accounts");
  assert.match((await cli("man", { as: {} })).out, /^\.TH BREAKWATER 1/m);
  assert.match((await cli("help accounts create", { as: {} })).out, /--external-id/);
});

test("errors list names every code that the API knows", async () => {
  const { out } = await cli("errors list");
  const { items } = await (await fetch(`${url}/v1/errors`)).json();
  assert.ok(items.length > 30);
  for (const { code } of items) assert.match(out, new RegExp(`^${code} `, "m"));
});
