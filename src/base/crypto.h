/*
 * The cryptography that Breakwater uses, in one place: digests, keyed digests, sealing,
 * and random bytes. Everything is OpenSSL 3; algorithm objects are fetched once at
 * crypto_start(). Thread-safe after that.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/str.h"

enum {
    CRYPTO_SHA256_BYTES = 32,
    CRYPTO_SHA1_BYTES = 20,
    CRYPTO_KEY_BYTES = 32,      /* AES-256 */
    CRYPTO_SEAL_BYTES = 12 + 16 /* what sealing adds: nonce and tag */
};

/* Once, before any other; ends the process when OpenSSL lacks an algorithm. */
void crypto_start(void);

/* Bytes that nobody can guess, from the system. Ends the process when it has none. */
void crypto_random(void *ret, size_t n);

void crypto_sha256(str bytes, uint8_t ret[CRYPTO_SHA256_BYTES]);
void crypto_hmac_sha256(str key, str bytes, uint8_t ret[CRYPTO_SHA256_BYTES]);

/* For protocols that prescribe SHA-1: OAuth 1.0a, WS-Security. Nothing of ours. */
void crypto_sha1(str bytes, uint8_t ret[CRYPTO_SHA1_BYTES]);
void crypto_hmac_sha1(str key, str bytes, uint8_t ret[CRYPTO_SHA1_BYTES]);

/*
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce in front and the tag behind:
 * `ret` receives plain.n + CRYPTO_SEAL_BYTES bytes. `about` is authenticated, not
 * stored: it binds the sealed bytes to their place. One key seals at most 2^32 times.
 */
void crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], str about, str plain, char *ret);

/* False when the key, `about` or a single bit is wrong. `ret`: sealed.n −
 * CRYPTO_SEAL_BYTES bytes, zeroes when false. */
bool crypto_open(const uint8_t key[CRYPTO_KEY_BYTES], str about, str sealed,
                 char *ret) MUST_CHECK;

#endif
