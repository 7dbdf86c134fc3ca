// Token endpoints that hang, or say too much, while an account is being connected.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { folderOf, plain } from "./support/documents.mjs";
import { breakwater, folder, stopAll, until } from "./support/run.mjs";
import { tokenEndpoint } from "./support/token_endpoint.mjs";
import { ask } from "./support/wire.mjs";

after(stopAll);

// A vendor whose link is connected by a press of the button: no consent page in between.
async function started(answer, flags = []) {
  const vendor = await tokenEndpoint((path) => path === "/token", [answer]);
  const home = folder();
  const serve = () => breakwater({ data: home,
    integrations: folderOf(plain("vendor", vendor.url, { auth: { scheme: "bearer",
      token: { grant: "client_credentials", url: `${vendor.url}/token`, client: "basic" } } })),
    flags: ["--log-level", "debug", ...flags],
  });
  const bw = await serve();
  const environment = await bw.tenant();
  const account = await bw.api("POST", "accounts", { environment: environment.id, integration: "vendor", external_id: "acme" });
  const app = await bw.api("POST", "apps", { integration: "vendor", name: "default", client_id: "app" });
  await bw.api("PUT", `apps/${app.id}/secrets`, { secrets: { client_secret: "hush" } });
  // Presses the button of a new link.
  const press = async (at = bw) => {
    const { url } = await at.api("POST", "connect-sessions", { account: account.id });
    return ask(url, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "" });
  };
  return { vendor, bw, account, press, serve };
}

test("an answer of a megabyte at the first exchange is refused, and nothing else breaks", async () => {
  const { bw, account, press } = await started({ body: `[${"[],".repeat(300_000)}[]]` });
  const page = await press();
  assert.equal(page.status, 422, page.text);
  assert.match(page.text, /too\s+much to be a token/);
  assert.equal((await bw.api("GET", `accounts/${account.id}`)).state, "connecting");
});

test("a daemon stops in its time though a vendor hangs, and whoever is being connected is told", async () => {
  const { vendor, bw, press } = await started(null, ["--drain-timeout", "300ms"]);
  const pressed = press();
  await until("the exchange", () => vendor.exchanges.length);
  assert.deepEqual(await bw.stop("SIGTERM"), { code: 0, signal: null });
  const page = await pressed;
  assert.equal(page.status, 503, page.text);
  assert.match(page.text, /token_unavailable/);
  assert.equal(vendor.exchanges.length, 1);
});

test("a link that waits for a lease does not keep the daemon from stopping", async () => {
  const { vendor, bw, press } = await started(null, ["--drain-timeout", "300ms"]);
  const first = press();
  await until("the exchange", () => vendor.exchanges.length);
  const second = press();
  await until("both to be pressed", () => bw.log("connect").filter((line) => line.what === "exchange").length === 2);
  assert.deepEqual(await bw.stop("SIGTERM"), { code: 0, signal: null });
  for (const page of await Promise.all([first, second])) assert.match(page.text, /token_unavailable/);
});

test("after kill -9 in the middle of an exchange the next link works at once", { timeout: 60_000 }, async () => {
  const { vendor, bw, account, press, serve } = await started(null);
  press().catch(() => {});
  await until("the exchange", () => vendor.exchanges.length);
  bw.child.kill("SIGKILL");
  await bw.exited;
  vendor.answers[0] = { body: { access_token: "t1", token_type: "bearer", expires_in: 3600 } };
  const next = await serve();
  const page = await press(next);
  assert.equal(page.status, 303, page.text);
  assert.equal((await next.api("GET", `accounts/${account.id}`)).state, "active");
  assert.equal(vendor.exchanges.length, 2);
});
