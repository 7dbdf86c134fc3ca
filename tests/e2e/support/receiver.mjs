// An endpoint of the product: it takes down what is posted to it, in order, and answers as
// it is told.
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { stopLater } from "./run.mjs";

// `answer` is a status, or a function of what came, which may be asynchronous and answers a
// status or {status, headers, body}, or nothing: then no answer ever comes.
export async function receiver({ answer = 200, host = "127.0.0.1", tls } = {}) {
  const it = { taken: [], answered: [], answer, open: 0, most: 0, connections: 0 };
  const sockets = new Set();
  const take = async (request, response) => {
    const parts = [];
    it.most = Math.max(it.most, ++it.open);
    response.on("close", () => it.open--);
    request.on("error", () => {});
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const one = { id: request.headers["webhook-id"], headers: request.headers, body, path: request.url, at: Date.now() };
    try {
      one.json = JSON.parse(body);
    } catch { /* what it is not, a test sees */ }
    it.taken.push(one);
    const said = typeof it.answer === "function" ? await it.answer(one) : it.answer;
    if (said === undefined) return;
    const { status, headers = {}, body: text = "ok" } = typeof said === "number" ? { status: said } : said;
    response.writeHead(status, headers);
    response.end(text, () => it.answered.push({ id: one.id, status }));
  };
  const safely = (request, response) => take(request, response).catch(() => response.destroy());
  const server = tls ? createHttps(tls, safely) : createHttp(safely);
  server.on("connection", (socket) => {
    sockets.add(socket);
    it.connections++;
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, host, resolve));
  stopLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  it.port = server.address().port;
  it.url = `${tls ? "https" : "http"}://${host}:${it.port}/events`;
  it.types = () => it.taken.map(({ json }) => json.type);
  it.ids = () => it.taken.map(({ id }) => id);
  return it;
}
