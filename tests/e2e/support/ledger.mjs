// A vendor that writes down every write it has ever executed. It can be down, lose its
// answers after the act, wait for `gate` (a promise) before anything, and knows repeats by
// Idempotency-Key if it is told to.
import { createServer } from "node:http";
import { stopLater } from "./run.mjs";

export async function ledger({ keyed = false } = {}) {
  const it = { executed: [], requests: 0, known: new Map(), mode: "up", gate: undefined, status: 503, keyed };
  const sockets = new Set();

  function execute(request, body) {
    const key = request.headers["idempotency-key"];
    if (it.keyed && key && it.known.has(key)) return it.known.get(key);
    const entry = { n: it.executed.length + 1, method: request.method, path: request.url, key, body, headers: request.headers };
    it.executed.push(entry);
    const answer = JSON.stringify({ id: `rec_${entry.n}`, echo: body });
    if (it.keyed && key) it.known.set(key, answer);
    return answer;
  }

  function answer(response, status, text, headers = {}) {
    response.writeHead(status, { "content-type": "application/json", "x-vendor": "ledger", ...headers });
    response.end(text);
  }

  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("error", () => {});
    request.on("end", async () => {
      await it.gate;
      const body = Buffer.concat(parts).toString();
      it.requests++;
      const mode = typeof it.mode === "function" ? it.mode(request, body) : it.mode;
      if (mode === "down") return answer(response, it.status, '{"error":"down"}');
      if (mode === "reset") return request.socket.destroy();
      if (mode === "refuse") return answer(response, 422, '{"error":"no such field"}');
      if (mode === "limit") return answer(response, 429, '{"error":"slow down"}', { "retry-after": "1" });
      if (request.method === "GET" && it.find) return answer(response, 200, JSON.stringify(it.find(request)));
      if (request.method === "GET") return answer(response, 200, '{"id":"x"}');
      const text = execute(request, body);
      if (mode === "lose") return request.socket.destroy();
      if (mode === "broken") return answer(response, 500, '{"error":"after the act"}');
      answer(response, 201, text);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stopLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  it.url = `http://127.0.0.1:${server.address().port}`;
  it.bodies = () => it.executed.map(({ body }) => body);
  return it;
}
