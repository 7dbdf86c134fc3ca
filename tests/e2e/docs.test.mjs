// The documentation, held against the program: examples run, JSON compiles, links lead
// somewhere, and every name in backticks exists.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { authority } from "./support/certs.mjs";
import { folderOf, localized, plain, shipped, waysOf } from "./support/documents.mjs";
import { expressionOf, models } from "./support/models.mjs";
import { commandsOf, pageOf, pages, sources } from "./support/pages.mjs";
import { adminKey, breakwater, folder, program, root, simulator, start, stopAll, until } from "./support/run.mjs";
import { ask } from "./support/wire.mjs";

// Examples that cannot run here, and why. A row that nothing matches fails.
const cannotRun = [
  [/^openssl s_client -connect api\.example\.com/, "it asks a host on the network"],
];
// Commands whose program is not among the packages of the tests.
const mayBeMissing = ["sqlite3"];
// Searches that may find nothing, because the trouble they look for is not there.
const mayFindNothing = [/grep 'code="overloaded"'$/];

const examplePages = ["README.md", "CONTRIBUTING.md", "docs/integrations.md", "docs/importing.md", "docs/tokens.md", "docs/expressions.md", "docs/models.md", "docs/adding.md", "docs/proxy.md",
  "docs/connecting.md", "docs/operating.md", "docs/sim.md", "docs/cli.md", "docs/overrides.md", "docs/unified.md", "docs/caching.md", "docs/writes.md", "docs/webhooks.md"]
  .concat(pages.map((page) => page.file).filter((file) => file.startsWith("docs/runbooks/")));
const forUsers = (file) => file === "docs/reference/api.md" || (examplePages.includes(file) && !["CONTRIBUTING.md", "docs/adding.md"].includes(file));

const usedRows = new Set();
let sim, bin, commands;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  bin = folder();
  symlinkSync(program, join(bin, "breakwater"));
  commands = JSON.parse(run(["help", "--json"]).stdout).commands;
});
after(stopAll);

const run = (args, more = {}) => spawnSync(program, args, { encoding: "utf8", ...more });

// --- a place for the examples of one page: a daemon, an account, files of the names they use

const empty = new Set(["README.md"]); // its examples make the stage and the account themselves
const places = new Map();

async function placeOf(file) {
  if (!places.has(file)) places.set(file, await makePlace(file));
  return places.get(file);
}

async function makePlace(file) {
  const documents = folderOf(...["hubspot", "twilio"].map((name) => localized(name, `${sim.url}/${name}`)),
    localized("salesforce", `${sim.url}/salesforce`, { auth: "bearer" }),
    plain("bank", "https://127.0.0.1:1", { auth: { scheme: "bearer", tls: "required" } }));
  const daemon = await breakwater({ integrations: documents });
  const home = folder();
  const place = { daemon, home, ids: new Map() };
  for (const shipped of ["integrations", "models"]) symlinkSync(join(root, shipped), join(home, shipped));
  mkdirSync(join(home, "backups"));
  writeFileSync(join(home, "vendor.json"), pageOf("docs/sim.md").fences.find((f) => f.language === "json").text);
  const described = pageOf("docs/importing.md").fences.filter((f) => f.language === "yaml");
  for (const [i, name] of ["acme.yaml", "providers.yaml"].entries()) writeFileSync(join(home, name), described[i].text);
  for (const secret of ["token.txt", "secret.txt", "new-secret.txt"]) writeFileSync(join(home, secret), "a token\n");
  const { cert, key } = authority().sign("bank-1");
  copyFileSync(cert, join(home, "cert.pem"));
  copyFileSync(key, join(home, "key.pem"));
  if (!empty.has(file)) await furnish(daemon);
  if (file === "docs/writes.md") await queueOne(place);
  return place;
}

