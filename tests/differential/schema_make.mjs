// Random schemas, and instances that have something to do with them. Seeded.

export function makeRandom(seed) {
  let state = Number(seed) >>> 0; // mulberry32
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(random() * n);
  return { random, below, pick: (from) => from[below(from.length)], chance: (p) => random() < p };
}

const names = ["a", "b", "c", "ab", "long_name_of_a_member", "é", "x-y"];
const patterns = ["^a", "b$", "a", "^[a-z]+$", "^.{2,}$", "\\d", "^(a|b)$", ".", "^x-", "^long", "é|ß"];
const texts = ["", "a", "b", "ab", "abc", "é", "ßß", "x-y", "12", "long_name_of_a_member", "😀"];
const numbers = [0, 1, -1, 2, 3, 4, 5, 1.5, 2.5, -0.5, 10, 100, 1e15, 12.0];
const types = ["null", "boolean", "number", "integer", "string", "array", "object"];

export function makeSchemas(r, draft) {
  const later = draft === "2020-12";
  let defs;

  const value = (depth) => {
    const n = r.below(depth > 0 ? 9 : 6);
    if (n < 2) return r.pick(numbers);
    if (n < 4) return r.pick(texts);
    if (n < 6) return r.pick([null, true, false]);
    if (n < 7) return Array.from({ length: r.below(4) }, () => value(depth - 1));
    return Object.fromEntries(Array.from({ length: r.below(4) }, () => [r.pick(names), value(depth - 1)]));
  };
  const some = (make, n = 3) => Array.from({ length: 1 + r.below(n) }, make);
  const distinct = (list) => [...new Set(list)];
  const map = (keys, make, n = 3) => Object.fromEntries(some(() => [r.pick(keys), make()], n));

  const makers = {
    type: () => (r.chance(0.7) ? r.pick(types) : distinct(some(() => r.pick(types)))),
    const: () => value(2),
    enum: () => [...new Map(some(() => value(1), 4).map((v) => [JSON.stringify(v), v])).values()],
    maximum: () => r.pick(numbers),
    minimum: () => r.pick(numbers),
    exclusiveMaximum: () => r.pick(numbers),
    exclusiveMinimum: () => r.pick(numbers),
    multipleOf: () => r.pick([1, 2, 3, 0.5, 10]),
    maxLength: () => r.below(5), minLength: () => r.below(3),
    maxItems: () => r.below(5), minItems: () => r.below(3),
    maxProperties: () => r.below(5), minProperties: () => r.below(3),
    pattern: () => r.pick(patterns),
    required: () => distinct(some(() => r.pick(names))),
    uniqueItems: () => r.chance(0.8),
    properties: (d) => map(names, () => schema(d), 4),
    patternProperties: (d) => map(patterns, () => schema(d), 2),
    additionalProperties: (d) => (r.chance(0.5) ? false : schema(d)),
    propertyNames: (d) => (r.chance(0.5) ? { pattern: r.pick(patterns) } : schema(d)),
    items: (d) => (!later && r.chance(0.4) ? some(() => schema(d)) : schema(d)),
    contains: (d) => schema(d),
    allOf: (d) => some(() => schema(d)), anyOf: (d) => some(() => schema(d)), oneOf: (d) => some(() => schema(d)),
    not: (d) => schema(d),
    if: (d) => schema(d), then: (d) => schema(d), else: (d) => schema(d),
    ...(later
      ? {
          prefixItems: (d) => some(() => schema(d)),
          minContains: () => r.below(3), maxContains: () => r.below(4),
          dependentRequired: () => map(names, () => distinct(some(() => r.pick(names)))),
          dependentSchemas: (d) => map(names, () => schema(d), 2),
          unevaluatedProperties: (d) => (r.chance(0.6) ? false : schema(d)),
          unevaluatedItems: (d) => (r.chance(0.6) ? false : schema(d)),
          $ref: () => `#/$defs/${r.below(defs)}`,
        }
      : {
          additionalItems: (d) => (r.chance(0.5) ? false : schema(d)),
          dependencies: (d) => map(names, () => (r.chance(0.5) ? distinct(some(() => r.pick(names))) : schema(d)), 2),
        }),
  };
  const flat = Object.keys(makers).filter((k) => makers[k].length === 0);

  function schema(depth) {
    if (r.chance(0.08)) return r.chance(0.7);
    if (!later && r.chance(0.08)) return { $ref: `#/definitions/${r.below(defs)}` };
    const keys = depth > 0 ? Object.keys(makers) : flat;
    const made = {};
    for (let n = 1 + r.below(4); n > 0; n--) {
      const key = r.pick(keys);
      made[key] = makers[key](depth - 1);
    }
    return made;
  }

  const root = () => {
    defs = 1 + r.below(3);
    const made = schema(2 + r.below(2));
    const top = typeof made === "object" && !made.$ref ? made : { allOf: [made] };
    // Definitions refer only to later ones, so that no reference comes back to itself.
    const list = {}, all = defs;
    for (let i = 0; i < all; i++) list[i] = stripLoops(schema(1), i, all);
    return { ...top, [later ? "$defs" : "definitions"]: list };
  };
  function stripLoops(node, from, all) {
    return JSON.parse(JSON.stringify(node), (key, v) => {
      if (key !== "$ref" || typeof v !== "string") return v;
      return from + 1 < all ? v.replace(/\d+$/, String(from + 1 + r.below(all - from - 1))) : undefined;
    });
  }
  return { root, value };
}

