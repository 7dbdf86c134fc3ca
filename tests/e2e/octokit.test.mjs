// GitHub as its own OpenAPI description says it is, served by Steady: a vendor that nobody
// here wrote. The caller is an unmodified @octokit/rest.
import assert from "node:assert/strict";
import http from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Octokit } from "@octokit/rest";
import { throttling } from "@octokit/plugin-throttling";
import { folderOf, localized } from "./support/documents.mjs";
import { breakwater, freePort, packages, root, simulator, start, stopAll, stopLater, until } from "./support/run.mjs";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let bw, sim, steady, described, simulated, key;

async function serveDescription() {
  const port = await freePort();
  const it = await start(process.execPath, [join(packages, "@stdy/cli/steady.js"), "-p", String(port), "--no-color",
    "--log-bodies", join(packages, "@octokit/openapi/generated/api.github.com.json")]);
  it.url = `http://127.0.0.1:${port}`;
  await until("Steady's first answer", () => fetch(`${it.url}/zen`).then(() => true, () => false), 60000);
  return it;
}

// GitHub's answers as Steady makes them, with the links to further pages that GitHub puts
// on them: absolute, to itself, in a path of its own choice.
async function serveInPages(pages) {
  const heard = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, it.url), page = Number(url.searchParams.get("page") ?? 1);
    heard.push({ url: request.url, authorization: request.headers.authorization });
    url.searchParams.set("page", page + 1);
    const link = page < pages ? { link: `<${url}>; rel="next", <${url}>; rel="last"` } : {};
    http.get(steady.url + request.url, { headers: { accept: "application/json" } }, (answer) => {
      response.writeHead(answer.statusCode, { ...answer.headers, ...link });
      answer.pipe(response);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stopLater(() => server.close());
  const it = { url: `http://127.0.0.1:${server.address().port}`, heard };
  return it;
}

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  steady = await serveDescription();
  bw = await breakwater({ integrations: folderOf(localized("github", steady.url),
    { ...localized("github", `${sim.url}/github`), name: "github-sim" }) });
  described = await bw.account("github");
  simulated = await bw.account("github-sim");
  key = await bw.callKey();
});
after(stopAll);

const octokitFor = (account, more = {}) => new Octokit({ baseUrl: bw.proxy(account), auth: key, log: silent, ...more });
const repo = { owner: "octocat", repo: "hello-world" };

test("a repository is read through the proxy as GitHub describes it", async () => {
  const { status, data, headers } = await octokitFor(described).rest.repos.get(repo);
  assert.equal(status, 200);
  assert.equal(data.full_name, "octocat/Hello-World");
  assert.equal(headers["x-steady-request-valid"], "true");
  assert.equal(headers["x-breakwater-attempts"], "1");
});

test("issues are listed with the query that the SDK wrote", async () => {
  const { data, headers } = await octokitFor(described).rest.issues.listForRepo({ ...repo, state: "open", per_page: 5, labels: "bug,ui" });
  assert.equal(headers["x-steady-matched-path"], "/repos/{owner}/{repo}/issues");
  assert.equal(headers["x-steady-request-valid"], "true");
  assert.ok(Array.isArray(data) && data[0].title);
});

test("an issue is created with its body as the SDK wrote it", async () => {
  const { status, headers, data } = await octokitFor(described).rest.issues.create({ ...repo, title: "Ünïcode ✓", body: "text" });
  assert.equal(status, 201);
  assert.equal(headers["x-steady-request-valid"], "true");
  assert.ok(data.number > 0);
});

test("a body that the vendor's own description refuses comes back as its 400", async () => {
  const failed = await octokitFor(described).rest.issues.create({ ...repo }).catch((error) => error);
  assert.equal(failed.status, 400);
  assert.match(failed.message, /Validation failed/);
  assert.equal(failed.response.headers["x-breakwater-attempts"], "1");
});

test("a path that the vendor does not have is the vendor's 404, body untouched", async () => {
  const failed = await octokitFor(described).request("GET /no/such/path").catch((error) => error);
  assert.equal(failed.status, 404);
  assert.equal(failed.name, "HttpError");
  assert.match(failed.response.data.error, /Path not found: \/no\/such\/path/);
});

test("answers without a body and other methods pass", async () => {
  const octokit = octokitFor(described);
  assert.equal((await octokit.rest.activity.starRepoForAuthenticatedUser(repo)).status, 204);
  assert.equal((await octokit.rest.issues.update({ ...repo, issue_number: 1, state: "closed" })).status, 200);
  assert.equal((await octokit.rest.git.deleteRef({ ...repo, ref: "heads/gone" })).status, 204);
});

