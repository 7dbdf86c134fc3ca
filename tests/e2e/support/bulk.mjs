// Bodies of gigabytes, made and checked in reused memory, and what a process needs for them.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { stopLater } from "./run.mjs";

export const KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB;
const markEvery = 4 * KiB;
const noise = randomBytes(MiB);

// Every 4 KiB of a body carry their own number, so that nothing can change places.
function fill(piece, from) {
  for (let at = 0; at < piece.length; at += markEvery) piece.writeDoubleLE(from + at, at);
}

function* pieces(bytes) {
  const piece = Buffer.from(noise);
  for (let from = 0; from < bytes; from += MiB) {
    fill(piece, from);
    yield bytes - from < MiB ? piece.subarray(0, bytes - from) : piece;
  }
}

const digests = new Map();

// SHA-256 of the body of so many bytes that `pour` writes.
export function digestOf(bytes) {
  if (!digests.has(bytes)) {
    const hash = createHash("sha256");
    for (const piece of pieces(bytes)) hash.update(piece);
    digests.set(bytes, hash.digest("hex"));
  }
  return digests.get(bytes);
}

// Writes that body, no faster than the other side takes it. `put.bytes` counts.
export async function pour(stream, bytes, put = { bytes: 0 }) {
  for (const piece of pieces(bytes)) {
    const gone = stream.destroyed || !(await taken(stream, piece));
    if (gone) return false;
    put.bytes += piece.length;
  }
  return true;
}

function taken(stream, piece) {
  return new Promise((resolve) => {
    const done = (good) => {
      stream.off("close", onClose);
      resolve(good);
    };
    const onClose = () => done(false);
    stream.on("close", onClose);
    stream.write(piece, (error) => done(!error));
  });
}

// Takes a whole body and tells its length and SHA-256.
export async function drink(stream, got = { bytes: 0 }) {
  const hash = createHash("sha256");
  stream.on("data", (chunk) => {
    got.bytes += chunk.length;
    hash.update(chunk);
  });
  await new Promise((resolve, reject) => {
    stream.on("end", resolve);
    stream.on("error", reject);
    stream.on("aborted", () => reject(new Error("the body was cut")));
  });
  return { bytes: got.bytes, sha256: hash.digest("hex") };
}

// A request whose body and answer are streams.
export function open(url, options) {
  const request = http.request(url, { agent: false, ...options });
  const answer = new Promise((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", reject);
  });
  answer.catch(() => {});
  return { request, answer };
}

// A vendor made of a function (request, response), on a free port.
export async function vendorOf(serve, options = {}) {
  const server = http.createServer({ requestTimeout: 0, ...options }, serve);
  server.on("clientError", (_, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stopLater(() => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  }));
  return { server, url: `http://127.0.0.1:${server.address().port}` };
}

function statusOf(pid, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * KiB;
}

// How much more memory a process held at its peak than before. The peak is the kernel's.
export function watchMemory(pid) {
  const before = statusOf(pid, "VmRSS");
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return { growth: () => statusOf(pid, "VmHWM") - before, before };
}