// A value that a schema might accept: follows what it says, roughly.
export function makeInstance(r, root, node, depth, anyValue) {
  const again = (s) => makeInstance(r, root, s, depth - 1, anyValue);
  if (depth <= 0 || typeof node !== "object" || node === null) return anyValue(1);
  if (node.$ref) {
    const target = node.$ref.startsWith("#/")
      ? node.$ref.slice(2).split("/").reduce((v, k) => v?.[decodeURIComponent(k).replace(/~1/g, "/").replace(/~0/g, "~")], root)
      : undefined;
    return again(target);
  }
  if ("const" in node) return node.const;
  if (node.enum?.length && r.chance(0.9)) return r.pick(node.enum);
  for (const key of ["allOf", "anyOf", "oneOf"])
    if (node[key]?.length && r.chance(key === "allOf" ? 0.5 : 0.7)) {
      const rest = { ...node };
      delete rest[key];
      const part = r.pick(node[key]);
      return again(typeof part === "object" ? { ...rest, ...part, properties: { ...rest.properties, ...part.properties } } : rest);
    }
  const type = Array.isArray(node.type) ? r.pick(node.type) : node.type ?? guessType(r, node);
  switch (type) {
    case "null": return null;
    case "boolean": return r.chance(0.5);
    case "number":
    case "integer": return makeNumber(r, node, type);
    case "string": return makeText(r, node);
    case "array": {
      const list = node.prefixItems ?? (Array.isArray(node.items) ? node.items : []);
      const rest = Array.isArray(node.items) ? node.additionalItems : node.items;
      const n = Math.max(node.minItems ?? 0, r.below(Math.min(node.maxItems ?? 4, 4) + 1));
      return Array.from({ length: Math.min(n, 20) }, (_, i) => again(list[i] ?? (i === 0 && node.contains) ?? rest ?? node.unevaluatedItems));
    }
    case "object": {
      const made = {};
      const known = node.properties ?? {};
      for (const name of node.required ?? []) made[name] = again(known[name] ?? node.additionalProperties);
      for (const name of Object.keys(known)) if (!(name in made) && r.chance(depth > 2 ? 0.6 : 0.2)) made[name] = again(known[name]);
      if (r.chance(0.2)) made[r.pick(names)] = again(node.additionalProperties ?? node.unevaluatedProperties);
      return made;
    }
    default: return anyValue(2);
  }
}

function guessType(r, node) {
  const has = (...keys) => keys.some((k) => k in node);
  const fits = [];
  if (has("properties", "required", "additionalProperties", "patternProperties", "unevaluatedProperties", "minProperties", "dependentSchemas")) fits.push("object");
  if (has("items", "prefixItems", "contains", "unevaluatedItems", "minItems", "uniqueItems")) fits.push("array");
  if (has("pattern", "minLength", "maxLength", "format")) fits.push("string");
  if (has("minimum", "maximum", "multipleOf", "exclusiveMinimum")) fits.push("number");
  return fits.length ? r.pick(fits) : undefined;
}

function makeNumber(r, node, type) {
  const low = node.minimum ?? node.exclusiveMinimum ?? 0;
  const n = low + r.below(5) * (node.multipleOf ?? 1);
  return type === "integer" ? Math.ceil(n) : r.chance(0.8) ? n : n + 0.5;
}

const samples = {
  "date-time": "2024-05-06T07:08:09Z", date: "2024-05-06", time: "07:08:09Z", email: "a@example.com",
  uri: "https://example.com/a/b?c=d", "uri-reference": "/a", uuid: "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
  ipv4: "192.0.2.1", ipv6: "2001:db8::1", hostname: "example.com", regex: "^a+$",
};

function makeText(r, node) {
  if (samples[node.format]) return samples[node.format];
  let text = r.pick(texts.concat("some text", "1.2.3", "v1", "main", "https://example.com/", "/a/b", "a/b:c", "main.js"));
  while ([...text].length < (node.minLength ?? 0)) text += "a";
  return [...text].slice(0, node.maxLength ?? Infinity).join("");
}

// The same value with one thing changed.
export function mutate(r, value, anyValue) {
  if (value === null || typeof value !== "object" || r.chance(0.25)) return anyValue(1);
  const copy = Array.isArray(value) ? [...value] : { ...value };
  const keys = Object.keys(copy);
  if (!keys.length || r.chance(0.2)) {
    if (Array.isArray(copy)) copy.push(anyValue(1));
    else copy[r.pick(names)] = anyValue(1);
    return copy;
  }
  const key = r.pick(keys);
  if (r.chance(0.25)) {
    if (Array.isArray(copy)) copy.splice(Number(key), 1);
    else delete copy[key];
  } else {
    copy[key] = mutate(r, copy[key], anyValue);
  }
  return copy;
}
