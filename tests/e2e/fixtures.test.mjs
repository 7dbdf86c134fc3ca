// `breakwater test`: what is recorded of the shipped vendors holds, each pair of it is looked at,
// and none holds when it says something else.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { test } from "node:test";
import { folder, program, root } from "./support/run.mjs";

const vendors = readdirSync(join(root, "integrations")).sort();
const parts = { records: "record", requests: "request", answers: "answer" };
const samples = JSON.parse(readFileSync(join(root, "tests/cases/vendor-samples.json"), "utf8")).vendors;
const ofTokenEndpoints = new Set(["github oauth_error_200"]);

const run = (...words) => spawnSync(program, ["test", ...words], { encoding: "utf8", maxBuffer: 1 << 28 });
const filesOf = (name, at = join(root, "integrations")) =>
  Object.fromEntries((readdirSync(join(at, name)).includes("fixtures") ? readdirSync(join(at, name, "fixtures")).sort() : [])
    .map((file) => [file, JSON.parse(readFileSync(join(at, name, "fixtures", file), "utf8"))]));

// Every pair of the files as the command tells it.
const recorded = (files) => Object.entries(files).flatMap(([file, content]) => Object.entries(parts).flatMap(([part, word]) =>
  (content[part] ?? []).map(({ why }, index) => ({ file, part: word, index, why }))));
const told = ({ fixtures }) => fixtures.map(({ file, part, index, why }) => ({ file, part, index, why }));
const byPlace = (a, b) => `${a.file} ${a.part} ${1000 + a.index}`.localeCompare(`${b.file} ${b.part} ${1000 + b.index}`);

// The command over a copy of a vendor's folder; `change` is given its files.
function changed(name, change) {
  const home = folder();
  const files = filesOf(name);
  mkdirSync(join(home, name, "fixtures"), { recursive: true });
  cpSync(join(root, "integrations", name, "integration.json"), join(home, name, "integration.json"));
  change(files);
  for (const [file, content] of Object.entries(files))
    writeFileSync(join(home, name, "fixtures", file), typeof content === "string" ? content : JSON.stringify(content));
  return (...words) => run(name, home, ...words);
}

for (const name of vendors)
  test(`what is recorded of ${name} holds, all of it`, () => {
    const files = filesOf(name);
    const ran = run(name, join(root, "integrations"), "--json");
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
    const report = JSON.parse(ran.stdout);
    assert.equal(report.failed, 0);
    assert.equal(report.passed, report.fixtures.length);
    assert.deepEqual(told(report).filter(({ part }) => part !== "mapping").sort(byPlace), recorded(files).sort(byPlace));
    const people = run(name, join(root, "integrations"));
    assert.equal(people.stdout.split("\n").filter((line) => line.startsWith("ok   ")).length, report.passed);
  });

// Another thing in the place of what is recorded.
const spoil = {
  records: (row) => { row.model = row.model ? { ...row.model, id: `${row.model.id}x` } : { id: "1" }; },
  requests: (row) => { row.sends += "x"; },
  answers: (row) => {
    if (row.error) row.error.message = `${row.error.message ?? ""}x`;
    else if (row.page) row.page.next = "GET /elsewhere";
    else row.error = { class: "conflict" };
  },
};

for (const name of vendors.filter((it) => recorded(filesOf(it)).length))
  test(`no pair of ${name} holds when it says something else`, () => {
    const ran = changed(name, (files) => {
      for (const content of Object.values(files))
        for (const part of Object.keys(parts)) for (const row of content[part] ?? []) spoil[part](row);
    })("--json");
    assert.equal(ran.status, 1, ran.stderr);
    const pairs = JSON.parse(ran.stdout).fixtures.filter(({ part }) => part !== "mapping");
    assert.ok(pairs.length > 0);
    assert.deepEqual(pairs.filter(({ passed }) => passed).map(({ file, why }) => `${file}: ${why}`), []);
  });

