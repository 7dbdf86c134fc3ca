// What a newcomer sees first: the demo and its tour, the commands that it prints, and the
// simulator with the script of its documentation.
import assert from "node:assert/strict";
import { existsSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { folder, program, root, sleep, start, stopAll, until } from "./support/run.mjs";
import { blocks, shell } from "./support/shell.mjs";

const trouble = /AddressSanitizer|runtime error|LeakSanitizer/;
const anywhere = ["--listen", "127.0.0.1:0", "--sim-listen", "127.0.0.1:0"];
const ended = /Both stay up until Ctrl-C/;
const demo = (args, ready = /export KEY=/) => start(program, ["demo", ...args], { cwd: root, ready });
let it, first, second;

before(async () => {
  it = await demo(anywhere);
  first = await demo(["--once"]);
  second = await demo(["--once"]);
  await until("the end of the tour", () => ended.test(it.out), 120000);
});
after(stopAll);

const port = (run) => Number(/Breakwater +http:\/\/127\.0\.0\.1:(\d+)/.exec(run.out)[1]);
const simPort = (run) => Number(/the vendor +http:\/\/127\.0\.0\.1:(\d+)/.exec(run.out)[1]);
const said = (run, word) => run.out.split("────").find((part) => part.includes(word));
const forgetLimits = () => fetch(`http://127.0.0.1:${simPort(it)}/_sim/reset`, { method: "POST" });
const tourCommands = () => [...it.out.matchAll(/^ {4}\$ (.*)$/gm)].map((m) => m[1]);
const toTry = () => it.out.slice(it.out.search(ended)).split("\n").filter((line) => /^ {2}(export|curl|breakwater) /.test(line)).map((line) => line.trim());
const exports_ = () => toTry().filter((line) => line.startsWith("export")).join("\n");
const asPrinted = (command) => shell(`${exports_()}\n${command}`);

test("the tour tells no disappointment", () => {
  assert.ok(!it.out.includes("did not go as told"), it.out);
  assert.deepEqual([...it.out.matchAll(/──── (\d)\. (.*)/g)].map((m) => m[2]), ["A call", "Too many calls", "An outage", "Meanwhile", "Back again", "One shape", "The other way"]);
});

test("the first call has its answer, with a link that leads through the proxy", () => {
  const part = said(it, "1. A call");
  assert.match(part, /HTTP 200/);
  assert.match(part, new RegExp(`Link: <http://127.0.0.1:${port(it)}/proxy/acme/`));
  assert.match(part, /RateLimit: "calls";r=11/);
});

test("the throttle is a 403 of the vendor, a 429 of ours, and a 200 for who waits", () => {
  const part = said(it, "2. Too many calls");
  assert.deepEqual([...part.matchAll(/HTTP (\d+)/g)].map((m) => m[1]), ["403", "429", "200"]);
  assert.match(part, /Retry-After: \d+\n/);
  assert.match(part, /X-Upstream-Status: 403/);
});

test("the outage opens the breaker, and it closes again", () => {
  assert.match(said(it, "3. An outage"), /X-Breakwater-Breaker: open[\s\S]*"code":"breaker_open"/);
  const meanwhile = said(it, "4. Meanwhile");
  assert.match(meanwhile, /HTTP 200[\s\S]*X-Data-Freshness: stale/);
  assert.match(meanwhile, /HTTP 202[\s\S]*Location: \/v1\/writes\/wrt_/);
  assert.match(said(it, "5. Back again"), /"state":"delivered"/);
  assert.match(said(it, "5. Back again"), /HTTP 200[\s\S]*X-Breakwater-Breaker: closed/);
});

test("neither the vendor's token nor anybody's key stands where a log or a shoulder could see it", async () => {
  const log = /the log: (.*)$/m.exec(it.out)[1];
  const { out } = await shell(`cat ${log}`);
  assert.match(out, /"event":"call"/);
  assert.ok(!out.includes("the-vendors-own-token"));
  assert.ok(!out.includes(/export KEY=(bw_\w+)/.exec(it.out)[1]));
});

test("every request of the tour can be repeated as it is printed", async () => {
  const commands = tourCommands();
  assert.ok(commands.length >= 6);
  for (const command of commands) {
    if (command.includes("/_sim/faults")) continue;
    await forgetLimits();
    const { code, out, err } = await asPrinted(command);
    assert.equal(code, 0, `${command}\n${err}`);
    const forged = /\/hooks\/.* -d '{}'$/.test(command);
    assert.match(out, forged ? /^HTTP\/1\.1 401 / : /^HTTP\/1\.1 20[01] /, command);
  }
});

test("a webhook comes to the product as a record of its own shape; a forged one does not", () => {
  const part = said(it, "7. The other way");
  assert.match(part, /POST \/_sim\/sink\n {4}{"type":"record.created",.*"resource":"crm\/contacts","id":"c42".*"record":{"id":"c42","name":"Ada Lovelace"/);
  assert.match(part, /HTTP 401\n.*"webhook_rejected"/);
});

test("everything that it offers to try works as it is printed", async () => {
  const commands = toTry().filter((line) => !line.startsWith("export") && !line.includes("/_sim/faults"));
  assert.ok(commands.length >= 4, it.out);
  for (const command of commands) {
    await forgetLimits();
    const { code, out, err } = await asPrinted(`set -e -o pipefail\n${command}`);
    assert.equal(code, 0, `${command}\n${out}\n${err}`);
    assert.ok(out.trim().length > 0, command);
    assert.ok(!/^HTTP\/1\.1 (?!200 )/.test(out), out);
  }
  assert.equal((await asPrinted("command -v breakwater")).out.trim(), join(dirname(realpathSync(program)), "breakwater"));
  assert.match((await asPrinted("breakwater accounts list")).out, /acme/);
  assert.match((await asPrinted("breakwater breakers list")).out, /demo/);
});

test("the files that it names are there", () => {
  for (const [, file] of it.out.matchAll(/(integrations\/demo\/\w+\.json)/g)) assert.ok(existsSync(join(root, file)), file);
});

test("an outage is made as it is printed, and is seen by the next call", async () => {
  const command = toTry().find((line) => line.includes("/_sim/faults"));
  const { code } = await asPrinted(command);
  assert.equal(code, 0);
  const { out } = await asPrinted(`curl -s http://127.0.0.1:${port(it)}/proxy/acme/contacts/unread -H "Authorization: Bearer $KEY" -H "X-Breakwater-Deadline-Ms: 200"`);
  assert.equal(JSON.parse(out).code, "deadline_exceeded");
  await fetch(`http://127.0.0.1:${simPort(it)}/_sim/faults`, { method: "DELETE" });
});

for (const signal of ["SIGTERM", "SIGINT"])
  test(`${signal} in the middle of the tour ends it without a complaint, and leaves nothing behind`, async () => {
    const other = await demo(anywhere, /──── 2\./);
    const end = await other.stop(signal);
    assert.deepEqual(end, { code: 0, signal: null }, other.err);
    assert.ok(!other.out.includes("did not go as told"), other.out);
    assert.doesNotMatch(other.err, trouble);
  });

test("with --once it ends by itself after the tour, and two at a time are in nobody's way", async () => {
  assert.notEqual(port(first), port(second));
  assert.notEqual(simPort(first), simPort(second));
  for (const run of [first, second]) {
    assert.deepEqual(await run.exited, { code: 0, signal: null }, run.out + run.err);
    assert.doesNotMatch(run.err, trouble);
  }
});

test("it stays up after the tour until it is stopped, and takes its folder along", async () => {
  await sleep(200);
  await forgetLimits();
  assert.match((await asPrinted(tourCommands()[0])).out, /^HTTP\/1\.1 200 /);
  const place = /the log: (.*)\/log$/m.exec(it.out)[1];
  assert.ok(existsSync(place));
  assert.deepEqual(await it.stop("SIGTERM"), { code: 0, signal: null });
  assert.doesNotMatch(it.err, trouble);
  assert.ok(!existsSync(place));
});

test("--help is an answer; what it does not know is not", async () => {
  for (const command of ["demo", "sim", "serve"]) {
    const help = await shell(`breakwater ${command} --help`);
    assert.equal(help.code, 0, command);
    assert.match(help.out, new RegExp(`^Usage: breakwater ${command} \\[OPTION\\]\\.\\.\\.\\n`));
    for (const flag of ["listen", "json", "help"]) assert.match(help.out, new RegExp(`^ *--${flag}\\b`, "m"), command);
    const wrong = await shell(`breakwater ${command} --nonsense x`);
    assert.equal(wrong.code, 2, command);
    assert.match(wrong.err, new RegExp(`^breakwater ${command}: .*nonsense.*; see breakwater ${command} --help\\n$`));
    const bare = await shell(`breakwater ${command} --listen`);
    assert.deepEqual([bare.code, bare.err], [2, `breakwater ${command}: --listen wants a value; see breakwater ${command} --help\n`]);
  }
});

test("--json is one object a line, for the demo, the simulator and serve", async () => {
  const objects = (text) => text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const demo = await shell("breakwater demo --json --once --listen=127.0.0.1:0 --sim-listen=127.0.0.1:0");
  const [where, tour] = objects(demo.out);
  assert.deepEqual([demo.code, tour], [0, { broken_off: false, disappointed: null }]);
  for (const address of [where.listening, where.sim_listening]) assert.match(address, /^127\.0\.0\.1:\d+$/);
  assert.match(where.key, /^bw_/);
  const sim = await start(program, ["sim", "--json", "--listen", "127.0.0.1:0"], { ready: /\n/ });
  assert.match(objects(sim.out)[0].listening, /^127\.0\.0\.1:\d+$/);
  const serve = await start(program, ["serve", "--json", "--data", folder(), "--listen", "127.0.0.1:0", "--account-listen", '127.0.0.1:0=a"b'], { ready: /bound.*\n/ });
  const [first, listening, account] = objects(serve.out);
  assert.match(first.admin_key, /^bw_/);
  assert.match(listening.listening, /^127\.0\.0\.1:\d+$/);
  assert.equal(account.bound, 'a"b');
  const settings = JSON.parse((await shell("breakwater serve --print-settings --json --listen 127.0.0.1:1")).out);
  assert.deepEqual([settings.listen, settings.visits_max.value, settings.head_timeout.value],
    [{ value: "127.0.0.1:1", source: "flag" }, 10000, "10s"]);
});

test("without its integrations the demo says what is missing", async () => {
  const { code, err } = await shell("breakwater demo --integrations /nowhere");
  assert.equal(code, 1);
  assert.match(err, /--integrations/);
});

async function documented() {
  const script = join(folder(), "vendor.json");
  writeFileSync(script, blocks("docs/sim.md", "json")[0]);
  const sim = await start(program, ["sim", "--listen", "127.0.0.1:0", "--script", script, "--dialects", join(root, "integrations")], { ready: /^listening 127\.0\.0\.1:(\d+)$/m });
  sim.url = `http://127.0.0.1:${/:(\d+)$/m.exec(sim.out)[1]}`;
  return sim;
}

test("the simulator runs the script of its documentation", async () => {
  const sim = await documented();
  const ask = (path, more = {}) => fetch(sim.url + path, { ...more, headers: { authorization: "Bearer good", ...more.headers } });
  const page = await ask("/contacts?limit=10");
  assert.equal((await page.json()).results.length, 10);
  assert.match(page.headers.get("link"), /rel="next"/);
  assert.deepEqual([(await ask("/contacts/nobody")).status, (await (await ask("/contacts/7")).json()).id], [404, "7"]);
  const order = () => ask("/orders", { method: "POST", headers: { "idempotency-key": "k" }, body: '{"amount":5}' });
  assert.equal((await order()).headers.get("idempotent-replayed"), null);
  assert.equal((await order()).headers.get("idempotent-replayed"), "true");
  assert.equal((await fetch(`${sim.url}/contacts`)).status, 401);
  assert.equal((await ask("/flaky")).status, 503);
  await assert.rejects(ask("/flaky").then((answer) => answer.text()));
  assert.equal(await (await ask("/flaky")).text(), "it works");
  assert.equal((await fetch(`${sim.url}/slack/api/auth.test`, { method: "POST", headers: { authorization: "Bearer any" } })).status, 200);
  assert.deepEqual(await sim.stop(), { code: 0, signal: null });
});

test("a fault is injected as the documentation of the simulator has it", async () => {
  const sim = await documented();
  const [command] = blocks("docs/sim.md", "sh").filter((block) => block.includes("/_sim/faults"));
  const { code, out } = await shell(command.replace("http://127.0.0.1:8090", sim.url));
  assert.equal(code, 0);
  assert.match(out, /"id"/);
});

test("a script with faults is refused, each with its place", async () => {
  const script = join(folder(), "bad.json");
  writeFileSync(script, '{"routes": [{"path": "/x", "replly": {"status": "none"}}]}');
  const { code, err } = await shell(`breakwater sim --listen 127.0.0.1:0 --script ${script}`);
  assert.equal(code, 1);
  assert.match(err, /\/routes\/0\/replly|\/routes\/0/);
});
