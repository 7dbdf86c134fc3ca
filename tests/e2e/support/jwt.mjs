// JSON Web Tokens (RFC 7519) by Node's own cryptography: keys, what is signed with them.
import { constants, createPublicKey, generateKeyPairSync, randomUUID, sign } from "node:crypto";

const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const pairs = {
  RS256: rsa,
  PS256: rsa,
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
};

// `pem` is the private key as a product is given it, `jwk` the public one as a server is.
export function signingKey(alg, kid = `${alg}-${randomUUID().slice(0, 8)}`) {
  const { privateKey } = pairs[alg]();
  const jwk = { ...createPublicKey(privateKey).export({ format: "jwk" }), kid, alg, use: "sig" };
  return { alg, kid, privateKey, jwk, pem: privateKey.export({ type: "pkcs8", format: "pem" }) };
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export function makeJwt({ alg, kid, privateKey }, claims, header = {}) {
  const text = `${part({ alg, kid, typ: "JWT", ...header })}.${part(claims)}`;
  const padding = alg === "PS256" && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363", ...padding });
  return `${text}.${signature.toString("base64url")}`;
}

// An assertion as RFC 7523 wants it: for a minute, with an id of its own.
export function assertion(key, claims) {
  const now = Math.floor(Date.now() / 1000);
  return makeJwt(key, { iat: now, exp: now + 60, jti: randomUUID(), ...claims });
}

export function readJwt(token) {
  const [header, claims] = token.split(".").slice(0, 2).map((text) => text && JSON.parse(Buffer.from(text, "base64url")));
  return { header, claims };
}
