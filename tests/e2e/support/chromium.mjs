// A real browser: Debian's Chromium, without a window and without a network beyond this
// machine. One for a test file; each person in it has cookies and troubles of his own.
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { stopLater } from "./run.mjs";

const wide = { width: 1280, height: 800 };
// Layout does not depend on colours: each size and each set of colours is looked at once.
const looks = { wide: [wide, "light"], phone: [{ width: 375, height: 667 }, "dark"], least: [{ width: 320, height: 568 }, "light"] };
let running;

async function launch() {
  const it = await chromium.launch({ executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *.localhost"] });
  stopLater(() => it.close());
  return it;
}

// `page` is his window; `troubles` is what the browser complains of in pages of `origin`: of
// their policy, of scripts, of what was not to be had. That a page is 4xx is no trouble.
export async function person(origin) {
  running ??= launch();
  const context = await (await running).newContext({ viewport: wide });
  const page = await context.newPage();
  const troubles = [];
  page.setDefaultTimeout(20000);
  page.on("console", (message) => {
    const url = message.location().url || page.url();
    const isStatus = /the server responded with a status of 4/.test(message.text()) && url === page.url();
    if (["error", "warning"].includes(message.type()) && url.startsWith(origin) && !isStatus) troubles.push(`${message.text()} (${url})`);
  });
  return { context, page, troubles };
}

// What is wrong with the page in the window, as it is; runs inside of it.
function wrongs() {
  const wrong = [];
  const say = (element, words) => wrong.push(`${element.outerHTML.slice(0, 80)}: ${words}`);
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const light = (text) => {
    const [r, g, b] = rgb(text).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const behind = (element) => {
    const found = getComputedStyle(element).backgroundColor;
    return (rgb(found)[3] ?? 1) === 1 ? found : behind(element.parentElement);
  };
  const textOf = (ids) => ids.split(" ").map((id) => document.getElementById(id)?.innerText ?? "").join(" ").trim();
  const all = [...document.body.querySelectorAll("*")];
  const some = (selector) => [...document.querySelectorAll(selector)];

  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`it is ${document.documentElement.scrollWidth} wide`);
  for (const [selector, n] of [["html[lang]", 1], ["main", 1], ["h1", 1], ["script, iframe, object, embed, img, link", 0]])
    if (some(selector).length !== n) wrong.push(`it has ${some(selector).length} of ${selector}`);
  if (!document.title.endsWith(some("h1")[0].textContent)) wrong.push(`its title is ${document.title}`);
  if (document.title.startsWith("Error: ") !== some("[aria-invalid=true]").length > 0) wrong.push("its title does not tell faults");
  for (const element of all) {
    const { color, borderTopColor } = getComputedStyle(element);
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const isField = element.matches("input");
    if ((hasText || isField) && contrast(color, behind(element)) < 4.5) say(element, `its contrast is ${contrast(color, behind(element))}`);
    if (isField && contrast(borderTopColor, behind(element.parentElement)) < 3) say(element, "its edge is hard to see");
    if ([...element.attributes].some(({ name }) => name.startsWith("on"))) say(element, "it has a script");
    if (element.id && some(`[id="${CSS.escape(element.id)}"]`).length > 1) say(element, "its id is not its own");
  }
  for (const element of some("a, button, input")) {
    const { width, height } = element.getBoundingClientRect();
    if (width < 24 || height < 24) say(element, `it is ${width} by ${height}`);
    if (element.tabIndex !== 0) say(element, "it is out of the order of the keyboard");
  }
  for (const field of some("input")) {
    const [label] = field.labels, described = textOf(field.getAttribute("aria-describedby") ?? "");
    if (field.labels.length !== 1 || label.htmlFor !== field.id || !label.innerText.trim()) say(field, "it has no label");
    if (field.hasAttribute("aria-describedby") && !described) say(field, "what describes it is not there");
    if (field.ariaInvalid === "true" && !described) say(field, "nothing says what is wrong");
  }
  return wrong;
}

// Looks at the page, and at whether the browser had to complain. SCREENSHOTS names a folder
// for pictures.
export async function looked({ page, troubles }, name) {
  const wrong = [];
  for (const [look, [viewport, colorScheme]] of Object.entries(looks)) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    wrong.push(...(await page.evaluate(wrongs)).map((words) => `${look}, ${colorScheme}: ${words}`));
    if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.${look}.png`) });
  }
  await page.setViewportSize(wide);
  assert.deepEqual([...wrong, ...troubles], [], `${name} at ${page.url()}`);
}
