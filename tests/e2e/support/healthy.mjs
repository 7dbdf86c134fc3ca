// A caller that behaves, calling again and again while others do not: whatever they do,
// what it hears must stay the same.
import assert from "node:assert/strict";
import { sleep, stopLater, until } from "./run.mjs";

// `call` throws where it did not get what it should have.
export function keepCalling(call) {
  const it = { calls: 0, failures: [], running: true };
  const loop = async () => {
    while (it.running) {
      await call().catch((error) => it.failures.push(error));
      it.calls++;
      await sleep(10);
    }
  };
  const ended = loop();
  stopLater(() => {
    it.running = false;
    return ended;
  });
  // Fails unless it is still served, and always was.
  it.check = async () => {
    const before = it.calls;
    await until("a further call of the healthy caller", () => it.calls >= before + 2);
    assert.deepEqual(it.failures, []);
  };
  return it;
}
