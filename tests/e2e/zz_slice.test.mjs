import { createHmac } from "node:crypto";
import { execSync } from "node:child_process";
import { test, after } from "node:test";
import { breakwater, sleep, stopAll } from "/tmp/wt-receive/tests/e2e/support/run.mjs";
after(stopAll);
test("slice", async () => {
  const bw = await breakwater();
  await bw.put({ name: "v", hosts: ["http://127.0.0.1:1"], base_url: "http://127.0.0.1:1", auth: "bearer",
    webhooks: { verify: { scheme: "hmac", signature: "X-Sig", content: "{body}", secret: { context: "hook_secret" } }, id: "/id", type: "/type" } });
  const a = await bw.account("v", { context: { hook_secret: "s3" } });
  const post = async (body, secret = "s3", path = `v/${a.id}`) => {
    const r = await fetch(`${bw.url}/hooks/${path}`, { method: "POST", body, headers: { "x-sig": createHmac("sha256", secret).update(body).digest("hex") } });
    return [r.status, await r.text()];
  };
  console.log(await post(JSON.stringify({ id: "e1", type: "t" })));
  console.log(await post(JSON.stringify({ id: "e1", type: "t" })));
  console.log(await post(JSON.stringify([{ id: "e2", type: "t" }, { type: "u" }])));
  console.log(await post(JSON.stringify({ id: "e1", type: "t" }), "no"));
  console.log(await post("{}", "s3", "v/acc_nope"));
  console.log(await post(JSON.stringify({ id: "big", type: "t", x: "y".repeat(3e6) })));
  await sleep(500);
  console.log(execSync(`python3 -c "import sqlite3,glob;[print(*r) for r in sqlite3.connect(glob.glob('${bw.home}/data/*.db')[0]).execute('select * from hook')]"; ls ${bw.home}/data`).toString());
  console.log((await (await fetch(bw.url + "/metrics")).text()).split("\n").filter((l) => /^breakwater_webh/.test(l)).join("\n"));
});
