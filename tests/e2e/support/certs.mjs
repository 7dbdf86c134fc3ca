// Certificates made by openssl for one run: an authority and what it signs.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./run.mjs";

const here = "DNS:localhost,DNS:*.vendor.test,IP:127.0.0.1";
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

// `ca` is the path of its certificate; `sign` makes another certificate with its key.
export function authority(name = "Test Authority") {
  const dir = folder();
  const at = (file) => join(dir, file);
  const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });
  openssl("req", "-x509", ...newKey, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-days", "2", "-subj", `/CN=${name}`);
  const sign = (cn, { names = here, days = 2 } = {}) => {
    const files = { cert: at(`${cn}.pem`), key: at(`${cn}.key`) };
    openssl("req", ...newKey, "-keyout", files.key, "-out", at("csr"), "-subj", `/CN=${cn}`, "-addext", `subjectAltName=${names}`);
    openssl("x509", "-req", "-in", at("csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial",
      "-days", String(days), "-copy_extensions", "copy", "-out", files.cert);
    return { ...files, cn, options: { cert: readFileSync(files.cert), key: readFileSync(files.key) } };
  };
  return { ca: at("ca.pem"), pem: readFileSync(at("ca.pem")), sign };
}
