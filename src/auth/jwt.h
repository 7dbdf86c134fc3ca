/*
 * JSON Web Tokens that we sign (RFC 7519, RFC 7515 §3.1): for the grant and the client
 * authentication of RFC 7523, and for vendors that take one as a bearer token. Nothing is
 * verified here.
 *
 * Pure: the time is an argument. An RSA signature takes about 0.4 ms of a worker's time,
 * so whoever needs the same token for many requests keeps it until shortly before its
 * `exp`; a token that is sent once (a jti) cannot be kept.
 */
#ifndef AUTH_JWT_H
#define AUTH_JWT_H

#include "base/crypto_sign.h"
#include "base/usec.h"
#include "json/json.h"

/* Absent texts and NULL are left out. */
struct jwt {
    enum sign_alg alg;
    str typ;                   /* "JWT" */
    str kid;                   /* which of the signer's keys */
    const struct json *header; /* OBJECT: further members, merged (RFC 7386); not `alg` */
    const struct json *claims; /* OBJECT */
};

/* The token in its compact form, in the arena, which its owner wipes. False when the key
 * does not fit the algorithm or cannot sign, or when header or claims pass 64 KiB. */
bool jwt_make(const struct jwt *jwt, const struct sign_key *key, struct arena *arena,
              str *ret_token) MUST_CHECK;

/* The registered claims (RFC 7519 §4.1) that most vendors ask for. */
struct jwt_claims {
    str iss, sub, aud, jti; /* absent: left out */
    usec wall;              /* now */
    usec lifetime;          /* `exp` is so much later */
    usec early; /* `iat` is so much earlier, for vendors whose clock is slow */
    const struct json *more; /* OBJECT or NULL: merged in; null leaves one out */
};

/* Times in whole seconds. Texts are borrowed. */
struct json jwt_claims_of(const struct jwt_claims *claims, struct arena *arena);

#endif
