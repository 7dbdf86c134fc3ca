/*
 * SHA-256 of bytes that come in pieces: bodies that are too large to be held. For bytes
 * that are all there, crypto_sha256 is simpler. Not thread-safe; memory is OpenSSL's and
 * freed by crypto_digest_fini.
 */
#ifndef BASE_CRYPTO_DIGEST_H
#define BASE_CRYPTO_DIGEST_H

#include "base/crypto.h"

struct crypto_digest {
    void *state;
};

void crypto_digest_init(struct crypto_digest *digest);
void crypto_digest_put(struct crypto_digest *digest, str bytes);

/* The digest of all that was put; `ret` may be NULL: it is not wanted any more. */
void crypto_digest_fini(struct crypto_digest *digest, uint8_t ret[CRYPTO_SHA256_BYTES]);

#endif
