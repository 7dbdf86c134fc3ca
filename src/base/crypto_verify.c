/*
 * As in crypto_sign.c, whatever fails empties OpenSSL's queue of complaints, where TLS
 * connections of the same thread would find them.
 */
#include "base/crypto_verify.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "base/crypto_sign.h"
#include "base/mem.h"

enum { VERIFY_KEY_MAGIC = 0x56524659, P256_BYTES = 32, ED25519_BYTES = 32 };

enum key_kind { KEY_NONE, KEY_RSA, KEY_P256, KEY_ED25519 };

struct verify_key {
    uint32_t magic;
    enum key_kind kind;
    EVP_PKEY *pair; /* its public half */
};

static const struct {
    enum key_kind kind;
    const char *digest; /* NULL: it is part of the algorithm */
} algs[] = {
#define X(symbol, name, kind, digest) [VERIFY_##symbol] = {KEY_##kind, digest},
#include "base/crypto_verify_list.h"
#undef X
};

const char *const verify_alg_words[] = {
#define X(symbol, name, kind, digest) name,
#include "base/crypto_verify_list.h"
#undef X
    NULL};

static const unsigned char *u8(str s)
{
    return (const unsigned char *)s.p;
}

/* --- keys --- */

static enum key_kind kind_of(const EVP_PKEY *pair)
{
    char group[32] = "";
    int bits = EVP_PKEY_get_bits(pair);
    if (EVP_PKEY_is_a(pair, "RSA") == 1)
        return bits >= SIGN_RSA_BITS_MIN && bits <= SIGN_RSA_BITS_MAX ? KEY_RSA
                                                                      : KEY_NONE;
    if (EVP_PKEY_is_a(pair, "ED25519") == 1)
        return KEY_ED25519;
    return EVP_PKEY_is_a(pair, "EC") == 1 &&
                   EVP_PKEY_get_group_name(pair, group, sizeof(group), NULL) == 1 &&
                   strcmp(group, "prime256v1") == 0
               ? KEY_P256
               : KEY_NONE;
}

/* Takes the pair, which may be NULL. */
static struct verify_key *key_of(EVP_PKEY *pair)
{
    enum key_kind kind = pair ? kind_of(pair) : KEY_NONE;
    struct verify_key *key = NULL;
    if (kind) {
        key = mem_zalloc(sizeof(*key));
        *key = (struct verify_key){VERIFY_KEY_MAGIC, kind, pair};
    } else {
        EVP_PKEY_free(pair);
    }
    ERR_clear_error();
    return key;
}

struct verify_key *verify_key_of_der(str der)
{
    const unsigned char *p = u8(der);
    EVP_PKEY *pair = der.n && der.n <= SIGN_PEM_BYTES_MAX
                         ? d2i_PUBKEY_ex(NULL, &p, (long)der.n, NULL, NULL)
                         : NULL;
    return key_of(pair);
}

struct verify_key *verify_key_of_ed25519(str point)
{
    return key_of(
        point.n == ED25519_BYTES
            ? EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, u8(point), point.n)
            : NULL);
}

/* Ends the builder. NULL when OpenSSL makes no key of it. */
static EVP_PKEY *pair_of(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *pair = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    CHECK(params && ctx);
    if (EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pair, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pair = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    return pair;
}

struct verify_key *verify_key_of_rsa(str modulus, str exponent)
{
    if (modulus.n == 0 || modulus.n > SIGN_RSA_BITS_MAX / 8 || exponent.n == 0 ||
        exponent.n > 8)
        return NULL;
    BIGNUM *n = BN_bin2bn(u8(modulus), (int)modulus.n, NULL);
    BIGNUM *e = BN_bin2bn(u8(exponent), (int)exponent.n, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    CHECK(n && e && build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
          OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e));
    EVP_PKEY *pair = pair_of("RSA", build);
    BN_free(n);
    BN_free(e);
    return key_of(pair);
}

struct verify_key *verify_key_of_p256(str x, str y)
{
    unsigned char point[1 + 2 * P256_BYTES] = {POINT_CONVERSION_UNCOMPRESSED};
    if (x.n != P256_BYTES || y.n != P256_BYTES)
        return NULL;
    memcpy(point + 1, x.p, P256_BYTES);
    memcpy(point + 1 + P256_BYTES, y.p, P256_BYTES);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    CHECK(build &&
          OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1",
                                          0) &&
          OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                           sizeof(point)));
    return key_of(pair_of("EC", build));
}

void verify_key_destroy(struct verify_key **key)
{
    if (!*key)
        return;
    CHECK_MAGIC(*key, VERIFY_KEY_MAGIC);
    EVP_PKEY_free((*key)->pair);
    (*key)->magic = 0;
    mem_free(*key);
    *key = NULL;
}

bool verify_key_fits(const struct verify_key *key, enum verify_alg alg)
{
    CHECK_MAGIC(key, VERIFY_KEY_MAGIC);
    CHECK(alg < VERIFY_ALG_COUNT);
    return key->kind == algs[alg].kind;
}

/* --- signatures --- */

/* r ‖ s (RFC 7518 §3.4) to DER, as OpenSSL has it; false when it is not 64 bytes. */
static bool to_der(struct arena *arena, str *signature)
{
    if (signature->n != 2 * (size_t)P256_BYTES)
        return false;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(u8(*signature), P256_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(u8(*signature) + P256_BYTES, P256_BYTES, NULL);
    CHECK(pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1);
    int n = i2d_ECDSA_SIG(pair, NULL);
    CHECK(n > 0);
    unsigned char *der = arena_alloc(arena, (size_t)n);
    unsigned char *at = der;
    CHECK(i2d_ECDSA_SIG(pair, &at) == n);
    ECDSA_SIG_free(pair);
    *signature = str_of((char *)der, (size_t)n);
    return true;
}

static bool verify_whole(EVP_MD_CTX *ctx, str whole, str signature)
{
    return EVP_DigestVerify(ctx, u8(signature), signature.n, u8(whole), whole.n) == 1;
}

static bool verify_parts(EVP_MD_CTX *ctx, const str *pieces, size_t n, str signature)
{
    bool good = true;
    for (size_t i = 0; i < n && good; i++)
        good = EVP_DigestVerifyUpdate(ctx, pieces[i].p, pieces[i].n) == 1;
    return good && EVP_DigestVerifyFinal(ctx, u8(signature), signature.n) == 1;
}

bool verify_pieces(const struct verify_key *key, enum verify_alg alg, struct arena *arena,
                   const str *pieces, size_t n, str signature)
{
    if (!verify_key_fits(key, alg) || signature.n == 0 ||
        (alg == VERIFY_ES256 && !to_der(arena, &signature)))
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CHECK(ctx != NULL);
    bool good = EVP_DigestVerifyInit_ex(ctx, NULL, algs[alg].digest, NULL, NULL,
                                        key->pair, NULL) == 1;
    struct arena_mark mark = arena_mark(arena);
    if (good)
        good = algs[alg].digest
                   ? verify_parts(ctx, pieces, n, signature)
                   : verify_whole(ctx, arena_join(arena, pieces, n), signature);
    arena_rewind(arena, mark);
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}
