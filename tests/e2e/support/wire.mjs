// Requests on the wire: one through Node's own client, or byte by byte.
import http from "node:http";
import https from "node:https";
import { connect } from "node:net";

// As long as nothing at all comes: whoever never answers is named, instead of the whole file
// running into its limit.
const silenceMax = 150_000;

// One request. What is not told is not sent: no default headers but Host. The answer's
// body is text; `json` parses it.
export function ask(url, { method = "GET", headers = {}, body, agent, ca, signal, host } = {}) {
  const target = new URL(url);
  const module = target.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const request = module.request(target, { method, agent, ca, signal,
      headers: { ...(host ? { host } : {}), ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text,
        raw: response.rawHeaders, trailers: response.trailers, get json() { return JSON.parse(text); } }));
      response.on("error", reject);
      response.on("aborted", () => reject(new Error("the answer was cut")));
    });
    request.on("error", reject);
    request.setTimeout(silenceMax, () => request.destroy(new Error(`${method} ${url}: nothing came`)));
    request.end(body);
  });
}

// An agent that finds every name on this machine, for clients that are told a host name.
export function everywhereHere(options = {}) {
  return new http.Agent({ ...options, lookup: (name, opts, done) =>
    opts.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4) });
}

// A connection to write to by hand; `text` is all that came back.
export function dial(port, host = "127.0.0.1") {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.off("error", reject);
      socket.on("error", (error) => (it.error = error));
      resolve(it);
    });
    const it = { socket, text: "", closed: false, send: (bytes) => socket.write(bytes), close: () => socket.destroy() };
    it.ended = new Promise((done) => socket.on("close", () => { it.closed = true; done(it.text); }));
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => (it.text += chunk));
    socket.on("error", reject);
  });
}

// Sends bytes and takes what comes until the other side closes.
export async function converse(port, bytes) {
  const wire = await dial(port);
  wire.send(bytes);
  const text = await wire.ended;
  return { text, status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0), code: /"code": ?"(\w+)"/.exec(text)?.[1] };
}
