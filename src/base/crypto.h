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
    CRYPTO_HASH_BYTES_MAX = 64, /* of any enum crypto_hash */
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

/* Where which digest it is is data. SHA-1 as above: only for what others prescribe. */
enum crypto_hash { CRYPTO_SHA1, CRYPTO_SHA256, CRYPTO_SHA512, CRYPTO_HASH_COUNT };

/* Of pieces one behind the other, which need not be joined. Both answer the digest's
 * length in bytes. */
size_t crypto_hash_pieces(enum crypto_hash hash, const str *pieces, size_t n,
                          uint8_t ret[CRYPTO_HASH_BYTES_MAX]);
size_t crypto_hmac_pieces(enum crypto_hash hash, str key, const str *pieces, size_t n,
                          uint8_t ret[CRYPTO_HASH_BYTES_MAX]);

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
