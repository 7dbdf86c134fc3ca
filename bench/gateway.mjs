// The gateway that people write themselves: fastify, @fastify/reply-from, opossum.
// One breaker, a bearer token, an API key check; nothing else. PORT UPSTREAM as arguments.
import { createRequire } from "node:module";

const require = createRequire(new URL("../tests/e2e/package.json", import.meta.url));
const fastify = require("fastify")({ logger: false });
const replyFrom = require("@fastify/reply-from");
const CircuitBreaker = require("opossum");

const [port, upstream] = process.argv.slice(2);
fastify.register(replyFrom, { base: upstream, undici: { connections: 64, connect: { rejectUnauthorized: false } } });

const breaker = new CircuitBreaker(
  (request, reply, path) =>
    new Promise((resolve, reject) => {
      // A caller who leaves, at whatever moment, neither keeps a connection to the upstream
      // nor counts as a failure of it.
      let body;
      reply.raw.once("close", () => {
        body?.destroy?.();
        resolve();
      });
      reply.from(path, {
        rewriteRequestHeaders: (_, headers) => ({ ...headers, authorization: "Bearer token" }),
        onResponse: (_, response, res) => {
          body = res.stream ?? res;
          if (response.raw.destroyed) body.destroy?.();
          else response.send(body);
          resolve();
        },
        onError: (response, error) => {
          response.code(502).send({ code: "upstream" });
          reject(error.error ?? error);
        },
      });
    }),
  { timeout: 30000, errorThresholdPercentage: 50, resetTimeout: 30000 },
);

fastify.all("/proxy/:account/*", (request, reply) => {
  if (request.headers.authorization !== `Bearer ${process.env.KEY}`) {
    reply.code(401).send({ code: "key" });
    return;
  }
  breaker.fire(request, reply, `/${request.params["*"]}`).catch(() => {
    if (!reply.sent) reply.code(503).send({ code: "breaker" });
  });
});

await fastify.listen({ port: Number(port), host: "127.0.0.1" });
console.log("ready");
