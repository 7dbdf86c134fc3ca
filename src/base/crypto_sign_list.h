/*
 * The signature algorithms of JSON Web Tokens that are made here (RFC 7518 §3.1):
 * X(name, kinds of key that fit, digest, PSS padding).
 */
X(HS256, BYTES, "SHA256", false)
X(RS256, RSA, "SHA256", false)
X(RS384, RSA, "SHA384", false)
X(RS512, RSA, "SHA512", false)
X(PS256, RSA_OR_PSS, "SHA256", true)
X(ES256, P256, "SHA256", false)
