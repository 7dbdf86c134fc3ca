// A vendor that answers as the test says at each moment: `answer(request, response)` may be
// replaced; what was asked for is in `seen`, oldest first.
import { createServer } from "node:http";
import { stopLater } from "./run.mjs";

export async function scriptedVendor(answer) {
  const it = { answer, seen: [] };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      it.seen.push({ method: request.method, url: request.url, headers: request.headers, body });
      it.answer({ ...it.seen.at(-1), path: request.url.split("?")[0] }, response);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stopLater(() => {
    server.closeAllConnections();
    server.close();
  });
  it.url = `http://127.0.0.1:${server.address().port}`;
  it.count = (path) => it.seen.filter(({ url }) => !path || url.split("?")[0] === path).length;
  return it;
}

// An answer of JSON with further headers.
export function json(response, value, headers = {}, status = 200) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers });
  response.end(text);
}
