// A vendor on loopback that plays a token endpoint and the API behind it: it answers what
// it is told, and keeps what it was asked. Real authorization servers are in oidc.mjs.
import { createServer } from "node:http";
import { stopLater } from "./run.mjs";

const textOf = (body) => (typeof body === "string" ? body : JSON.stringify(body));

function bodyOf(headers, text) {
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/x-www-form-urlencoded")) return { form: Object.fromEntries(new URLSearchParams(text)) };
  return type.startsWith("application/json") ? { json: JSON.parse(text) } : {};
}

// `answers` are given to token requests in turn, the last one ever again: { status, headers,
// body }, body an object or a text; or a function of the request; null: it never answers. What has
// neither is a call of the API, which answers 200.
export async function tokenEndpoint(isToken, answers = []) {
  const it = { exchanges: [], calls: [], answers };
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (data) => (text += data));
    request.on("end", () => {
      const url = new URL(request.url, "http://vendor");
      const one = { method: request.method, path: url.pathname, query: url.search.slice(1), headers: request.headers, text,
        ...bodyOf(request.headers, text) };
      const isExchange = isToken(url.pathname);
      const list = isExchange ? it.exchanges : it.calls;
      list.push(one);
      const planned = isExchange ? it.answers[Math.min(list.length, it.answers.length) - 1] : { body: {} };
      if (!planned) return;
      const { status = 200, headers = { "Content-Type": "application/json" }, body } = typeof planned === "function" ? planned(one) : planned;
      response.writeHead(status, headers);
      response.end(textOf(body));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stopLater(() => server.closeAllConnections() ?? server.close());
  it.url = `http://127.0.0.1:${server.address().port}`;
  return it;
}
