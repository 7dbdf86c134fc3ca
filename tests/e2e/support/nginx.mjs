// An nginx of the distribution with a configuration of its own.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { folder, freePort, start, until } from "./run.mjs";

const program = ["/usr/sbin/nginx", "nginx"].find((name) => spawnSync(name, ["-v"]).status === 0);
export const noNginx = program ? false : "nginx is not installed";

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true) || socket.destroy());
    socket.on("error", () => resolve(false));
  });
}

// Speaks TLS with `cert` on one port (HTTP/2 and 1.1), serves `locations`; files lie in
// `root`. `asked` are its log's lines: connection, request's number on it, protocol, line.
export async function nginx({ cert, locations }) {
  const dir = folder(), port = await freePort();
  const temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  mkdirSync(join(dir, "root"), { mode: 0o777 });
  writeFileSync(join(dir, "conf"), `
    daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log;
    ${process.getuid() === 0 ? "user root;" : ""}
    events { worker_connections 2000; }
    http {
      log_format e2e '$connection\\t$connection_requests\\t$server_protocol\\t$request';
      access_log ${dir}/access.log e2e; default_type text/plain; client_max_body_size 0;
      keepalive_requests 100000; http2_max_concurrent_streams 200;
      ${temps.map((t) => `${t}_temp_path ${dir}/${t};`).join(" ")}
      root ${dir}/root;
      server {
        listen 127.0.0.1:${port} ssl http2;
        ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate ${cert.cert}; ssl_certificate_key ${cert.key};
        ${locations}
      }
    }`);
  await start(program, ["-p", dir, "-c", join(dir, "conf"), "-e", join(dir, "error.log")]);
  await until("the start of nginx", () => accepts(port));
  const asked = () => readFileSync(join(dir, "access.log"), "utf8").split("\n").filter(Boolean).map((line) => {
    const [connection, number, protocol, request] = line.split("\t");
    return { connection, number: Number(number), protocol, request };
  });
  return { port, url: `https://127.0.0.1:${port}`, root: join(dir, "root"), asked };
}
