// A real browser: Debian's Chromium, without a window. One for a test file; each person in
// it has cookies, windows and troubles of his own.
import { chromium } from "playwright-core";
import { stopLater } from "./run.mjs";

let running;

async function launch() {
  const it = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  stopLater(() => it.close());
  return it;
}

// `page` is his window. `troubles` is what the browser complains of: of a page's policy, of
// scripts, of what was not to be had; that a page's status is 4xx is none.
export async function person() {
  running ??= launch();
  const context = await (await running).newContext({ reducedMotion: "reduce" });
  const page = await context.newPage();
  const troubles = [];
  page.setDefaultTimeout(20000);
  page.on("pageerror", (error) => troubles.push(`${error}`));
  page.on("console", (message) => {
    const isStatus = /Failed to load resource: the server responded with a status of 4/.test(message.text()) && message.location().url === page.url();
    if (["error", "warning"].includes(message.type()) && !isStatus) troubles.push(`${message.text()} (${message.location().url})`);
  });
  return { context, page, troubles };
}
