/*
 * How a vendor's request proves where it comes from: X(name, what it does). Each is one
 * file, signature_<name>.c, that defines `const struct signature_ops signature_<name>`.
 */
X(hmac, "an HMAC of the content with a shared secret")
X(hash, "a plain digest of content that holds the shared secret")
X(ecdsa, "ECDSA on P-256 with SHA-256, in DER, by the vendor's key")
X(ed25519, "Ed25519, by the vendor's key")
X(jwt, "a JSON Web Token, perhaps with a digest of the request as a claim")
X(token, "no signature: a secret that the request carries as it is")
X(basic, "no signature: user name and password in Authorization: Basic")
X(certificate, "no signature: a client certificate, which TLS has verified")