// Each part of a request by itself, where the vendor has it.
for (const part of ["path", "query", "body"])
  test(`a request with another ${part} does not hold`, () => {
    let n = 0;
    for (const name of vendors) {
      const rows = [];
      const ran = changed(name, (files) => {
        for (const [file, { requests = [] }] of Object.entries(files))
          for (const [index, row] of requests.entries()) {
            if (!(part in row)) continue;
            rows.push(`${file} ${index}`);
            row[part] = { ...row[part], "another one": 1 };
          }
      })("--json");
      const { fixtures } = JSON.parse(ran.stdout);
      const failed = fixtures.filter(({ passed }) => !passed);
      assert.deepEqual(failed.map(({ file, index }) => `${file} ${index}`).sort(), rows.sort(), name);
      for (const { faults } of failed) assert.deepEqual(faults.map(({ path, got }) => [path, got]), [[`/${part}/another one`, undefined]]);
      n += rows.length;
    }
    assert.ok(n > 20, `${n}`);
  });

// The samples are what is known of the vendors' answers; each stands among the pairs.
test("every sample of a vendor's answer is recorded with its integration", () => {
  for (const [name, ofVendor] of Object.entries(samples)) {
    const answers = Object.values(filesOf(name)).flatMap(({ answers: rows = [] }) => rows.map(({ answer }) => answer));
    for (const [sample, { status, headers, body }] of Object.entries(ofVendor)) {
      if (ofTokenEndpoints.has(`${name} ${sample}`)) continue;
      const same = (answer) => answer.status === status && isDeepStrictEqual(answer.headers ?? {}, headers ?? {}) &&
        isDeepStrictEqual(answer.body ?? answer.text ?? null, body === "" ? null : body ?? null);
      assert.ok(answers.some(same), `${name} ${sample}`);
    }
  }
});

test("a fixture file that is broken, without its mapping, or not there fails", () => {
  const broken = (text) => (files) => { files["crm.deals.json"] = text; };
  const cases = [
    [broken("{\"shape\": \"memory\", \"records\": ["), /FAIL crm\.deals\.json file: .*\n {5}It is not as JSON must be, at line 1/],
    [broken("{\"shape\": \"memory\", \"recrods\": []}"), /\/recrods: .*did you mean "records"\?/],
    [(files) => { files["crm.dogs.json"] = {}; }, /FAIL crm\.dogs\.json file: .*\n {5}The document has no mapping of this name\./],
    [(files) => { delete files["crm.deals.json"]; }, /FAIL crm\.deals\.json mapping: .*\n {5}Nothing is recorded: there is no file\./],
  ];
  for (const [change, said] of cases) {
    const ran = changed("hubspot", change)();
    assert.equal(ran.status, 1);
    assert.match(ran.stdout, said);
    assert.match(ran.stdout, /^\d+ passed, \d+ failed$/m);
  }
});

test("a pair that recorded a fault of a mapping, or an endless one, fails in time", () => {
  for (const response of ["$error('not this one')", "($f := function($n) { $f($n + 1) }; $f(0))", "[1..10000000]"]) {
    const home = folder();
    mkdirSync(join(home, "hubspot"));
    cpSync(join(root, "integrations/hubspot/fixtures"), join(home, "hubspot/fixtures"), { recursive: true });
    const document = JSON.parse(readFileSync(join(root, "integrations/hubspot/integration.json"), "utf8"));
    document.unified.crm.users.response = response;
    writeFileSync(join(home, "hubspot/integration.json"), JSON.stringify(document));
    const ran = run("hubspot", home, "--json");
    assert.equal(ran.status, 1, ran.stderr);
    const failed = JSON.parse(ran.stdout).fixtures.filter(({ passed }) => !passed);
    assert.ok(failed.length > 0);
    for (const { file, faults } of failed) {
      assert.equal(file, "crm.users.json");
      assert.match(faults[0].text, /^The expression "response" fails: /);
    }
  }
});
