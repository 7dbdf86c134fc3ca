// A second authorization server, of another make: Debian's Authlib, for client credentials
// and JWT bearer assertions (RFC 7523), which oidc-provider does not grant. Unlike that, it
// takes the halves of a basic authentication as they are, as many vendors do.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { plain } from "./documents.mjs";
import { signingKey } from "./jwt.mjs";
import { root, start } from "./run.mjs";

const python = "/usr/bin/python3";
export const noAuthlib = spawnSync(python, ["-c", "import authlib"]).status === 0 ? false : "python3-authlib is not installed";
export const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
export const clientAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// `settings` are access_seconds, and `unknown`: subjects nobody may speak for.
export async function authlib(settings = {}) {
  const keys = Object.fromEntries(["RS256", "ES256", "PS256"].map((alg) => [alg, signingKey(alg)]));
  const jwks = Object.values(keys).map((key) => key.jwk);
  const clients = {
    machine: { id: "machine", secret: "machine-secret", methods: ["client_secret_basic", "client_secret_post"], grants: ["client_credentials"] },
    raw: { id: "raw", secret: "p%40ss+word", methods: ["client_secret_basic"], grants: ["client_credentials"] },
    assertion: { id: "assertion", keys: jwks, methods: ["client_assertion_jwt"], grants: ["client_credentials"] },
    service: { id: "service", keys: jwks, grants: [jwtBearer] },
  };
  const it = await start(python, [join(root, "tests/e2e/support/authlib/server.py"), JSON.stringify(Object.values(clients))],
    { ready: /^listening (\S+)$/m, env: { AUTHLIB_INSECURE_TRANSPORT: "1", PYTHONDONTWRITEBYTECODE: "1" } });
  const url = /^listening (\S+)$/m.exec(it.out)[1];
  Object.assign(it, { url, issuer: url, tokenUrl: `${url}/token`, apiUrl: `${url}/api`, keys, clients });
  const control = async (name, asked = {}) => {
    const response = await fetch(`${url}/_control/${name}`, { method: "POST", body: JSON.stringify(asked), signal: AbortSignal.timeout(60_000) });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()} ${it.err}`);
    return response.json();
  };
  it.set = (changes) => control("set", changes);
  it.expireAccess = () => control("expire");
  // Requests for tokens and calls of the API, oldest first.
  it.log = () => control("log");
  it.document = (name, auth, changes = {}) => ({ ...plain(name, it.apiUrl, changes), auth });
  await it.set(settings);
  return it;
}
