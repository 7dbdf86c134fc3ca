// The way from Breakwater to a server that others wrote, on loopback, on which things go wrong
// as a test says. What passes is passed on as it is.
import { createServer } from "node:http";
import { stopLater } from "./run.mjs";
import { ask } from "./wire.mjs";

// What can happen to a request. `go` takes it to the server and brings the answer; `say`
// answers; `cut` ends the connection. Nothing at all is a server that hangs.
export const mishaps = {
  hang: () => {},
  cut: ({ cut }) => cut(),
  says: (status, body = "", headers = {}) => ({ say }) => say({ status, body, headers }),
  // The server has done it, and:
  answerLost: async ({ go, cut }) => void await go() ?? cut(),
  answerHalf: async ({ go, say }) => say(await go(), { half: true }),
  answerBecomes: (status, body, headers = {}) => async ({ go, say }) => void await go() ?? say({ status, body, headers }),
  answerLacks: (member) => async ({ go, say }) => {
    const { status, headers, json } = await go();
    const { [member]: gone, ...body } = json;
    return say({ status, headers, body: JSON.stringify(body) });
  },
};

const bodyOf = async (request) => (await request.setEncoding("utf8").toArray()).join("");
const ofOneHop = /^(content-length|transfer-encoding|connection|keep-alive|host)$/;
const passedOn = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !ofOneHop.test(name)));

// `url` is the way's, `asked` how many requests have come, `always` what happens to each, and
// `next` what happens to the next ones before.
export async function between(target) {
  const it = { asked: 0, always: undefined, next: [] };
  const server = createServer(async (request, response) => {
    it.asked++;
    const mishap = it.next.shift() ?? it.always ?? (async ({ go, say }) => say(await go()));
    const body = await bodyOf(request);
    const go = () => ask(target + request.url, { method: request.method, headers: { ...passedOn(request.headers), "content-length": Buffer.byteLength(body) }, body });
    const cut = () => request.socket.destroy();
    const say = ({ status, headers, body: all = "", text = all }, { half } = {}) => {
      response.writeHead(status, { ...passedOn(headers), "content-length": Buffer.byteLength(text) });
      if (half) response.write(text.slice(0, text.length / 2), cut);
      else response.end(text);
    };
    await mishap({ go, say, cut });
  });
  const listen = (port) => new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address();
  it.url = `http://127.0.0.1:${port}`;
  it.clear = () => Object.assign(it, { always: undefined, next: [] });
  // Nobody listens, until somebody does again.
  it.shut = () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
  it.open = () => listen(port);
  stopLater(() => server.listening && it.shut());
  return it;
}
