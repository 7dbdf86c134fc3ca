// Connecting accounts as a person sees it: a real browser, a real authorization server, a
// product beside it. What the pages hold word by word is connect.test.mjs's.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { looked, person } from "./support/chromium.mjs";
import { folderOf } from "./support/documents.mjs";
import { faults, oidc } from "./support/oidc.mjs";
import { breakwater, freePort, stopAll, stopLater } from "./support/run.mjs";

const longWord = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
let bw, server, product, environment;

function documentsOf() {
  const { port, origin } = new URL(server.url);
  const hosts = [origin, `http://*.localhost:${port}`];
  const consent = (more = {}) => ({ scheme: "bearer", token: { grant: "authorization_code", authorize_url: server.authorizeUrl,
    url: server.tokenUrl, scopes: server.scope.split(" "), authorize_params: { prompt: "consent" }, ...more } });
  const inHost = { authorize_url: `http://{subdomain}.localhost:${port}/auth`, authorize_params: { prompt: "consent", ui_locales: "{region}" } };
  const fields = { subdomain: { label: "Your address", help: "The part in front of .desk.example." }, region: { label: "Region", help: "Such as eu or us." } };
  const words = { label: longWord, help: `https://example.com/${longWord}` };
  return [
    server.document("books", consent(), { label: "Books" }),
    server.document("desk", consent(inHost), { label: "Desk", hosts, connect: { text: "You find both in your settings, under Company.", fields } }),
    server.document("mail", { scheme: "header", header: "X-Key" }, { label: "Mail", connect: { fields: { key: { label: "API key", help: "Under Developers, API keys." } } } }),
    server.document("machine", { scheme: "bearer", token: { grant: "client_credentials", url: server.tokenUrl, scopes: ["api.read"] } }, { label: "Machine" }),
    server.document("unset", consent(), { label: "Unset" }),
    server.document("long", "basic", { label: longWord, connect: { text: longWord, fields: { username: words, password: { optional: true } } } }),
  ];
}

// The product: every page of it says where the browser is.
async function startProduct() {
  const it = createServer((request, response) => {
    response.setHeader("content-type", "text/html");
    const { searchParams } = new URL(request.url, "http://product");
    response.end(`<!doctype html><title>The product</title>${searchParams.has("frame") ? `<iframe src="${searchParams.get("frame")}"></iframe>` : ""}`);
  });
  await new Promise((resolve) => it.listen(0, "127.0.0.1", resolve));
  stopLater(() => (it.closeAllConnections(), it.close()));
  return `http://127.0.0.1:${it.address().port}/settings`;
}

before(async () => {
  const port = await freePort(), url = `http://127.0.0.1:${port}`;
  server = await oidc({ callback: `${url}/oauth/callback` });
  product = await startProduct();
  bw = await breakwater({ integrations: folderOf(...documentsOf()), flags: ["--public-url", url, "--listen", `127.0.0.1:${port}`] });
  environment = await bw.tenant();
  for (const [integration, client] of [["books", "basic"], ["desk", "basic"], ["machine", "machine"]]) {
    const { client_id, client_secret } = server.clients[client];
    await bw.api("POST", "apps", { integration, name: "default", client_id, secrets: { client_secret } });
  }
});
afterEach(() => server.clear());
after(stopAll);

// A person with a link for a new account.
async function invited(integration, { context, ...more } = {}) {
  const account = await bw.api("POST", "accounts", { environment: environment.id, integration, context });
  const session = await bw.api("POST", "connect-sessions", { account: account.id, return_url: product, ...more });
  const shown = async () => bw.api("GET", `accounts/${account.id}`);
  return { ...(await person(bw.url)), account, session, url: session.url, shown };
}
const title = (page) => page.textContent("h1");
const quote = (page) => page.textContent("blockquote");
const follow = (page, words) => page.getByRole("link", { name: words }).click();
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
const press = async (page, ...keys) => { for (const key of keys) await page.keyboard.press(key); };
const described = (page, field) => page.evaluate((id) => document.getElementById(id).getAttribute("aria-describedby").split(" ").map((part) => document.getElementById(part).textContent).join(" "), field);

// The vendor's own pages.
async function signIn(page) {
  await page.fill("[name=login]", "ada");
  await page.fill("[name=password]", "of no importance");
  await press(page, "Enter");
  await page.waitForSelector("button:has-text('Continue')");
}
async function agree(page) {
  await signIn(page);
  await page.click("button:has-text('Continue')");
}
async function isBack({ page, account, shown }, status, more = {}) {
  await page.waitForURL((url) => url.href.startsWith(product));
  assert.deepEqual(Object.fromEntries(new URL(page.url()).searchParams), { status, account: account.id, ...more });
  assert.equal((await shown()).state, status === "connected" ? "active" : "connecting");
}

