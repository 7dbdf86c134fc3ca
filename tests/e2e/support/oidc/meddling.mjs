// Faults of the authorization server, set while it runs: what happens instead of an answer,
// before it, or to it.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

let faults = [], held = [];

export function addFault({ fault, path = "/token", grant, client, count = Infinity }) {
  faults.push({ fault, path, grant, client, left: count });
}

export function clearFaults() {
  faults = [];
}

// Lets go on what is held.
export function releaseHeld() {
  for (const goOn of held.splice(0)) goOn();
}

const covers = (path, asked) => path.endsWith("/") ? asked.startsWith(path) : asked === path;

// The fault that a request meets, the oldest first.
export function takeFault({ path, grant_type: grant, client }) {
  const found = faults.find((f) => f.left > 0 && covers(f.path, path) &&
    (!f.grant || f.grant === grant) && (!f.client || f.client === client));
  if (found) found.left--;
  return found?.fault ?? {};
}

function merge(into, patch) {
  const merged = { ...into, ...patch };
  for (const name of Object.keys(merged)) if (merged[name] === null) delete merged[name];
  return merged;
}

const isReplaced = ({ instead, status, body }) => instead || status !== undefined || body !== undefined;

function replace(ctx, { instead, status = 200, headers = {}, body }) {
  if (instead) {
    ctx.respond = false;
    if (instead === "cut") ctx.req.socket.destroy();
    return instead === "hang" && !ctx.req.socket.destroyed ? once(ctx.res, "close") : undefined;
  }
  const text = typeof body === "string" ? body : body && JSON.stringify(body);
  ctx.body = text || null;
  ctx.status = status;
  ctx.type = typeof body === "string" ? "text/html" : "application/json";
  ctx.set(headers);
}

// Answers a request with its fault; `serve` is what the server itself would do.
export async function meddle(ctx, fault, serve) {
  const replaced = isReplaced(fault);
  const hold = () => new Promise((resolve) => held.push(resolve));
  if (fault.hold === "before") await hold();
  if (fault.delay) await sleep(fault.delay);
  if (!replaced || fault.executes) await serve();
  if (fault.hold === "after") await hold();
  if (fault.late) await sleep(fault.late);
  if (replaced) await replace(ctx, fault);
  else if (fault.patch && ctx.status === 200) ctx.body = merge(ctx.body, fault.patch);
}
