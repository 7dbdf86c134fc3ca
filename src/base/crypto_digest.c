#include "base/crypto_digest.h"

#include <openssl/evp.h>

void crypto_digest_init(struct crypto_digest *digest)
{
    digest->state = EVP_MD_CTX_new();
    CHECK(digest->state && EVP_DigestInit_ex(digest->state, EVP_sha256(), NULL) == 1);
}

void crypto_digest_put(struct crypto_digest *digest, str bytes)
{
    CHECK(EVP_DigestUpdate(digest->state, bytes.p, bytes.n) == 1);
}

void crypto_digest_fini(struct crypto_digest *digest, uint8_t ret[CRYPTO_SHA256_BYTES])
{
    if (ret)
        CHECK(EVP_DigestFinal_ex(digest->state, ret, NULL) == 1);
    EVP_MD_CTX_free(digest->state);
    digest->state = NULL;
}
