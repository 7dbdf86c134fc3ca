#include "base/crypto.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "base/mem.h"

enum { NONCE_BYTES = 12, TAG_BYTES = 16 };

static EVP_MD *sha256;
static EVP_MD *sha1;
static EVP_MD *sha512;
static EVP_MAC *keyed;
static EVP_CIPHER *aes_gcm;

void crypto_start(void)
{
    if (sha256)
        return;
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
    keyed = EVP_MAC_fetch(NULL, "HMAC", NULL);
    aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    CHECK(sha256 && sha1 && sha512 && keyed && aes_gcm);
}

void crypto_random(void *ret, size_t n)
{
    for (char *at = ret; n;) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        CHECK(got > 0);
        at += got;
        n -= (size_t)got;
    }
}

void crypto_sha256(str bytes, uint8_t ret[CRYPTO_SHA256_BYTES])
{
    CHECK(EVP_Digest(bytes.p, bytes.n, ret, NULL, sha256, NULL) == 1);
}

void crypto_sha1(str bytes, uint8_t ret[CRYPTO_SHA1_BYTES])
{
    CHECK(EVP_Digest(bytes.p, bytes.n, ret, NULL, sha1, NULL) == 1);
}

static const unsigned char *u8(str s)
{
    return (const unsigned char *)s.p;
}

static void hmac(const EVP_MD *digest, str key, str bytes, uint8_t *ret)
{
    const char *p = key.n ? key.p : ""; /* OpenSSL refuses NULL as a key */
    CHECK(HMAC(digest, p, (int)key.n, u8(bytes), bytes.n, ret, NULL) != NULL);
}

void crypto_hmac_sha256(str key, str bytes, uint8_t ret[CRYPTO_SHA256_BYTES])
{
    hmac(sha256, key, bytes, ret);
}

void crypto_hmac_sha1(str key, str bytes, uint8_t ret[CRYPTO_SHA1_BYTES])
{
    hmac(sha1, key, bytes, ret);
}

static const EVP_MD *digest_of(enum crypto_hash hash)
{
    CHECK(hash < CRYPTO_HASH_COUNT);
    return hash == CRYPTO_SHA1 ? sha1 : hash == CRYPTO_SHA256 ? sha256 : sha512;
}

size_t crypto_hash_pieces(enum crypto_hash hash, const str *pieces, size_t n,
                          uint8_t ret[CRYPTO_HASH_BYTES_MAX])
{
    unsigned bytes = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CHECK(ctx && EVP_DigestInit_ex2(ctx, digest_of(hash), NULL) == 1);
    for (size_t i = 0; i < n; i++)
        CHECK(EVP_DigestUpdate(ctx, pieces[i].p, pieces[i].n) == 1);
    CHECK(EVP_DigestFinal_ex(ctx, ret, &bytes) == 1);
    EVP_MD_CTX_free(ctx);
    return bytes;
}

size_t crypto_hmac_pieces(enum crypto_hash hash, str key, const str *pieces, size_t n,
                          uint8_t ret[CRYPTO_HASH_BYTES_MAX])
{
    size_t bytes = 0;
    char *name = (char *)(uintptr_t)EVP_MD_get0_name(digest_of(hash));
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end()};
    const unsigned char *p = key.n ? u8(key) : (const unsigned char *)"";
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(keyed);
    CHECK(ctx && EVP_MAC_init(ctx, p, key.n, params) == 1);
    for (size_t i = 0; i < n; i++)
        CHECK(EVP_MAC_update(ctx, u8(pieces[i]), pieces[i].n) == 1);
    CHECK(EVP_MAC_final(ctx, ret, &bytes, CRYPTO_HASH_BYTES_MAX) == 1);
    EVP_MAC_CTX_free(ctx);
    return bytes;
}

void crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], str about, str plain, char *ret)
{
    unsigned char *nonce = (unsigned char *)ret;
    unsigned char *body = nonce + NONCE_BYTES;
    int n = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    CHECK(ctx != NULL);
    crypto_random(nonce, NONCE_BYTES);
    CHECK(EVP_EncryptInit_ex2(ctx, aes_gcm, key, nonce, NULL) == 1);
    CHECK(!about.n || EVP_EncryptUpdate(ctx, NULL, &n, u8(about), (int)about.n) == 1);
    CHECK(!plain.n || EVP_EncryptUpdate(ctx, body, &n, u8(plain), (int)plain.n) == 1);
    CHECK(EVP_EncryptFinal_ex(ctx, body + plain.n, &n) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, body + plain.n) ==
          1);
    EVP_CIPHER_CTX_free(ctx);
}

bool crypto_open(const uint8_t key[CRYPTO_KEY_BYTES], str about, str sealed, char *ret)
{
    if (sealed.n < CRYPTO_SEAL_BYTES)
        return false;
    str body = str_of(sealed.p + NONCE_BYTES, sealed.n - CRYPTO_SEAL_BYTES);
    unsigned char tag[TAG_BYTES];
    int n = 0;
    memcpy(tag, body.p + body.n, TAG_BYTES);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    CHECK(ctx != NULL);
    CHECK(EVP_DecryptInit_ex2(ctx, aes_gcm, key, u8(sealed), NULL) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1);
    unsigned char *out = (unsigned char *)ret;
    bool good = (!about.n || EVP_DecryptUpdate(ctx, NULL, &n, u8(about), (int)about.n)) &&
                (!body.n || EVP_DecryptUpdate(ctx, out, &n, u8(body), (int)body.n)) &&
                EVP_DecryptFinal_ex(ctx, out + body.n, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!good)
        mem_wipe(ret, body.n);
    return good;
}
