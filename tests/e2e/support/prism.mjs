// Prism plays a vendor by the vendor's own OpenAPI document: it refuses requests that are not
// as the document says, and answers with examples. The document is cut down to the paths that
// are called, since Prism reads a whole one for most of a minute.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, freePort, packages, start } from "./run.mjs";

const unescape = (token) => decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~");
const escape = (token) => token.replaceAll("~", "~0").replaceAll("/", "~1");

// The operation with the answers that say it worked: a vendor's error may refer to everything.
const good = (operation) => (operation?.responses ? { ...operation,
  responses: Object.fromEntries(Object.entries(operation.responses).filter(([status]) => /^2/.test(status))) } : operation);

const goodOnly = (item) => Object.fromEntries(Object.entries(item).map(([name, value]) => [name, good(value)]));

// The document with these paths and what they refer to.
export function cut(document, paths) {
  const components = {};
  const { openapi, info, security } = document;
  const small = { openapi, info, security, components,
    paths: Object.fromEntries(paths.map((path) => [path, goodOnly(document.paths[path])])) };
  const taken = new Set(), left = [small.paths];
  const take = (kind, name) => {
    const key = `${kind}/${escape(name)}`;
    if (taken.has(key) || document.components?.[kind]?.[name] === undefined) return;
    taken.add(key);
    (components[kind] ??= {})[name] = document.components[kind][name];
    left.push(document.components[kind][name]);
  };
  for (const name of Object.keys(document.components?.securitySchemes ?? {})) take("securitySchemes", name);
  while (left.length) {
    const value = left.pop();
    if (value === null || typeof value !== "object") continue;
    if (typeof value.$ref === "string") take(...value.$ref.split("/").slice(2, 4).map(unescape));
    left.push(...Object.values(value));
  }
  return small;
}

// A vendor on a free port. `it.url` is where it is.
export async function prism(document) {
  const port = await freePort(), file = join(folder(), "openapi.json");
  writeFileSync(file, JSON.stringify(document));
  const it = await start(process.execPath, [join(packages, "@stoplight/prism-cli/dist/index.js"), "mock", "--host", "127.0.0.1",
    "--port", String(port), file], { ready: /Prism is listening on/ });
  it.url = `http://127.0.0.1:${port}`;
  return it;
}