test("a key that is not ours is refused here, and the vendor hears nothing of it", async () => {
  const stranger = new Octokit({ baseUrl: bw.proxy(simulated), auth: "bw_" + "x".repeat(40), log: silent });
  const failed = await stranger.rest.repos.get({ owner: "stranger", repo: "r" }).catch((error) => error);
  assert.equal(failed.status, 401);
  assert.equal(JSON.parse(Buffer.from(failed.response.data)).code, "key_unknown");
  assert.equal((await sim.requests("/github/repos/stranger/")).length, 0);
});

test("a loop over pages stays inside the proxy although the vendor links to itself", async () => {
  const octokit = octokitFor(simulated);
  const pages = [];
  for await (const page of octokit.paginate.iterator(octokit.rest.issues.listForRepo, { owner: "loop", repo: "r", per_page: 100 }))
    pages.push(page);
  assert.deepEqual(pages.map((p) => p.data.length), [100, 100, 50]);
  assert.ok(pages[0].headers.link.includes(`<${bw.proxy(simulated)}/repositories/99/issues?per_page=100&page=2>`));
  assert.ok(!pages[0].headers.link.includes(sim.url));
  const seen = [...await sim.requests("/github/repos/loop/"), ...await sim.requests("/github/repositories/99/")];
  assert.equal(seen.length, 3);
  for (const request of seen) {
    assert.equal(request.headers.authorization, "Bearer vendor-secret-token");
    assert.ok(!JSON.stringify(request).includes(key));
  }
});

test("a loop over pages of GitHub as it is described goes through the proxy for each of them", async () => {
  const vendor = await serveInPages(4);
  await bw.put({ ...localized("github", vendor.url), name: "github-paged" });
  const account = await bw.account("github-paged");
  const octokit = octokitFor(account), pages = [];
  for await (const page of octokit.paginate.iterator(octokit.rest.issues.listForRepo, { ...repo, state: "open" })) pages.push(page);
  assert.deepEqual(pages.map((page) => page.headers["x-steady-request-valid"]), ["true", "true", "true", "true"]);
  for (const page of pages.slice(0, 3)) assert.match(page.headers.link, new RegExp(`^<${bw.proxy(account)}/repos/octocat/hello-world/issues\\?state=open&page=`));
  assert.equal(vendor.heard.length, 4);
  for (const { authorization } of vendor.heard) assert.equal(authorization, "Bearer vendor-secret-token");
});

test("paginate gathers every issue", async () => {
  const octokit = octokitFor(simulated);
  const issues = await octokit.paginate(octokit.rest.issues.listForRepo, { owner: "all", repo: "r", per_page: 100 });
  assert.equal(issues.length, 250);
  assert.equal(new Set(issues.map((issue) => issue.number)).size, 250);
});

// What the vendor says of a limit, and how the throttling plugin understands what we make
// of it. Its own waits are a thousandth here: it counts what it is told, without sleeping it.
const ThrottledOctokit = Octokit.plugin(throttling);
const plugged = (handlers) => new ThrottledOctokit({ baseUrl: bw.proxy(simulated), auth: key, log: silent,
  throttle: { retryAfterBaseValue: 1, ...handlers } });

test("the throttling plugin waits as long as the vendor's date says, told to it in seconds", async () => {
  const told = [];
  await sim.inject("/github/repos/secondary/", { status: 403, headers: { "Retry-After": "{{now_http_date+7}}" },
    body: { message: "You have exceeded a secondary rate limit." } }, { count: 1 });
  const octokit = plugged({ onRateLimit: () => false, onSecondaryRateLimit: (after) => { told.push(after); return true; } });
  const { status } = await octokit.rest.issues.get({ owner: "secondary", repo: "r", issue_number: 5 });
  assert.equal(status, 200);
  assert.equal(told.length, 1);
  assert.ok(told[0] >= 5 && told[0] <= 8, `told ${told[0]}`);
  assert.equal((await sim.requests("/github/repos/secondary/")).length, 2);
});

test("a primary limit reaches the plugin as 429 with the vendor's own headers beside ours", async () => {
  const told = [];
  await sim.inject("/github/repos/primary/", { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "{{now_epoch+20}}" },
    body: { message: "API rate limit exceeded for user ID 1." } }, { count: 1 });
  const octokit = plugged({ onSecondaryRateLimit: () => false, onRateLimit: (after) => { told.push(after); return false; } });
  const failed = await octokit.rest.issues.get({ owner: "primary", repo: "r", issue_number: 5 }).catch((error) => error);
  assert.equal(failed.status, 429);
  assert.equal(failed.response.headers["x-upstream-status"], "403");
  assert.match(failed.response.headers["retry-after"], /^(19|20|21)$/);
  assert.equal(failed.response.data.message, "API rate limit exceeded for user ID 1.");
  assert.equal(told.length, 1);
  assert.ok(told[0] >= 19 && told[0] <= 22, `told ${told[0]}`);
});
