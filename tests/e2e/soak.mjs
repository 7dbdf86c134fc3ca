// `make soak`: tokens of five seconds under calls, for SOAK_SECONDS (180), on SOAK_ACCOUNTS (8)
// accounts with SOAK_RATE (80) calls a second in all, with the release build. Prints figures;
// ends with 1 when an invariant does not hold.
import { releaseProgram, stopAll } from "./support/run.mjs";
import { broken, soak } from "./support/soak.mjs";

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const lasting = number("SOAK_SECONDS", 180), accounts = number("SOAK_ACCOUNTS", 8), rate = number("SOAK_RATE", 80);

const it = await soak({ seconds: 5, accounts, rate, binary: process.env.BREAKWATER ?? releaseProgram, until: ({ elapsed }) => elapsed >= lasting });
const ms = (value) => `${value.toFixed(1)} ms`;
console.log("## soak\n");
console.log(`| ${accounts} accounts, tokens of 5 s, ${it.elapsed.toFixed(0)} s | | must be |\n|---|---|---|`);
for (const [what, value, goal = ""] of [
  ["calls", it.calls],
  ["calls that failed, whatever it was", it.faults.length, "0"],
  ["401 at the caller", it.unauthorized, "0"],
  ["401 at the vendor", it.refused, "0"],
  ["exchanges, by the server's log", it.exchanges],
  ["refresh tokens that the server saw twice", it.twice, "0"],
  ["grants that it revoked", it.revoked, "0"],
  ["renewals of an account", `${Math.min(...it.perAccount)} to ${Math.max(...it.perAccount)}`],
  ["latency of calls, median", ms(it.p50)],
  ["latency of calls, 99th percentile", ms(it.p99)],
  ["latency of calls, longest", ms(it.max)],
]) console.log(`| ${what} | ${value} | ${goal} |`);
const faults = broken(it);
for (const fault of faults) console.error(`FAILED: ${fault}`);
await stopAll();
process.exit(faults.length ? 1 : 0);