// Waits at the vendor; answers the callback's address as the vendor would make it.
async function atVendor({ page, url }) {
  const sent = page.waitForRequest((request) => new URL(request.url()).pathname === "/auth");
  await page.goto(url);
  const state = new URL((await sent).url()).searchParams.get("state");
  return (params) => `${bw.url}/oauth/callback?${new URLSearchParams({ state, ...params })}`;
}

test("by keyboard alone: a form, a mistake in it, the vendor in its own address, and back", async () => {
  const ada = await invited("desk"), { page } = ada;
  await page.goto(ada.url);
  assert.equal(await title(page), "Connect Desk");
  await looked(ada, "form");
  const order = [await focused(page)];
  for (let i = 0; i < 3; i++) {
    await press(page, "Tab");
    order.push(await focused(page));
  }
  assert.deepEqual(order, ["subdomain", "region", "Continue", "Go back"]);
  await press(page, "Shift+Tab", "Shift+Tab", "Shift+Tab");
  await page.keyboard.type("not a host!");
  await press(page, "Tab");
  await page.keyboard.type("eu");
  await press(page, "Enter");
  await page.waitForSelector("[aria-invalid]");
  await looked(ada, "form_fault");
  assert.equal(await focused(page), "subdomain");
  assert.match(await described(page, "subdomain"), /letters, digits, dots and hyphens only\. The part in front/);
  assert.deepEqual([await page.inputValue("#subdomain"), await page.inputValue("#region")], ["not a host!", "eu"]);
  await press(page, "ControlOrMeta+A");
  await page.keyboard.type("ada");
  await press(page, "Enter");
  await page.waitForSelector("[name=login]");
  assert.equal(new URL(page.url()).hostname, "ada.localhost");
  await agree(page);
  await isBack(ada, "connected");
  assert.deepEqual((await ada.shown()).context, { subdomain: "ada", region: "eu" });
});

test("who has come to the wrong address at the vendor goes back, and finds what he entered", async () => {
  const ada = await invited("desk", { context: { region: "us" } }), { page } = ada;
  await page.goto(product);
  await page.goto(ada.url);
  assert.equal(await page.locator("input").count(), 1, "the region is known");
  await page.fill("#subdomain", "typo");
  await page.click("button");
  await page.waitForURL((url) => url.hostname === "typo.localhost");
  await page.goBack();
  assert.equal(await title(page), "Connect Desk");
  assert.equal(await page.inputValue("#subdomain"), "typo");
  assert.equal(await page.locator("input").count(), 1);
  await page.fill("#subdomain", "ada");
  await page.click("button");
  await agree(page);
  await isBack(ada, "connected");
  assert.deepEqual((await ada.shown()).context, { region: "us", subdomain: "ada" });
});

test("who goes back from the form returns to the product with nothing changed", async () => {
  const ada = await invited("desk"), { page } = ada;
  await page.goto(ada.url);
  await follow(page, "Go back");
  await isBack(ada, "left");
});

test("a key is asked for once; the page that says it may be loaded again, left, and come back to", async () => {
  const ada = await invited("mail", { return_url: undefined }), { page } = ada;
  await page.goto(ada.url);
  await looked(ada, "key");
  await page.click("button");
  assert.ok(await page.evaluate(() => document.activeElement.matches("#key:invalid")), "the browser itself asks for it");
  await page.keyboard.type("a key");
  await press(page, "Enter");
  await page.waitForSelector("h1:has-text('Connected')");
  await looked(ada, "connected");
  for (const again of [() => page.reload(), () => page.goBack(), () => page.goto(ada.url)]) {
    await again();
    assert.equal(await title(page), "Connected");
  }
  assert.equal((await ada.shown()).state, "active");
});

test("a key connects and leads back to the product, where the link has nothing more to do", async () => {
  const ada = await invited("mail"), { page } = ada;
  await page.goto(ada.url);
  await page.fill("#key", "a key");
  await press(page, "Enter");
  await isBack(ada, "connected");
  const other = await person(bw.url);
  await other.page.goto(ada.url);
  assert.equal(await title(other.page), "Connected");
  await looked(other, "used");
  await follow(other.page, "Go back");
  assert.equal(other.page.url(), product, "which it says nothing new");
});

