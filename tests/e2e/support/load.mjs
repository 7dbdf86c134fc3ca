// Callers who call and call, and note whatever is not as it must be.
import http from "node:http";
import { stopLater } from "./run.mjs";
import { ask } from "./wire.mjs";

// `once` makes a call and answers what was wrong with it, or nothing. Ends with everything
// else at the latest: a test that fails meanwhile must not keep its file from ending.
export function load(n, once) {
  const it = { calls: 0, faults: [], on: true };
  const callers = Array.from({ length: n }, async () => {
    while (it.on) {
      const fault = await once().catch((error) => String(error.cause ?? error));
      if (fault) it.faults.push(fault);
      it.calls++;
    }
  });
  it.stop = async () => {
    it.on = false;
    await Promise.all(callers);
  };
  stopLater(it.stop);
  return it;
}

export const kept = () => new http.Agent({ keepAlive: true });

// A call that must succeed.
export function good(url, key, agent) {
  return async () => {
    const answer = await ask(url, { agent, headers: { authorization: `Bearer ${key}` } });
    return answer.status === 200 ? undefined : `${answer.status} ${answer.text}`;
  };
}