// Four accounts, an app, and a history: good calls, a throttle, a slow one.
async function furnish(daemon) {
  for (const external_id of ["acme", "crm-42"]) await daemon.account("hubspot", { external_id });
  await daemon.account("salesforce", { external_id: "sales" });
  await daemon.account("twilio", { external_id: "sms-7", credentials: { username: "u", password: "p" } });
  await daemon.api("POST", "accounts", { environment: daemon.environment.id, integration: "bank", external_id: "bank-1" });
  await daemon.api("POST", "apps", { integration: "hubspot", name: "Ours", client_id: "8a7f", secrets: { client_secret: "s" } });
  const call = (id) => ask(`${daemon.url}/proxy/acme/crm/v3/objects/contacts/${id}`, { headers: { authorization: `Bearer ${adminKey}` } });
  await sim.inject("/hubspot/crm/v3/objects/contacts/busy", { status: 429, headers: { "Retry-After": "1" } }, { count: 1 });
  await sim.inject("/hubspot/crm/v3/objects/contacts/slow", { delay: "1100ms" }, { count: 1 });
  assert.deepEqual((await Promise.all([call("1"), call("busy"), call("slow")])).map((a) => a.status), [200, 429, 200]);
  await until("the log lines of the calls", () => daemon.log("call").length === 3);
}

// A write that waits until its vendor is back, as the page has it.
async function queueOne(place) {
  const { daemon } = place;
  await daemon.api("POST", "breakers/hubspot/force", { state: "open", reason: "an example" });
  const headers = { authorization: `Bearer ${adminKey}`, "x-breakwater-queue": "on-failure", "content-type": "application/json" };
  const answer = await ask(`${daemon.url}/proxy/acme/crm/v3/objects/contacts`, { method: "POST", headers, body: "{}" });
  assert.equal(answer.status, 202, answer.text);
  place.ids.set("wrt", answer.json.write.id);
}

// --- shell examples

function localize(line, place) {
  const { daemon, home, ids } = place;
  const words = [
    [/http:\/\/127\.0\.0\.1:8080/g, daemon.url],
    [/http:\/\/127\.0\.0\.1:8090/g, sim.url],
    [/\/var\/lib\/breakwater/g, join(daemon.home, "data")],
    [/\/var\/backups/g, join(home, "backups")],
    [/\/(etc|usr\/local\/share)\/breakwater\/integrations/g, join(root, "integrations")],
    [/\$\(pidof -s breakwater\)/g, String(daemon.pid)],
    [/\bbw_…/g, adminKey],
    [/\b(stg|env|acc|app|key|wrt)_…/g, (text, kind) => ids.get(kind) ?? text],
  ];
  return words.reduce((text, [from, to]) => text.replace(from, to), line);
}

function noteIds(place, text) {
  for (const m of text.matchAll(/\b(stg|env|acc|app|key)_[A-Za-z0-9]{22}\b/g)) place.ids.set(m[1], m[0]);
}

// `breakwater serve …`, `breakwater sim …`: it comes up, and goes.
async function serves(line, place) {
  const args = line.split(/\s+/).slice(1).map((word) => word.replace(/^(0\.0\.0\.0|127\.0\.0\.1):\d+$/, "127.0.0.1:0"));
  const data = args.indexOf("--data");
  if (data > 0) args[data + 1] = join(folder(), "data");
  const child = await start(program, args, { ready: /^listening /m, cwd: place.home, env: { BREAKWATER_ADMIN_KEY: adminKey } });
  if (args[0] === "serve") await until("the log line of its start", () => /\bready\b/.test(child.err));
  assert.deepEqual(await child.stop(), { code: 0, signal: null }, child.err);
}

// It ends the daemon: one of its own.
async function ends(line) {
  const daemon = await breakwater();
  await until("the log line of its start", () => daemon.log("ready").length === 1);
  execFileSync("sh", ["-c", line.replace("$(pidof -s breakwater)", String(daemon.pid))]);
  assert.deepEqual(await daemon.exited, { code: 0, signal: null });
}

// It builds, installs, asks for root: a dry run says that the target and all it needs exist.
function wouldMake(line) {
  const text = line.replace(/\bsudo /g, "").replace(/\bmake\b/g, "make -n");
  const dry = spawnSync("sh", ["-c", text], { cwd: root, encoding: "utf8" });
  assert.equal(dry.status, 0, dry.stderr);
}

