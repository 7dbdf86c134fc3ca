/*
 * The signatures of others that are verified: X(symbol, name, kind of key, digest). Names
 * are those of JSON Web Signatures (RFC 7518 §3.1, RFC 8037 §3.1); ECDSA stands for the
 * same signature as ES256 in DER (RFC 3279 §2.2.3), as most vendors send it.
 */
X(RS256, "RS256", RSA, "SHA256")
X(RS384, "RS384", RSA, "SHA384")
X(RS512, "RS512", RSA, "SHA512")
X(ES256, "ES256", P256, "SHA256")
X(ECDSA, "ECDSA", P256, "SHA256")
X(EDDSA, "EdDSA", ED25519, NULL)
