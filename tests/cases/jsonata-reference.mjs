// Asks jsonata-js what its functions answer, at the time that tests/unit/picture/answer.h
// knows too, in UTC: reference(FOLDER) with FOLDER/node_modules/jsonata.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

process.env.TZ = "UTC";
const now = 1700000000000;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) { super(...(args.length ? args : [now])); }
};

// What is no function of the language is said as an expression of it.
const expressions = {
  join: "$a & $b",
  compare: "$a < $b ? -1 : $a > $b ? 1 : 0",
  split: "$split($a, '', $b ? $b : 1e9)[]",
};
const names = ["a", "b", "c"];

export function reference(folder) {
  const jsonata = createRequire(join(resolve(folder), "x"))("jsonata");
  // A row of the tables, or null when the reference breaks or is known to be left behind.
  return async function ask(call, ...args) {
    if (deviates(call, args)) return null;
    const bindings = Object.fromEntries(args.map((arg, i) => [names[i], arg]));
    const expression = expressions[call] ?? `$${call}(${args.map((_, i) => `$${names[i]}`)})`;
    try {
      const is = await jsonata(expression).evaluate({}, bindings);
      return { call, args, ...(is === undefined ? { none: true } : { is }) };
    } catch (error) {
      return error.code ? { call, args, code: error.code } : null;
    }
  };
}

const count = (text, pattern) => (text.match(pattern) ?? []).length;
const irregular = (places) => places.length > 0 &&
  places.some((place, i) => place !== (places.length - i) * places.at(-1));
const wholeDigits = (value) =>
  BigInt(Math.floor(Math.abs(value))).toString().replace(/^0$/, "").length;

// Where this engine answers otherwise, on purpose; the reasons stand in the headers.
const deviations = {
  formatNumber(value, picture, options) {
    if (options || !/^[^;]*(;[^;]*)?$/.test(picture)) return !!options;
    const sub = picture.split(";").at(value < 0 ? -1 : 0);
    const active = /[0-9#,.](.*[0-9#,.])?/.exec(sub)?.[0] ?? "";
    const [mantissa, exponent] = active.split("e");
    const [whole, fraction = ""] = mantissa.split(".");
    const scale = sub.includes("%") ? 100 : sub.includes("‰") ? 1000 : 1;
    const places = [...whole.matchAll(/,/g)].map((m) => count(whole.slice(m.index), /[0-9#]/g));
    const scientific = picture.split(";").some((part) => /^[^0-9#,.]+.*e/.test(part)) ||
      (exponent !== undefined && !/[0-9]/.test(mantissa) && !mantissa.includes("."));
    return scientific || (Math.abs(value) > 2 ** 40 && value % 1 !== 0) || Math.abs(value * scale) >= 1e21 || fraction.length > 100 ||
      count(fraction, /,/g) > 1 || (/,/.test(fraction) && /#|,$/.test(fraction)) ||
      (irregular(places) && (exponent !== undefined ||
        wholeDigits(value * scale) <= Math.max(...places)));
  },
  formatInteger(value, picture) {
    const [primary, modifier] = picture.split(/;(?=[^;]*$)/);
    if (primary.length > 1 && /^[aAiIwW]/.test(primary)) return false;
    const places = [...primary.matchAll(/[^0-9#\u0660-\u0669]/g)]
      .map((m) => count(primary.slice(m.index), /[0-9#\u0660-\u0669]/g));
    const other = new Set(primary.match(/[^0-9#\u0660-\u0669]/g) ?? []).size > 1;
    return (/[0-9#\u0660-\uffff]/.test(primary) && Math.abs(value) >= 1e21) ||
      (modifier?.startsWith("o") && (places.some((p) => p < 2) || /[\u0660-\uffff]/.test(primary))) ||
      ((other || irregular(places)) &&
       Math.max(wholeDigits(value), count(primary, /[0-9\u0660-\u0669]/g)) <= Math.max(...places));
  },
  parseInteger(text, picture) {
    const primary = picture.split(";")[0];
    return /^\s*[-+]?0x/i.test(text) || (/^[aA]/.test(primary) && text.length > 10) || (/[0-9#]/.test(primary) && /[^0-9#,]/.test(primary)) ||
      (/[\u0660-\uffff]/.test(picture) && /[^\u0660-\uffff]/.test(text));
  },
  fromMillis(millis, picture = "", zone) {
    return !(Math.abs(millis) <= 8.639e15) ||
      (millis > -62.2e12 && millis < -58.9e12 && /[WwXx]/.test(picture)) || /fN|\[\s*[^YMDdFWwXxHhPmsfZzCE\s[][^\]]/.test(picture.replaceAll("[[", "")) ||
      /,[^\]]*-[^0-9*][^\]]*\]|,[^0-9*\]-][^\]]*\]|,[^\]]*-\]/.test(picture) ||
      (zone !== undefined && (!/^[-+]?[0-9]{1,4}$/.test(zone) || /^-..?[^0]|^-...[^0]/.test(zone)));
  },
  toMillis(text, picture) {
    if (picture === undefined)
      return /^\d{4}(-\d\d){0,2}(\.|[-+]\d\d:?\d\d$)/.test(text) || /^00..Z/.test(text);
    return /(^|[ a-z])-\d\d?:?(\d?[1-9]|[1-9]\d)$/i.test(text) && /z/i.test(picture) || /M[Nn]/.test(picture) && !/^[^A-Za-z]*((Jan|Febr)uary|March|April|May|June|July|August|(Septem|Octo|Novem|Decem)ber)?[^A-Za-z]*$/.test(text) ||
      /[pPaA]m|[ap]M/.test(text.replace(/am|pm/g, "")) || /[\u0660-\uffff]|Z01\.|MNn,|\[P/.test(picture) && !/^([-0-9: ]+(am|pm))$/i.test(text);
  },
  round: (value, places = 0) => !Number.isInteger(places) || !Number.isFinite(
    Number(`${value}e${places}`.replace(/e(.*)e/, (_, e) => `e${+e + places}~`).split("~")[0])),
  formatBase: (value, radix = 10) => Math.round(radix) !== 10 && Math.abs(value) > 2 ** 53,
  number: (text) => /0[xob]/i.test(text) && !/^0(x[0-9a-f]+|o[0-7]+|b[01]+)$/i.test(text),
};

const deviates = (call, args) => deviations[call]?.(...args) ?? false;
