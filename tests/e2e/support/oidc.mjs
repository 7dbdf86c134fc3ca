// An OAuth 2.0 authorization server that others wrote, in a process of its own, with an API
// that takes its tokens. Refresh tokens rotate; a used one that comes again revokes its
// grant. All it saw can be read, and its faults are set while it runs.
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { browser } from "./browser.mjs";
import { plain } from "./documents.mjs";
import { signingKey } from "./jwt.mjs";
import { root, start } from "./run.mjs";

// Faults for `fault`: `delay` and `late` (ms before and after the server's own work), `hold`
// (before or after it, until `release`), what comes instead of its answer, with `executes`
// after the work was done, or a `patch` to it, in which null removes.
export const faults = {
  slow: (ms) => ({ delay: ms }),
  slowAfterRotation: (ms) => ({ late: ms }),
  held: { hold: "before" },
  heldAfterRotation: { hold: "after" },
  hang: { instead: "hang" },
  cut: { instead: "cut" },
  lostAnswer: { executes: true, instead: "cut" },
  failing: (status, retryAfter) => ({ status, headers: retryAfter === undefined ? {} : { "retry-after": String(retryAfter) },
    body: { error: "temporarily_unavailable" } }),
  garbage: { status: 200, body: "<html>Welcome to our status page</html>" },
  emptyRefusal: { status: 400, body: "" },
  errorIn200: { status: 200, body: { error: "invalid_grant", error_description: "as some vendors tell it" } },
  withoutExpiry: { patch: { expires_in: null } },
  withoutRefreshToken: { patch: { refresh_token: null } },
};

const scope = "openid offline_access api.read";
const personal = { grant_types: ["authorization_code", "refresh_token"], response_types: ["code"] };
const ofMachines = { grant_types: ["client_credentials"], response_types: [], redirect_uris: [] };

// One client for each way to authenticate. The halves of `odd` work only when they are
// form-urlencoded before base64 (RFC 6749 section 2.3.1).
function clientsOf(keys) {
  const jwks = { keys: Object.values(keys).map((key) => key.jwk) };
  return {
    basic: { ...personal, client_id: "basic", client_secret: "basic-secret", token_endpoint_auth_method: "client_secret_basic" },
    post: { ...personal, client_id: "post", client_secret: "post-secret", token_endpoint_auth_method: "client_secret_post" },
    odd: { ...personal, client_id: "odd:id", client_secret: "p@ss:w+rd /=&%~\"", token_endpoint_auth_method: "client_secret_basic" },
    public: { ...personal, client_id: "public", token_endpoint_auth_method: "none", application_type: "native" },
    assertion: { ...personal, client_id: "assertion", token_endpoint_auth_method: "private_key_jwt", jwks },
    machine: { ...ofMachines, client_id: "machine", client_secret: "machine-secret", token_endpoint_auth_method: "client_secret_basic" },
    machine_assertion: { ...ofMachines, client_id: "machine_assertion", token_endpoint_auth_method: "private_key_jwt", jwks },
  };
}

// The most that were under way at the same time.
function peakOf(requests) {
  const moments = requests.flatMap(({ began, ended = Infinity }) => [[began, 1], [ended, -1]]).sort((a, b) => a[0] - b[0]);
  let open = 0, peak = 0;
  for (const [, change] of moments) peak = Math.max(peak, (open += change));
  return peak;
}

function perToken(refreshes) {
  const tokens = new Map();
  for (const one of refreshes) tokens.set(one.refresh_token, [...(tokens.get(one.refresh_token) ?? []), one]);
  return [...tokens].map(([token, uses]) => ({ token, account: uses.find((use) => use.account)?.account,
    presented: uses.length, granted: uses.filter((use) => use.next).length, peak: peakOf(uses) }));
}

