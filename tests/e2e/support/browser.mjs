// A person with a browser, without one: follows redirects, keeps cookies, fills in forms.
import { ask } from "./wire.mjs";

const unescaped = (text) => text.replace(/&(amp|lt|gt|quot|#0?39);/g,
  (_, name) => ({ amp: "&", lt: "<", gt: ">", quot: '"' })[name] ?? "'");
const attribute = (tag, name) => {
  const found = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(tag);
  return found && unescaped(found[1] ?? found[2] ?? found[3]);
};

// The first form of a page: where it goes and what it holds, its fields with their tags.
function formOf(html) {
  const [whole, head] = /(<form\b[^>]*>)[\s\S]*?<\/form>/i.exec(html) ?? [];
  if (!whole) return undefined;
  const tags = [...whole.matchAll(/<(?:input|select|textarea)\b[^>]*>/gi)].map(([tag]) => tag);
  const fields = tags.filter((tag) => attribute(tag, "name"))
    .map((tag) => ({ name: attribute(tag, "name"), value: attribute(tag, "value"), type: attribute(tag, "type"), isRequired: /\srequired\b/.test(tag) }));
  return { action: attribute(head, "action") ?? "", method: (attribute(head, "method") ?? "get").toUpperCase(), fields };
}

function fill(form, values, url) {
  const filled = new URLSearchParams();
  for (const { name, value, isRequired } of form.fields) {
    const given = values[name] ?? value;
    if (given === undefined && isRequired) throw new Error(`nobody says what belongs in ${name} at ${url}`);
    if (given !== undefined) filled.set(name, given);
  }
  return filled;
}

const cancelOf = (html) => [...html.matchAll(/<a\b[^>]*>/gi)].map(([tag]) => attribute(tag, "href")).find((href) => /\/(abort|cancel|deny)$/.test(href ?? ""));

// Cookies as RFC 6265 keeps them, as far as one machine's names go: by host and path, for
// every port.
function jar() {
  const kept = new Map();
  const take = (url, lines = []) => {
    for (const line of lines) {
      const [pair, ...attributes] = line.split(/;\s*/);
      const of = (name) => attributes.find((a) => a.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
      const at = pair.indexOf("="), path = of("path") ?? "/";
      const isOver = Number(of("max-age")) <= 0 || Date.parse(of("expires")) < Date.now();
      const key = `${url.hostname} ${path} ${pair.slice(0, at)}`;
      if (isOver) kept.delete(key);
      else kept.set(key, { host: url.hostname, path, pair });
    }
  };
  const covers = (path, asked) => asked === path || asked.startsWith(path.endsWith("/") ? path : `${path}/`);
  const header = (url) => [...kept.values()].filter((c) => c.host === url.hostname && covers(c.path, url.pathname)).map((c) => c.pair).join("; ");
  return { take, header };
}

const hopsMax = 30;

// `walk` goes from an address through redirects and forms to the first page that is
// neither, or to an address that begins with `until`, which is not asked for. It answers
// that `url`, its `params`, and every answer on the way with its `url`. `fields` are what
// the person enters; who denies leaves by the link for that on the first page that asks
// for no password. The cookies last as long as the browser.
export function browser() {
  const cookies = jar();
  const ends = (url, answers) => ({ url, params: Object.fromEntries(new URL(url).searchParams), answers, last: answers.at(-1) });
  const visit = async (url, { method = "GET", body } = {}) => {
    const cookie = cookies.header(new URL(url));
    const answer = await ask(url, { method, body, headers: { accept: "text/html", ...(cookie && { cookie }),
      ...(body !== undefined && { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) }) } });
    cookies.take(new URL(url), answer.headers["set-cookie"]);
    return Object.assign(answer, { url, method });
  };
  const next = ({ url, status, headers, text }, { fields, deny }) => {
    if (headers.location && status >= 300 && status < 400) return { url: new URL(headers.location, url).href };
    const form = formOf(text);
    if (!form) return undefined;
    const isLogin = form.fields.some((field) => field.type === "password");
    const cancel = deny && !isLogin && cancelOf(text);
    if (cancel) return { url: new URL(cancel, url).href };
    const filled = fill(form, { login: "ada", password: "of no importance", ...fields }, url).toString();
    const target = new URL(form.action, url);
    if (form.method === "POST") return { url: target.href, method: "POST", body: filled };
    target.search = filled;
    return { url: target.href };
  };
  const walk = async (url, { until, ...person } = {}) => {
    const answers = [];
    for (let step = { url }; answers.length < hopsMax; ) {
      if (until && step.url.startsWith(until)) return ends(step.url, answers);
      answers.push(await visit(step.url, step));
      const following = next(answers.at(-1), person);
      if (!following) return ends(step.url, answers);
      step = following;
    }
    throw new Error(`no end after ${hopsMax} pages from ${url}`);
  };
  return { walk };
}
