// The child of ../oidc.mjs: an OAuth 2.0 authorization server (the package oidc-provider),
// an API below /api that takes its access tokens, and /_control for the tests. It keeps a
// log of every request for a token; `began` and `ended` count in one sequence, so that
// what was under way at the same time can be told without a clock.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";
import { addFault, clearFaults, meddle, releaseHeld, takeFault } from "./meddling.mjs";
import { Store, grantsWhere, leniency, removeWhere, revokeGrant, revokedGrants } from "./store.mjs";

const settings = { access_seconds: 60, refresh_seconds: 14 * 86400, rotate: true };
const requests = [], calls = [];
let tick = 0;

const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}`;

const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const provider = new Provider(url, {
  adapter: Store,
  clientAuthMethods: ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"],
  cookies: { keys: ["of no importance"] },
  jwks: { keys: [{ ...key, use: "sig", alg: "RS256" }] },
  scopes: ["openid", "offline_access", "api.read", "api.write"],
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
  },
  pkce: { required: (_, client) => client.clientAuthMethod === "none" },
  issueRefreshToken: async (_, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: () => settings.rotate,
  expiresWithSession: async () => false,
  findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  ttl: {
    AccessToken: () => settings.access_seconds,
    ClientCredentials: () => settings.access_seconds,
    RefreshToken: () => settings.refresh_seconds,
    Grant: () => settings.refresh_seconds,
    AuthorizationCode: 120, IdToken: 600, Interaction: 600, Session: 86400,
  },
});

// --- requests for tokens ----------------------------------------------------------------

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const unform = (text) => decodeURIComponent(text.replaceAll("+", " "));

// How a client authenticated, and who it says it is.
function clientOf(authorization = "", form) {
  const basic = /^Basic (.*)$/i.exec(authorization);
  if (basic) return { auth: "basic", client: unform(Buffer.from(basic[1], "base64").toString().split(":")[0]) };
  const auth = form.client_assertion ? "assertion" : form.client_secret ? "post" : "none";
  const claims = form.client_assertion?.split(".")[1] ?? "";
  return { auth, client: form.client_id ?? (claims && JSON.parse(Buffer.from(claims, "base64url")).sub) };
}

function noteOutcome(entry, ctx, error) {
  const { Account, Grant } = ctx.oidc?.entities ?? {};
  entry.account ??= Account?.accountId;
  entry.grant ??= Grant?.jti;
  if (error) Object.assign(entry, { error: error.error, detail: error.error_detail });
}
provider.on("grant.success", (ctx) => noteOutcome(ctx.state.entry, ctx));
provider.on("grant.error", (ctx, error) => noteOutcome(ctx.state.entry, ctx, error));

async function serveToken(ctx, next) {
  const form = Object.fromEntries(new URLSearchParams(await textOf(ctx.req)));
  const authorization = ctx.get("authorization");
  const entry = { path: ctx.path, began: ++tick, form, authorization, ...clientOf(authorization, form),
    grant_type: form.grant_type, refresh_token: form.refresh_token };
  requests.push(entry);
  ctx.state.entry = entry;
  ctx.req.body = form;
  ctx.res.on("close", () => {
    entry.ended = ++tick;
    entry.answered = ctx.res.writableFinished;
  });
  await meddle(ctx, takeFault(entry), async () => {
    await next();
    entry.status = ctx.status;
    if (ctx.status === 200 && ctx.body)
      Object.assign(entry, { granted: ctx.body.access_token, next: ctx.body.refresh_token });
  });
}

// --- the API ----------------------------------------------------------------------------

async function serveApi(ctx) {
  await textOf(ctx.req);
  const value = /^Bearer (.+)$/i.exec(ctx.get("authorization"))?.[1];
  const token = value && (await provider.AccessToken.find(value) ?? await provider.ClientCredentials.find(value));
  const call = { method: ctx.method, path: ctx.path, token: value, account: token?.accountId, client: token?.clientId };
  calls.push(call);
  await meddle(ctx, takeFault(call), () => {
    ctx.status = token ? 200 : 401;
    ctx.body = token ? { account: token.accountId, client: token.clientId, scope: token.scope } : { error: "invalid_token" };
    if (!token) ctx.set("www-authenticate", `Bearer realm="api"${value ? ', error="invalid_token"' : ""}`);
  });
  call.status = ctx.status;
}

// --- the tests' side --------------------------------------------------------------------

async function mint({ account, client: id, scope }) {
  const client = await provider.Client.find(id);
  const grant = new provider.Grant({ accountId: account, clientId: id });
  grant.addOIDCScope(scope);
  const token = { accountId: account, client, grantId: await grant.save(), gty: "authorization_code", scope };
  const access = new provider.AccessToken(token);
  return { account, client: id, grant: token.grantId, token_type: "Bearer", scope,
    access_token: await access.save(), expires_in: settings.access_seconds,
    refresh_token: await new provider.RefreshToken(token).save() };
}

const control = {
  async client(metadata) {
    await new Store("Client").upsert(metadata.client_id, metadata);
  },
  set({ leniency_seconds, ...changes }) {
    Object.assign(settings, changes);
    leniency.seconds = leniency_seconds ?? leniency.seconds;
  },
  mint,
  fault: addFault,
  clear: clearFaults,
  release: releaseHeld,
  revoke({ grant, account }) {
    const found = grant ? [grant] : grantsWhere((it) => it.accountId === account);
    found.forEach(revokeGrant);
    return { revoked: found.length };
  },
  expire({ account }) {
    const isMeant = (token) => !account || token.accountId === account;
    return { expired: removeWhere("AccessToken", isMeant) + (account ? 0 : removeWhere("ClientCredentials", isMeant)) };
  },
  log: () => ({ requests, calls, revoked: revokedGrants() }),
};

async function serveControl(ctx) {
  const asked = JSON.parse(await textOf(ctx.req));
  ctx.body = (await control[ctx.path.split("/")[2]](asked)) ?? {};
}

provider.use((ctx, next) => {
  if (ctx.path.startsWith("/_control/")) return serveControl(ctx);
  if (ctx.path.startsWith("/api/")) return serveApi(ctx);
  return ctx.method === "POST" && /^\/token(\/revocation)?$/.test(ctx.path) ? serveToken(ctx, next) : next();
});
provider.on("server_error", (_, error) => console.error(error));
server.on("request", provider.callback());
console.log(`listening ${url}`);
