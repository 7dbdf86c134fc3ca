// Integration documents as the tests use them: the shipped ones with the vendor's address
// replaced, and small ones made here.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, root } from "./run.mjs";

export function shipped(name) {
  return JSON.parse(readFileSync(join(root, "integrations", name, "integration.json"), "utf8"));
}

// The shipped document with its vendor at `base` (http://127.0.0.1:PORT/path).
export function localized(name, base, changes = {}) {
  return { ...shipped(name), hosts: [new URL(base).origin], base_url: base, ...changes };
}

// The ways of authentication of a document: a word or an object is one without a name.
export const waysOf = ({ auth }) => [auth].flat().map((way) => (typeof way === "string" ? { scheme: way } : way));

// The same with every URL of its token blocks there as well; paths, variables in them, and
// what begins with a variable stay as they are.
export function localizedTokens(name, origin, changes = {}) {
  const document = shipped(name);
  const here = (url) => url.replace(/^https:\/\/[^/]+/, origin);
  const auth = waysOf(document).map((way) => {
    const token = { ...way.token };
    for (const member of ["authorize_url", "url", "refresh_url", "revoke_url"])
      if (token[member]) token[member] = here(token[member]);
    return { ...way, ...(way.base_url && { base_url: here(way.base_url) }), ...(way.token && { token }) };
  });
  return { ...document, hosts: [new URL(origin).origin], base_url: here(document.base_url), auth, ...changes };
}

export const quickRetries = { base: "10ms", max: "50ms" };
export const neverOpens = { failures: 1000 };

// A vendor of our own: bearer token, retries without long waits, breakers that stay closed.
export function plain(name, base, changes = {}) {
  const { resilience, ...rest } = changes;
  return {
    name,
    hosts: [new URL(base).origin],
    base_url: base,
    auth: "bearer",
    resilience: {
      retry: { server: quickRetries, timeout: quickRetries, network: quickRetries },
      breaker: neverOpens,
      account_breaker: neverOpens,
      ...resilience,
    },
    ...rest,
  };
}

// Puts a document into a folder of integrations at once, as a deployment does.
export function place(path, name, text) {
  mkdirSync(join(path, name), { recursive: true });
  const file = join(path, name, "integration.json");
  writeFileSync(`${file}.new`, typeof text === "string" ? text : JSON.stringify(text, null, 2));
  renameSync(`${file}.new`, file);
}

export function folderOf(...documents) {
  const path = folder();
  for (const document of documents) place(path, document.name, document);
  return path;
}