function summaryOf({ requests, calls, revoked }) {
  const tokens = requests.filter((one) => one.path === "/token");
  const refreshes = tokens.filter((one) => one.grant_type === "refresh_token");
  return {
    requests: tokens.length, refreshes: refreshes.length, peak: peakOf(tokens), tokens: perToken(refreshes),
    granted: tokens.filter((one) => one.granted).length,
    reused: refreshes.filter((one) => /already used/.test(one.detail)).length,
    revocations: requests.filter((one) => one.path === "/token/revocation").length, revoked,
    api: { ok: calls.filter((call) => call.status === 200).length, unauthorized: calls.filter((call) => call.status === 401).length },
  };
}

export const pkce = () => {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
};

// `callback` is where the authorization endpoint sends people (`redirectTo` changes it),
// `settings` what `set` takes.
export async function oidc({ callback = "http://127.0.0.1:9/callback", ...settings } = {}) {
  const it = await start(process.execPath, [join(root, "tests/e2e/support/oidc/server.mjs")],
    { ready: /^listening (\S+)$/m, env: { NODE_ENV: "production" } });
  const keys = { RS256: signingKey("RS256"), ES256: signingKey("ES256") };
  const control = async (name, asked = {}) => {
    const response = await fetch(`${it.url}/_control/${name}`, { method: "POST", body: JSON.stringify(asked), signal: AbortSignal.timeout(60_000) });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()} ${it.err}`);
    return response.json();
  };
  it.url = it.issuer = /^listening (\S+)$/m.exec(it.out)[1];
  Object.assign(it, { keys, clients: clientsOf(keys), scope });
  Object.assign(it, { authorizeUrl: `${it.url}/auth`, tokenUrl: `${it.url}/token`, revocationUrl: `${it.url}/token/revocation`, apiUrl: `${it.url}/api` });

  // Makes or changes a client, such as its secret.
  it.putClient = (metadata) => control("client", metadata);
  it.redirectTo = async (address) => {
    it.callback = address;
    for (const client of Object.values(it.clients)) await it.putClient({ redirect_uris: [address], ...client });
  };
  // access_seconds, refresh_seconds, rotate, leniency_seconds (a used refresh token may be
  // used again), for what is made from now on.
  it.set = (changes) => control("set", changes);
  // Tokens of an account as if it had walked through the consent.
  it.mint = (account, client = "basic") => control("mint", { account, client: it.clients[client].client_id, scope });
  // For the next `count` requests (all) of `path` (/token; /token/revocation; what ends with
  // a slash has all below it: /api/), of a grant type, of a client.
  it.fault = (fault, { count, path, grant, client } = {}) => control("fault", { fault, count, path, grant, client });
  it.clear = () => control("clear");
  it.release = () => control("release");
  // By the id that mint answers, or all of an account: its tokens are dead from now on.
  it.revoke = (grant) => control("revoke", typeof grant === "string" ? { grant } : grant);
  // All access tokens that are alive, or an account's, are from now on not.
  it.expireAccess = (account) => control("expire", { account });
  // Requests for tokens and revocations, oldest first, with what the server itself came to
  // (`status`, `granted`, `next`: the new refresh token) and whether its answer was sent whole
  // (`answered`); calls of the API; how many grants were revoked.
  it.log = () => control("log");
  it.stats = async () => summaryOf(await it.log());

  // Where a product would send a person.
  it.authorizeAddress = ({ client = "basic", state = "s", challenge, ...more } = {}) =>
    `${it.authorizeUrl}?${new URLSearchParams({ client_id: it.clients[client].client_id, response_type: "code",
      redirect_uri: it.callback, scope, state, prompt: "consent",
      ...(challenge && { code_challenge: challenge, code_challenge_method: "S256" }), ...more })}`;
  it.walk = (url, person) => browser().walk(url, { until: it.callback, ...person });
  it.deny = (url, person) => it.walk(url, { deny: true, ...person });
  // An integration whose vendor is the API. `auth` is its auth block.
  it.document = (name, auth, changes = {}) => ({ ...plain(name, it.apiUrl, changes), auth });

  await it.redirectTo(callback);
  await it.set(settings);
  return it;
}