function inShell(text, place) {
  return new Promise((resolve) => {
    const shell = spawn("bash", ["-o", "pipefail", "-c", text], { cwd: place.home, env: { ...process.env,
      PATH: `${bin}:${process.env.PATH}`, BREAKWATER_URL: place.daemon.url, BREAKWATER_KEY: adminKey } });
    const it = { stdout: "", stderr: "" };
    shell.stdin.end();
    shell.stdout.on("data", (data) => (it.stdout += data));
    shell.stderr.on("data", (data) => (it.stderr += data));
    shell.on("close", (status) => resolve({ ...it, status }));
  });
}

async function runs(line, place) {
  if (/^breakwater (serve|sim)\b(?!.*--print-settings)/.test(line)) return serves(localize(line, place), place);
  if (/^kill -TERM/.test(line)) return ends(line);
  if (/^make\b/.test(line)) return wouldMake(line);
  if (/^export (\w+)=/.test(line)) return assert.match(line, /^export BREAKWATER_(KEY|URL)=/);
  writeFileSync(join(place.home, "breakwater.log"), place.daemon.err);
  const text = localize(line, place).replace(/\bcurl /g, "curl --fail-with-body -sS ");
  const child = await inShell(text, place);
  noteIds(place, child.stdout);
  const good = child.status === 0 || (child.status === 1 && mayFindNothing.some((pattern) => pattern.test(line)));
  assert.ok(good, `${text}\nended with ${child.status}\n${child.stdout}${child.stderr}`);
  assert.doesNotMatch(child.stdout, /"?type"?:"urn:breakwater:error/, text);
}

// What was typed behind "$ ", and below it what came of it: letter by letter.
async function saysTheSame(fence, place) {
  for (const [, line, said] of fence.text.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
    const child = await inShell(`{ ${localize(line, place)}; } 2>&1`, place);
    assert.equal(child.stdout, said, line);
  }
}

function whyNot(line) {
  const row = cannotRun.find(([pattern]) => pattern.test(line));
  if (row) usedRows.add(row);
  const missing = mayBeMissing.find((name) => line.startsWith(`${name} `) && spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0);
  return row?.[1] ?? (missing && `${missing} is not installed`);
}

// --- JSON examples: each is of one of these kinds

// An integration's document: the reader of the API takes it.
async function isDocument(example, place) {
  const file = join(place.home, "example.json");
  writeFileSync(file, JSON.stringify(example));
  const check = run(["integrations", "check", file, "--url", place.daemon.url, "--key", adminKey]);
  assert.equal(check.status, 0, check.stderr);
}

// The token block of a document.
async function isTokenBlock(example, place) {
  await isDocument({ name: "with-token", hosts: ["api.example.com"], base_url: "https://api.example.com", auth: { scheme: "bearer", token: example } }, place);
}

// A method of a resource.
async function isMethod(example, place) {
  await isDocument({ name: "with-method", hosts: ["api.example.com"], base_url: "https://api.example.com", auth: "bearer", resources: { contacts: { methods: { one: example } } } }, place);
}

// The unified block of a document; what is in it is held to its model by mappings.test.mjs.
async function isUnifiedBlock({ unified }, place) {
  const contacts = { methods: { list: { verb: "GET", path: "/contacts", pagination: { kind: "none", records: "/contacts" } }, get: { verb: "GET", path: "/contacts/{id}" }, create: { verb: "POST", path: "/contacts" } } };
  await isDocument({ name: "with-mappings", hosts: ["api.example.com"], base_url: "https://api.example.com", auth: "bearer", resources: { contacts }, unified }, place);
  for (const [category, resources] of Object.entries(unified))
    for (const [resource, mapping] of Object.entries(resources)) {
      assert.ok(existsSync(join(root, "models", category, `${resource}.json`)));
      const made = run(["eval", expressionOf(mapping.response), "-"], { input: JSON.stringify({ id: 1, surname: "Lovelace", mail: ["ada@example.com"] }) });
      writeFileSync(join(place.home, "made.json"), made.stdout);
      assert.equal(run(["validate", join(root, "models", category, `${resource}.json`), join(place.home, "made.json")]).status, 0, made.stdout + made.stderr);
    }
}

// An override of an account: it is taken. The page's commands find it as tier.json.
async function isOverride(example, place) {
  const file = join(place.home, "tier.json");
  writeFileSync(file, JSON.stringify(example));
  const put = run(["overrides", "put", file, "acme", "--dry-run", "--url", place.daemon.url, "--key", adminKey]);
  assert.equal(put.status, 0, put.stderr);
}

// A script: the simulator comes up with it.
async function isScript(example, place) {
  const file = join(place.home, "example.json");
  writeFileSync(file, JSON.stringify(example));
  await serves(`breakwater sim --listen 127.0.0.1:0 --script ${file}`, place);
}

// A log line: a real call to the same method has these members, in this order.
async function isLogLine(example, place) {
  const answer = await ask(`${place.daemon.url}/proxy/acme${example.path}`, { headers: { authorization: `Bearer ${adminKey}` } });
  assert.equal(answer.status, 200);
  const real = await until("its log line", () => place.daemon.log("call").find((line) => line.request_id === answer.headers["x-request-id"]));
  assert.deepEqual(Object.keys(example), Object.keys(real));
  for (const name of ["event", "integration", "resource", "method", "verb", "path", "status", "class"]) assert.equal(example[name], real[name], name);
  assert.deepEqual(Object.values(example).map((v) => typeof v), Object.values(real).map((v) => typeof v));
}

// A problem of an open breaker: a vendor that fails is told in these words.
async function isProblem(example, place) {
  const call = () => ask(`${place.daemon.url}/proxy/acme/crm/v3/objects/contacts/down`, { headers: { authorization: `Bearer ${adminKey}`, "x-breakwater-retry": "never" } });
  await sim.inject("/hubspot/crm/v3/objects/contacts/down", { status: 503, body: { message: "maintenance" } }, { count: 5 });
  for (let i = 0; i < 5; i++) await call();
  const real = (await call()).json;
  for (const name of ["type", "title", "status", "code", "retry"]) assert.equal(example[name], real[name], name);
  for (const name of Object.keys(example)) assert.equal(typeof example[name], typeof real[name], name);
  // Whose breaker it is hangs on whether other accounts were active: those of other pages.
  const words = (text) => text.replace(/\d+ s/, "0 s").replace(/of the (account|integration)/, "of it");
  assert.equal(words(example.detail), words(real.detail));
  assert.ok(real.mend.startsWith(example.mend.replace(/…$/, "")), real.mend);
  assert.deepEqual(example.vendor, real.vendor);
}

// A fixture file: it holds with the integration that the examples of its page are about.
async function isFixtureFile(example) {
  const home = folder();
  const examples = ["docs/integrations.md", "docs/models.md"].flatMap((file) => pageOf(file).fences)
    .filter(({ language }) => language === "json").map(({ text }) => JSON.parse(text));
  const { unified } = examples.find((it) => it.unified);
  const { resources, ...document } = examples.find((it) => it.pagination);
  const { errors, rate_limit } = examples.find((it) => it.errors);
  const mapping = unified.crm.contacts;
  const methods = { ...resources.contacts.methods, create: { verb: "POST", path: "/contacts" }, get: { verb: "GET", path: "/contacts/{id}" }, update: { verb: "PATCH", path: "/contacts/{id}" } };
  const mapped = { unified: { crm: { contacts: { ...mapping, update: { method: "contacts.update" } } } } };
  mkdirSync(join(home, document.name, "fixtures"), { recursive: true });
  writeFileSync(join(home, document.name, "integration.json"), JSON.stringify({ ...document, errors, rate_limit, resources: { contacts: { methods } }, ...(example.records ? mapped : {}) }));
  writeFileSync(join(home, document.name, "fixtures", example.records ? "crm.contacts.json" : "answers.json"), JSON.stringify(example));
  const ran = run(["test", document.name, home]);
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
}

// What a call of the unified API is answered.
async function unified(place, path, body) {
  const answer = await ask(`${place.daemon.url}/unified/crm/${path}`,
    { method: body ? "POST" : "GET", headers: { authorization: `Bearer ${adminKey}` }, body: body && JSON.stringify(body) });
  assert.ok(answer.status < 300, answer.text);
  return answer.json;
}

const hasMembers = (real, example) => {
  for (const name of Object.keys(example)) assert.ok(name in real, `${name} is not in ${JSON.stringify(real)}`);
};

// A page: a real one has these members, and the records are contacts.
async function isPage(example, place) {
  hasMembers(await unified(place, "contacts?account=acme&limit=2"), example);
  for (const record of example.data) {
    writeFileSync(join(place.home, "record.json"), JSON.stringify(record));
    const ran = run(["validate", join(root, "models/crm/contacts.json"), join(place.home, "record.json")]);
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  }
}

// A field of the vendor's: some real one is told with each of these members.
async function isField(example, place) {
  const { data } = await unified(place, "records/~fields?account=sales&object=Invoice__c");
  hasMembers(Object.assign({}, ...data), example);
}

// A fault: a mapping that makes a number of an id is told so, in these words.
async function isFault(example, place) {
  const document = localized("hubspot", `${sim.url}/hubspot`, { name: "odd", auth: "bearer" });
  const { contacts } = document.unified.crm;
  contacts.response = contacts.list.response = "{ 'id': 4 }";
  await place.daemon.put(document);
  await place.daemon.account("odd", { external_id: "odd" });
  const { faults } = await unified(place, "contacts?account=odd&limit=1");
  assert.deepEqual({ ...faults[0], original: example.original }, example);
}

// Several at once: one that is made, and one that the simulated vendor refuses.
async function isSeveral(example, place) {
  const real = await unified(place, "contacts?account=acme", [{ last_name: "Lovelace" }, { last_name: "Babbage" }]);
  assert.equal(real.failed, example.failed, JSON.stringify(real));
  const itemWith = (answer, member) => answer.items.find((item) => member in item);
  for (const member of ["data", "problem"]) hasMembers(itemWith(real, member), itemWith(example, member));
  const [told, wanted] = [real, example].map((answer) => itemWith(answer, "problem").problem);
  hasMembers(told, wanted);
  hasMembers(told.vendor, wanted.vendor);
  for (const name of ["code", "title"]) assert.equal(told[name], wanted[name]);
}

// Members of a document that go with any vendor.
async function isPartOfDocument(example, place) {
  await isDocument({ name: "with-part", hosts: ["api.example.com"], base_url: "https://api.example.com", auth: "bearer", ...example }, place);
}

// What `verify --jsonl` takes, or what it answers to that.
async function isWebhook(example) {
  const orders = pageOf("docs/cli.md").fences.filter(({ text }) => text.startsWith('{"id": 1, "webhooks"'));
  const ran = run(["verify", "--jsonl"], { input: orders[0].text });
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  if (example.verdict) assert.deepEqual(JSON.parse(ran.stdout), example);
}

const kinds = [
  [(example) => example.base_url, isDocument],
  [(example) => example.verdict || example.webhooks, isWebhook],
  [(example) => example.shape, isFixtureFile],
  [(example) => example.grant, isTokenBlock],
  [(example) => example.faults && example.data, isPage],
  [(example) => example.custom, isField],
  [(example) => example.part, isFault],
  [(example) => "failed" in example, isSeveral],
  [(example) => example.items, isMethod],
  [(example) => example.cache, isPartOfDocument],
  [(example) => example.resilience || example.unified?.crm?.contacts?.list === undefined && example.unified, isOverride],
  [(example) => example.unified, isUnifiedBlock],
  [(example) => example.routes, isScript],
  [(example) => example.event === "call", isLogLine],
  [(example) => /^urn:breakwater:error:/.test(example.type), isProblem],
];

for (const { file, fences } of examplePages.map(pageOf))
  for (const fence of fences) {
    const at = `${file}:${fence.line}`;
    if (fence.language === "json")
      test(`the JSON of ${at} is what the program takes or gives`, async () => {
        const example = JSON.parse(fence.text);
        const kind = kinds.find(([is]) => is(example));
        assert.ok(kind, "nobody knows how to prove this example");
        await kind[1](example, await placeOf(file));
      });
    else if (fence.language === "sh")
      for (const line of commandsOf(fence)) {
        const why = whyNot(line);
        test(`${at} runs: ${line}`, why ? { skip: why } : {}, async () => runs(line, await placeOf(file)));
      }
    else if (fence.text.startsWith("$ "))
      test(`${at} is what the program answers`, async () => saysTheSame(fence, await placeOf(file)));
    else if (fence.language === "yaml") // written for the commands below it by makePlace
      test(`${at} is a file of the examples`, async () => {
        const { home } = await placeOf(file);
        assert.ok(["acme.yaml", "providers.yaml"].some((name) => readFileSync(join(home, name), "utf8") === fence.text));
      });
    else
      test(`${at} is a picture`, () => assert.equal(fence.language, "", "an example in a language that nobody runs"));
  }

test("every reason not to run an example is still needed", () => {
  assert.deepEqual(cannotRun.filter((row) => !usedRows.has(row)), []);
});

// --- links

for (const { file, links } of pages)
  test(`the links of ${file} lead somewhere`, () => {
    for (const { target, line } of links) {
      if (/^https?:/.test(target)) continue;
      const [path, anchor] = target.split("#");
      const to = path ? normalize(join(dirname(file), path)) : file;
      assert.ok(existsSync(join(root, to)), `${file}:${line}: there is no ${to}`);
      if (anchor) assert.ok(pageOf(to)?.anchors.has(anchor), `${file}:${line}: ${to} has no #${anchor}`);
    }
  });

test("the runbooks that errors speak of are there", () => {
  const errors = readFileSync(join(root, "src/base/err_list.h"), "utf8").replace(/"\s*"/g, "");
  const named = [...errors.matchAll(/runbook for the (\w+)/g)].map((m) => m[1]);
  assert.ok(named.length > 0);
  for (const name of named) assert.ok(pageOf(`docs/runbooks/${name}.md`), name);
});

test("what the README counts is there", () => {
  const words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
  const folders = readdirSync(join(root, "integrations")).filter((name) => name !== "demo");
  const scripts = folders.filter((name) => existsSync(join(root, "integrations", name, "sim.json")));
  const further = folders.reduce((n, name) => n + waysOf(shipped(name)).length - 1, 0);
  const { text } = pageOf("README.md");
  assert.match(text, new RegExp(`\\b${folders.length} vendors as documents, with ${further} further ways into them`));
  assert.match(text, new RegExp(`dialects of (${scripts.length}|${words[scripts.length]}) vendors`));
});

// --- names

// Every snake_case word that the running program itself uses: what it answers, prints, and
// writes into its log.
async function vocabulary(place) {
  const { daemon } = place;
  const get = async (path) => (await ask(`${daemon.url}${path}`)).text;
  const texts = [await get("/metrics"), await get("/openapi.json"), await get("/v1/errors"), await get("/v1/integration-schema"),
    run(["serve", "--print-settings"]).stdout, run(["sim", "--schema"]).stdout, daemon.err,
    JSON.stringify(models),
    readFileSync(join(root, "integrations/hubspot/fixtures/crm.records.json"), "utf8"),
    ...["watch/watch.c", "catalog/catalog.c", "sim/sim_hole_list.h", "policy/outcome_list.h", "import/provider_member_list.h", "auth/auth_oauth1.c", "auth/token_rule.c", "connect/consent.c", "connect/consent_page.c",
      "signature/content_list.h", "signature/reason_list.h", "unified/model.c", "cli/cli_lines.c", "cli/cli_validation.c"].map((file) => readFileSync(join(root, "src", file), "utf8"))];
  return new Set(texts.flatMap((text) => text.match(/[a-z][a-z0-9]*(_[a-z0-9]+)+/g) ?? []));
}

for (const page of pages.filter((p) => forUsers(p.file)))
  test(`the names in ${page.file} are the program's`, async () => {
    const known = await vocabulary(await placeOf("docs/operating.md"));
    const ends = [...known];
    for (const { text, line } of page.codes) {
      const name = text.replace(/\{.*\}$/, "");
      if (/^_[a-z0-9_]+$/.test(name)) assert.ok(ends.some((word) => word.endsWith(name)), `${page.file}:${line}: no name ends in ${name}`);
      if (/^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(name)) assert.ok(known.has(name), `${page.file}:${line}: nothing is called ${name}`);
    }
    for (const name of page.text.match(/\bbreakwater_[a-z_]+[a-z]/g) ?? [])
      assert.ok(known.has(name) || known.has(name.replace(/_(sum|count|bucket)$/, "")) || ends.some((word) => word.startsWith(`${name}_`)), `${page.file}: no metric ${name}`);
  });

for (const page of pages)
  test(`the headers and commands in ${page.file} exist`, () => {
    const list = readFileSync(join(root, "src/http/header_list.h"), "utf8").toLowerCase();
    for (const name of page.text.match(/\bX-(Breakwater|Data)-[A-Za-z-]+[a-z]/gi) ?? [])
      assert.ok(list.includes(`"${name.toLowerCase()}"`), `${page.file}: no header ${name}`);
    const told = [...page.codes, ...page.fences.filter((f) => f.language === "sh").flatMap((f) => commandsOf(f).map((text) => ({ text, line: f.line })))];
    for (const { text, line } of told)
      for (const [, words] of text.matchAll(/(?:^|[|(] ?)breakwater ([a-z-].*?)(?=$|\)| \\?\|)/g)) {
        const [noun, verb] = words.split(/\s+/);
        const command = commands.find((c) => c.noun === noun && (!c.verb || c.verb === verb));
        const group = commands.some((c) => c.noun === noun) && !/^[a-z]/.test(verb ?? "");
        assert.ok(command || group || noun === "reference", `${page.file}:${line}: no command ${words}`);
        const main = ["serve", "demo", "sim"].includes(noun);
        const help = main ? Object.values(run([noun, "--help"])).join() : JSON.stringify(command?.options ?? []).replace(/"name":"/g, "--");
        for (const [option] of words.matchAll(/(?<= )--[a-z-]+/g)) assert.ok(help.includes(option), `${page.file}:${line}: ${noun} ${verb} has no ${option}`);
      }
  });

test("the page of the command line has every command with its options", () => {
  const everywhere = ["url", "key", "ca", "json", "help", "limit", "cursor", "all"]; // told once
  const codes = pageOf("docs/cli.md").codes.map(({ text }) => text.replace(/^breakwater /, ""));
  for (const { noun, verb, options } of commands) {
    const name = verb ? `${noun} ${verb}` : noun;
    const told = codes.filter((text) => text === name || text.startsWith(`${name} `) || text.startsWith(`${name},`));
    assert.ok(told.length, `docs/cli.md: nothing says ${name}`);
    if (told.some((text) => text.endsWith("…"))) continue; // as what makes the thing
    for (const option of options.map((o) => o.name).filter((o) => !everywhere.includes(o)))
      assert.ok(told.some((text) => text.includes(`--${option}`)), `docs/cli.md: ${name} has --${option}`);
  }
});

// In pages for developers: files, folders, functions, tests, constants.
const forDevelopers = (file) => /^(ARCHITECTURE\.md|docs\/(adding|internals|decisions)\b)/.test(file);

for (const page of pages.filter((p) => forDevelopers(p.file)))
  test(`the names in ${page.file} are the source's`, () => {
    const { files, words, stems } = (sourcesOnce ??= sources());
    for (const { text, line } of page.codes) {
      const where = `${page.file}:${line}: `;
      if (text.includes("NAME")) continue; // stands for any name
      if (/^(src|tests|tools|bench|docs|integrations)\/[\w./-]+$/.test(text)) assert.ok(existsSync(join(root, text)) , `${where}there is no ${text}`);
      else if (/^[\w/]+\.(c|h|mjs|vtc)$/.test(text)) assert.ok([...files].some((file) => file === text || file.endsWith(`/${text}`)), `${where}there is no ${text}`);
      else if (/^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(text)) assert.ok(words.has(text) || stems.has(text), `${where}nothing is called ${text}`);
      else if (/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(text)) assert.ok(words.has(text), `${where}nothing is called ${text}`);
    }
  });
let sourcesOnce;
