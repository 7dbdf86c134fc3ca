// Calls at a steady rate on accounts whose tokens live for seconds, at a server that takes no
// refresh token twice: what came of it, and what of that must not be. Shared by a test that
// ends after so many renewals and a target that goes on for minutes (../soak.mjs).
import { kept } from "./load.mjs";
import { renewed } from "./renewed.mjs";
import { sleep, stopLater } from "./run.mjs";

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

// Makes `rate` calls a second, over all accounts in turn, while `heard.on`; a call that waits
// holds no other up. Notes what was heard: latencies in ms, faults.
async function callAt(rate, accounts, heard) {
  const agent = kept(), began = performance.now(), underWay = new Set();
  const one = async (account) => {
    const start = performance.now();
    const answer = await account.call(agent).catch((error) => ({ status: 0, text: String(error.cause ?? error) }));
    heard.took.push(performance.now() - start);
    heard.calls++;
    if (answer.status === 401) heard.unauthorized++;
    if (answer.status !== 200) heard.faults.push(`${answer.status} ${answer.text}`);
  };
  for (let n = 0; heard.on; n++) {
    await sleep(Math.max(0, began + (n * 1000) / rate - performance.now()));
    const call = one(accounts[n % accounts.length]).finally(() => underWay.delete(call));
    underWay.add(call);
  }
  await Promise.all(underWay);
  agent.destroy();
  heard.elapsed = (performance.now() - began) / 1000;
  heard.took.sort((a, b) => a - b);
}

// Ends when `until` says so; it is asked with `calls`, `elapsed` (seconds) and a function that
// asks the server for its `renewals`.
export async function soak({ seconds, accounts, rate, until, binary }) {
  const names = Array.from({ length: accounts }, (_, i) => `soaked-${i}`);
  const { server, bw, refreshes, ...it } = await renewed({ seconds, names, binary, flags: ["--log-level", "warn"],
    changes: { resilience: { account_concurrency: 500, environment_concurrency: 500 } } });
  await refreshes(accounts);
  const heard = { on: true, calls: 0, unauthorized: 0, faults: [], took: [], elapsed: 0 }, began = Date.now();
  stopLater(() => (heard.on = false));
  const calling = callAt(rate, it.accounts, heard);
  const renewals = async () => (await server.stats()).refreshes;
  while (!await until({ calls: heard.calls, elapsed: (Date.now() - began) / 1000, renewals })) await sleep(100);
  heard.on = false;
  await calling;
  const states = await Promise.all(it.accounts.map(async ({ show }) => (await show()).state));
  const { tokens, granted, refreshes: exchanges, reused, revoked, api } = await server.stats();
  return { ...heard, states, exchanges, granted, reused, revoked, refused: api.unauthorized,
    perAccount: names.map((name) => tokens.filter((token) => token.account === name && token.granted).length),
    twice: tokens.filter(({ presented }) => presented > 1).length, complaints: bw.log("token").map(({ detail }) => detail),
    p50: percentile(heard.took, 0.5), p99: percentile(heard.took, 0.99), max: heard.took.at(-1) };
}

// The invariants that did not hold, as sentences.
export function broken(it) {
  const must = [
    [it.faults.length === 0, `${it.faults.length} calls failed, such as: ${it.faults[0]}`],
    [it.unauthorized === 0, `callers saw ${it.unauthorized} answers of 401`],
    [it.refused === 0, `the vendor refused ${it.refused} calls`],
    [it.reused === 0 && it.twice === 0, `the server saw ${it.twice} refresh tokens twice`],
    [it.revoked === 0, `the server revoked ${it.revoked} grants`],
    [it.exchanges === it.granted, `${it.exchanges} exchanges gave ${it.granted} tokens`],
    [it.complaints.length === 0, `Breakwater complained: ${it.complaints[0]}`],
    [it.perAccount.every((n) => n > 1), `an account was not renewed: ${it.perAccount}`],
    [it.states.every((state) => state === "active"), `accounts are ${it.states}`],
  ];
  return must.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}