test("who cancels at the vendor reads so, may load that page again, and tries again", async () => {
  const ada = await invited("books"), { page } = ada;
  await page.goto(ada.url);
  await signIn(page);
  await page.click("text=Cancel");
  await page.waitForSelector("blockquote");
  assert.equal(await title(page), "Not connected");
  assert.match(await quote(page), /\(access_denied\)$/);
  await looked(ada, "denied");
  await page.reload();
  assert.equal(await title(page), "Please begin again");
  await looked(ada, "step_used");
  assert.equal((await ada.shown()).state, "connecting");
  await press(page, "Tab");
  assert.equal(await focused(page), "Try again");
  await press(page, "Enter");
  await page.waitForSelector("button:has-text('Continue')");
  await page.click("button:has-text('Continue')");
  await isBack(ada, "connected");
});

test("a vendor that fails is quoted, however long its words are, and the product is told", async () => {
  const ada = await invited("books"), { page } = ada;
  const callback = await atVendor(ada);
  await page.goto(callback({ error: `${longWord}_${longWord}`, error_description: `${longWord} <b>ü</b> `.repeat(9) }));
  assert.equal(await title(page), "Not connected");
  assert.match(await quote(page), /<b>ü<\/b>/);
  await looked(ada, "vendor_error");
  await follow(page, "Go back");
  await isBack(ada, "error", { code: "connect_refused" });
});

test("when the vendor's token endpoint fails the page says so, and to try again is enough", async () => {
  const ada = await invited("books"), { page } = ada;
  await server.fault(faults.failing(500), { path: "/token" });
  await page.goto(ada.url);
  await agree(page);
  await page.waitForSelector("blockquote");
  await looked(ada, "token_endpoint");
  await server.clear();
  await follow(page, "Try again");
  await page.click("button:has-text('Continue')");
  await isBack(ada, "connected");
});

test("what the vendor sends back to one browser is refused in another, and still good in the first", async () => {
  const ada = await invited("books"), eve = await person(bw.url);
  const callback = await atVendor(ada);
  await eve.page.goto(callback({ code: "stolen" }));
  assert.equal(await title(eve.page), "Please stay in one browser");
  assert.equal(await eve.page.getByRole("link", { name: "Try again" }).count(), 0);
  await looked(eve, "other_browser");
  await agree(ada.page);
  await isBack(ada, "connected");
});

test("a link that has expired leads back, and one that never was says where to look", async () => {
  const ada = await invited("mail"), { page } = ada;
  execFileSync("sqlite3", [join(bw.home, "data", "breakwater.db"), ".timeout 10000", `UPDATE connect_session SET expires = 1 WHERE id = '${ada.session.id}'`]);
  await page.goto(ada.url);
  assert.equal(await title(page), "This link no longer works");
  await looked(ada, "expired");
  await follow(page, "Go back");
  await isBack(ada, "error", { code: "session_unknown" });
  await page.goto(`${bw.url}/oauth/connect/con_never`);
  assert.equal(await title(page), "This link no longer works");
  await looked(ada, "unknown");
});

test("a button is all where nothing is to be asked", async () => {
  const ada = await invited("machine"), { page } = ada;
  await page.goto(ada.url);
  await looked(ada, "button");
  await press(page, "Tab", "Enter");
  await isBack(ada, "connected");
});

test("what is not set up, or was switched off, is a page that says whom to ask", async () => {
  for (const [integration, wanted, prepare] of [
    ["unset", "The connection is not set up", () => {}],
    ["mail", "This connection is switched off", ({ account }) => bw.api("POST", `accounts/${account.id}/disable`)]]) {
    const ada = await invited(integration);
    await prepare(ada);
    await ada.page.goto(ada.url);
    assert.equal(await title(ada.page), wanted);
    await looked(ada, integration === "mail" ? "disabled" : integration);
    assert.match(await ada.page.textContent("footer"), new RegExp(ada.session.id));
  }
});

test("long names break no page", async () => {
  const ada = await invited("long"), { page } = ada;
  await page.goto(ada.url);
  await looked(ada, "long");
  await page.fill("#username", " ");
  await page.click("button");
  await page.waitForSelector("[aria-invalid]");
  await looked(ada, "long_fault");
});

test("the browser keeps to the pages' policy: no script runs, and no other site frames them", async () => {
  const ada = await invited("mail"), { page, troubles } = ada;
  await page.goto(ada.url);
  const complaint = page.waitForEvent("console");
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
  });
  assert.match((await complaint).text(), /inline script violates the following Content Security Policy/);
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.equal(troubles.length, 1, "which would fail every other test");
  await page.goto(`${product}?frame=${encodeURIComponent(ada.url)}`);
  const frame = page.frames()[1];
  assert.equal(await frame.locator("h1", { hasText: "Connect" }).count(), 0);
  assert.ok(frame.url().startsWith("chrome-error:"), frame.url());
});
