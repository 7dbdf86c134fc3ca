// Random expressions and inputs for jsonata.mjs, the same in every run of a seed: from a
// grammar that knows which fields the inputs have, so that most of them find something,
// and from other expressions by exchanging tokens.

export function maker(seed, corpus = []) {
  let state = seed >>> 0;
  const random = () => { // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(random() * n);
  const pick = (from) => from[below(from.length)];
  const some = (n, make) => Array.from({ length: n }, (_, i) => make(i));
  // pickOf({a: 3, b: 1}): a three times as often as b
  const choose = (weights) => {
    const names = Object.keys(weights);
    let at = random() * names.reduce((sum, name) => sum + weights[name], 0);
    for (const name of names) if ((at -= weights[name]) < 0) return name;
    return names[0];
  };

  // --- inputs ---

  const numbers = [0, 1, 2, 3, -1, 0.5, 10, 100, 2.5, -3.25, 1e3, 1234567.891, 0.1, 1e21, 12345678901234567890, 1e-7];
  const texts = ["", "a", "b", "abc", "Hello World", "a,b,c", " x  y ", "10", "1.5", "é", "💩x", "2020-01-02", "ABC",
    "a.b", "true", "2020-01-02T03:04:05Z", "x=1&y=2", "aGk=", "null", "ß", "İ", "foo/bar", "\t\n", "0x1F", "a b a b"];
  const scalar = () => ({ number: () => pick(numbers), text: () => pick(texts), truth: () => below(2) === 1,
    nothing: () => null })[choose({ number: 4, text: 4, truth: 1, nothing: 1 })]();
  const list = (make) => some(pick([0, 1, 1, 2, 3, 3, 4]), make);
  const fields = {
    n: () => pick(numbers), s: () => pick(texts), t: () => below(2) === 1, u: () => null, k: () => pick(["x", "y", "z"]),
    l: (d) => list(() => pick(numbers)), ss: (d) => list(() => pick(texts)),
    o: (d) => (d ? object(d - 1) : {}), os: (d) => (d ? list(() => object(d - 1)) : []),
    m: (d) => list(() => (d && below(3) === 0 ? list(() => scalar()) : scalar())), e: () => [], f: () => ({}),
    "a b": () => scalar(), and: () => scalar(),
  };
  const names = Object.keys(fields);
  function object(depth) {
    const value = {};
    for (const name of names) if (below(3)) value[name] = fields[name](depth);
    return value;
  }
  const input = () => ({ object: () => object(2), list: () => list(() => object(1)), scalar,
    lists: () => list(() => list(scalar)), none: () => undefined })[choose({ object: 20, list: 4, scalar: 1, lists: 1, none: 1 })]();

  // --- expressions ---

  const name = () => (below(30) ? pick(["n", "s", "t", "u", "k", "l", "ss", "o", "os", "os", "o", "m", "e", "f"])
    : pick(["`a b`", "zz", "`and`", "and", "*", "**", "%", "`n`", "'s'"]));
  const variables = ["x", "y", "f", "i"];
  const literal = () => ({ number: () => pick(["0", "1", "2", "3", "-1", "0.5", "10", "1e3", "1.0", "100", "1e10"]),
    text: () => JSON.stringify(pick(texts)), quoted: () => `'${pick(["a", "x y", "n", "\\u00e9", "\\t"])}'`,
    word: () => pick(["true", "false", "null"]) })[choose({ number: 5, text: 4, quoted: 1, word: 2 })]();
  const regex = () => `/${pick(["a", "b+", "[a-c]", "(\\w)(\\d)?", "\\s+", "^a", ".", "x|y", "(a)(b)?", "l+o", "\\d{2}", "[^,]+", "é", "$"])}/${pick(["", "", "i", "m"])}`;
  const picture = () => pick(["0", "#,##0.00", "00.0", "#0.0e0", "0%", "[Y]-[M01]-[D01]", "[h]:[m01] [P]", "w", "I", "Ww",
    "i;o", "[FNn]", "", "x", "[Y", "a", "01", "[M]", "#"]);

  const operators = ["+", "-", "*", "/", "%", "&", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in", "??", "?:", "~>"];
  // What an argument of this letter is likely to be.
  const arguments_ = {
    n: (d) => (below(3) ? pick(["n", "os.n", "1", "2", "0", "-1", "3.7", "o.n", "$"]) : expression(d)),
    s: (d) => (below(3) ? pick(["s", "k", "'abc'", "'a'", "','", "''", "o.s", "ss", "$"]) : expression(d)),
    p: () => JSON.stringify(picture()),
    a: (d) => (below(3) ? pick(["l", "ss", "os", "m", "[1,2,3]", "[3,1,2]", "['b','a']", "e", "os.n", "[[1],[2]]", "o"]) : expression(d)),
    o: (d) => (below(3) ? pick(["o", "f", "$", "{'a':1,'b':2}", "os", "os[0]"]) : expression(d)),
    x: (d) => expression(d), b: (d) => expression(d), r: () => regex(),
    f: (d) => callback(d),
  };
  const functions = { // ? = may be left out
    sum: "a", count: "a", max: "a", min: "a", average: "a", string: "xb?", substring: "sn?n?", substringBefore: "ss",
    substringAfter: "ss", lowercase: "s", uppercase: "s", length: "s", trim: "s", pad: "sns?", match: "srn?", contains: "ss",
    replace: "ssn?", split: "ssn?", join: "as?", formatNumber: "np", formatBase: "nn?", formatInteger: "np",
    parseInteger: "sp", number: "x", floor: "n", ceil: "n", round: "nn?", abs: "n", sqrt: "n", power: "nn", boolean: "x",
    not: "x", map: "af", zip: "aaa?", filter: "af", single: "af?", reduce: "afx?", sift: "of?", keys: "o", lookup: "os",
    append: "xx", exists: "x", spread: "o", merge: "a", reverse: "a", each: "of", error: "s?", assert: "bs?", type: "x",
    sort: "af?", distinct: "x", base64encode: "s", base64decode: "s", encodeUrlComponent: "s", encodeUrl: "s",
    decodeUrlComponent: "s", decodeUrl: "s", eval: "s", toMillis: "sp?", fromMillis: "np?", clone: "o",
  };
  const regexes = new Set(["match", "contains", "replace", "split"]);

  function call(depth) {
    const called = pick(Object.keys(functions));
    const args = [];
    for (const [letter, optional] of functions[called].match(/.\??/g).map((a) => [a[0], a[1]])) {
      if ((optional && below(2)) || below(25) === 0) break;
      const strange = below(12) === 0;
      if (regexes.has(called) && args.length === 1 && below(2)) args.push(regex());
      else if (called === "replace" && args.length === 2 && below(3) === 0) args.push(callback(depth - 1));
      else if (called === "eval") args.push(JSON.stringify(expression(Math.min(depth - 1, 1))));
      else args.push(strange ? expression(depth - 1) : arguments_[letter](depth - 1));
    }
    if (below(20) === 0) args.push(expression(0));
    if (args.length && below(30) === 0) args[below(args.length)] = "?";
    if (args.length && below(8) === 0) return `${args.shift()} ~> $${called}(${args.join(", ")})`;
    if (below(12) === 0) return `${path(1)}.$${called}(${args.slice(1).join(", ")})`;
    return `$${called}(${args.join(", ")})`;
  }

  const signature = () => (below(6) ? "" : `<${pick(["n:n", "s-:s", "x", "a<n>:n", "(ns)n?:x", "n-n?:n", "a:x", "f:x", "s+:s", "o:x", "j:x", "b", "an"])}>`);
  function callback(depth) {
    if (below(10) === 0) return pick(["$string", "$uppercase", "$length", "$sum", "$exists", "$substring(?, 1)", "$f", "$type", "$boolean"]);
    const params = variables.slice(0, below(4));
    const body = below(2) ? pick(["$x", "$x > 1", "$x.n", "$x + $y", "$x & 'a'", "$x.n > $y.n", "$exists($x.s)", "$x > $y", "{'v': $x}", "[$x, $y]", "$x.match", "$uppercase($x.match)", "$i"])
      : expression(depth - 1);
    return `${pick(["function", "function", "λ"])}(${params.map((p) => `$${p}`).join(", ")})${signature()}{ ${body} }`;
  }

  function predicate(depth) {
    return `[${pick([() => pick(["0", "1", "-1", "1.9", "5", "", "[0,1]", "[0..1]", "true", "'x'", "$"]), () => `${name()} ${pick(["=", ">", "!=", "in", "<"])} ${literal()}`,
      () => expression(depth - 1), () => pick(["n > 1", "k = 'x'", "$exists(s)", "$i = 0", "$.n", "%.n = n"])])()}]`;
  }
  const sortTerms = (depth) => some(1 + below(2), () => pick(["", "<", ">"]) + pick(["n", "s", "k", "$", "$.n", `(${expression(Math.max(depth - 1, 0))})`])).join(", ");
  function group(depth) {
    return `{ ${some(below(3), () => `${pick(["k", "s", "$string(n)", "'a'", "'b'", expression(0)])}: ${pick(["n", "$sum(n)", "$", "$count($)", expression(Math.max(depth - 1, 0))])}`).join(", ")} }`;
  }

  function step(depth) {
    const kind = choose({ name: 30, block: 3, array: 2, object: 3, call: 2, variable: 1, literal: 0.3, parent: 1 });
    let text = { name, block: () => `(${expression(depth - 1)})`, array: () => `[${some(below(3), () => expression(depth - 1)).join(", ")}]`,
      object: () => group(depth), call: () => call(depth - 1), variable: () => pick(["$", "$x", "$i", "$$"]), literal, parent: () => "%" }[kind]();
    if (kind === "call" && /~>/.test(text)) text = `(${text})`;
    if (below(14) === 0) text += `@$${pick(["x", "y"])}`;
    if (below(14) === 0) text += `#$${pick(["i", "x"])}`;
    if (below(5) === 0) text += predicate(depth);
    if (below(30) === 0) text += `^(${sortTerms(depth)})`;
    if (below(16) === 0) text += "[]";
    return text;
  }
  function path(depth) {
    let text = below(12) ? name() : pick(["$", "$$", "$x", "(os)", "[1,2]", "$f(1)"]);
    if (below(5) === 0) text += predicate(depth);
    for (let i = below(4); i > 0; i--) text += `.${step(depth)}`;
    if (below(12) === 0) text += `^(${sortTerms(depth)})`;
    if (below(12) === 0) text += group(depth);
    if (below(20) === 0) text += predicate(depth);
    return text;
  }

  const parts = {
    path, literal, call,
    binary: (d) => `${expression(d - 1)} ${pick(operators)} ${expression(d - 1)}`,
    block: (d) => `(${some(below(4), () => (below(2) ? `$${pick(variables)} := ${below(4) ? expression(d - 1) : callback(d - 1)}` : expression(d - 1))).join("; ")})`,
    array: (d) => `[${some(below(4), () => (below(5) ? expression(d - 1) : `${pick(["0", "1", "n", "-1"])}..${pick(["3", "n", "0", "5"])}`)).join(", ")}]`,
    object: group,
    condition: (d) => `${expression(d - 1)} ? ${expression(d - 1)}${below(4) ? ` : ${expression(d - 1)}` : ""}`,
    variable: () => pick(["$", "$$", "$x", "$y", "$i", "$zz"]),
    negate: (d) => `-${expression(d - 1)}`,
    lambda: (d) => `(${callback(d)})(${some(below(3), () => expression(d - 1)).join(", ")})`,
    transform: (d) => `${pick(["$", "o", "os", expression(d - 1)])} ~> |${pick(["$", "os", "o", "**", path(0)])}|${pick(["{'z': 1}", group(d), "{'n': n + 1}", expression(d - 1)])}${below(3) ? "" : `, ${pick(["'n'", "['n', 's']", expression(0)])}`}|`,
    chain: (d) => `${expression(d - 1)} ~> ${pick(["$string", "$sum", "$count()", "$uppercase", "$f", callback(d - 1), "$map($string)", "$join(',')", regex(), "$sort", "$reverse()"])}`,
    regex: () => pick([`${regex()}(s)`, `$match(s, ${regex()})`, `${regex()}('abab').next()`]),
    group: (d) => `(${expression(d - 1)})${predicate(d)}`,
    function: (d) => callback(d),
  };
  function expression(depth) {
    if (depth <= 0) return below(3) ? path(0) : literal();
    return parts[choose({ path: 24, literal: 5, call: 16, binary: 12, block: 5, array: 5, object: 3, condition: 3, variable: 3,
      negate: 1, lambda: 2, transform: 2, chain: 3, regex: 1, group: 4, function: 0.5 })](depth);
  }

  // --- mutations ---

  const pool = corpus.flatMap((row) => tokens(row.expr));
  function mutate() {
    const row = pick(corpus);
    const parts = tokens(row.expr);
    for (let i = 1 + below(2); i > 0; i--) {
      const at = below(parts.length + 1), n = below(3);
      if (below(4) === 0) parts.splice(at, 0, ...parts.slice(below(parts.length + 1)).slice(0, 3));
      else parts.splice(at, n, ...some(below(4) ? 1 : 0, () => (below(3) ? pick(pool) : expression(1))));
    }
    return { expr: parts.join(""), input: row.input, bindings: row.bindings };
  }

  const nested = () => ({ expr: expression(pick([1, 2, 2, 3])), input: input() });
  return { row: () => (corpus.length && below(4) === 0 ? mutate() : nested()) };
}

// An expression in pieces that may be taken away or exchanged.
export const tokens = (text) =>
  text.match(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|\$?[\p{L}_][\p{L}\d_]*|\$+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|:=|~>|\*\*|\.\.|\?\?|\?:|[<>!]=|\s+|[^]/gu) ?? [];
