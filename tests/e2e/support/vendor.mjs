// Vendors of the tests' own, on raw sockets: for what a simulator that speaks HTTP cannot
// do, and for answers that come when the test says so.
import { createServer } from "node:net";
import { stopLater } from "./run.mjs";

// Calls `answer(socket, path, head)` for each request head that arrives. `open` counts the
// connections; a request's body is taken for the end of its head's text.
export async function rawVendor(answer) {
  const sockets = new Set();
  const server = createServer((socket) => {
    let text = "";
    sockets.add(socket);
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      text += chunk;
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = text.slice(0, end);
      text = "";
      answer(socket, head.split(" ")[1], head);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stopLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, get open() { return sockets.size; } };
}

export const answerOf = (body, more = "") => `HTTP/1.1 200 OK\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

// Holds every request until it is released. `waiting` has the sockets of those that wait.
export async function holdingVendor() {
  const waiting = [];
  const it = await rawVendor((socket) => waiting.push(socket));
  const release = (status = 200) => {
    for (const socket of waiting.splice(0)) socket.write(answerOf("{}").replace("200", status));
  };
  return { url: it.url, waiting, release };
}
