/*
 * OpenSSL keeps its complaints in a queue of the thread, where TLS connections would find
 * them (SSL_get_error): whatever fails here empties it.
 */
#include "base/crypto_sign.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/crypto_pem.h"
#include "base/mem.h"
#include "base/secret.h"

enum { SIGN_KEY_MAGIC = 0x53474e4b, P256_BYTES = 32, SCRATCH_BYTES = 256 * 1024 };

enum key_kind {
    KEY_BYTES = 1,
    KEY_RSA = 2,
    KEY_PSS = 4, /* RSA that its owner restricted to PSS (RFC 4055) */
    KEY_P256 = 8,
    KEY_RSA_OR_PSS = KEY_RSA | KEY_PSS
};

struct sign_key {
    uint32_t magic;
    enum key_kind kind;
    EVP_PKEY *pair;      /* NULL with BYTES */
    struct secret bytes; /* of BYTES */
};

static const struct {
    unsigned kinds;
    const char *digest;
    bool pss;
} algs[] = {
#define X(name, kinds, digest, pss) [SIGN_##name] = {KEY_##kinds, digest, pss},
#include "base/crypto_sign_list.h"
#undef X
};

const char *const sign_alg_words[] = {
#define X(name, kinds, digest, pss) #name,
#include "base/crypto_sign_list.h"
#undef X
    NULL};

str sign_alg_word(enum sign_alg alg)
{
    CHECK(alg < SIGN_ALG_COUNT);
    return str_z(sign_alg_words[alg]);
}

/* --- keys --- */

static struct sign_key *create_key(enum key_kind kind)
{
    struct sign_key *key = mem_zalloc(sizeof(*key));
    key->magic = SIGN_KEY_MAGIC;
    key->kind = kind;
    return key;
}

struct sign_key *sign_key_of_bytes(str bytes)
{
    struct sign_key *key = create_key(KEY_BYTES);
    secret_init(&key->bytes, bytes);
    return key;
}

void sign_key_destroy(struct sign_key **key)
{
    if (!*key)
        return;
    CHECK_MAGIC(*key, SIGN_KEY_MAGIC);
    EVP_PKEY_free((*key)->pair);
    secret_fini(&(*key)->bytes);
    (*key)->magic = 0;
    mem_free(*key);
    *key = NULL;
}

static bool is_p256(const EVP_PKEY *pair)
{
    char group[32] = "";
    return EVP_PKEY_get_group_name(pair, group, sizeof(group), NULL) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

/* The kind of a key that can be used; 0 with a sentence for others. */
static enum key_kind kind_of(const EVP_PKEY *pair, const char **ret_why)
{
    bool pss = EVP_PKEY_is_a(pair, "RSA-PSS") == 1;
    *ret_why = NULL;
    if (pss || EVP_PKEY_is_a(pair, "RSA") == 1) {
        int bits = EVP_PKEY_get_bits(pair);
        if (bits < SIGN_RSA_BITS_MIN)
            *ret_why = "The private key is RSA of less than 2048 bits, which signatures "
                       "of tokens must not use (RFC 7518 §3.3); make a longer one.";
        else if (bits > SIGN_RSA_BITS_MAX)
            *ret_why =
                "The private key is RSA of more than 8192 bits; use a shorter one.";
        return *ret_why ? 0 : pss ? KEY_PSS : KEY_RSA;
    }
    if (EVP_PKEY_is_a(pair, "EC") == 1 && is_p256(pair))
        return KEY_P256;
    *ret_why = "The private key is neither RSA nor EC on the curve P-256; no signature "
               "that is made here can use it.";
    return 0;
}

static struct sign_key *key_of_der(str der, const char **ret_why)
{
    const unsigned char *p = (const unsigned char *)der.p;
    EVP_PKEY *pair = d2i_AutoPrivateKey_ex(NULL, &p, (long)der.n, NULL, NULL);
    *ret_why = "The private key's bytes are no key of PKCS #8, PKCS #1 or SEC 1; copy it "
               "again.";
    enum key_kind kind = pair ? kind_of(pair, ret_why) : 0;
    struct sign_key *key = kind ? create_key(kind) : NULL;
    if (key)
        key->pair = pair;
    else
        EVP_PKEY_free(pair);
    ERR_clear_error();
    return key;
}

struct sign_key *sign_key_read(str pem, const char **ret_why)
{
    struct arena scratch;
    struct sign_key *key = NULL;
    str der;
    *ret_why = "The private key is longer than 32 KiB.";
    if (pem.n > SIGN_PEM_BYTES_MAX)
        return NULL;
    arena_init(&scratch, 8 * 1024, SCRATCH_BYTES);
    if (crypto_pem_private(&scratch, pem, &der, ret_why))
        key = key_of_der(der, ret_why);
    arena_wipe(&scratch);
    arena_fini(&scratch);
    return key;
}

bool sign_key_fits(const struct sign_key *key, enum sign_alg alg)
{
    CHECK_MAGIC(key, SIGN_KEY_MAGIC);
    CHECK(alg < SIGN_ALG_COUNT);
    return (key->kind & algs[alg].kinds) != 0;
}

/* --- signing --- */

static const unsigned char *u8(str s)
{
    return (const unsigned char *)s.p;
}

static str sign_with_bytes(const struct sign_key *key, struct arena *arena, str bytes)
{
    char *code = arena_bytes(arena, CRYPTO_SHA256_BYTES);
    crypto_hmac_sha256(secret_peek(&key->bytes), bytes, (uint8_t *)code);
    return str_of(code, CRYPTO_SHA256_BYTES);
}

/* The salt is as long as the digest (RFC 7518 §3.5). */
static bool set_pss(EVP_PKEY_CTX *options)
{
    return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* As OpenSSL has it: ECDSA signatures in DER. */
static bool sign_with_pair(const struct sign_key *key, enum sign_alg alg,
                           struct arena *arena, str bytes, str *ret_signature)
{
    EVP_PKEY_CTX *options = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t n = (size_t)EVP_PKEY_get_size(key->pair);
    char *p = arena_bytes(arena, n);
    CHECK(ctx != NULL);
    bool good = EVP_DigestSignInit_ex(ctx, &options, algs[alg].digest, NULL, NULL,
                                      key->pair, NULL) == 1 &&
                (!algs[alg].pss || set_pss(options)) &&
                EVP_DigestSign(ctx, (unsigned char *)p, &n, u8(bytes), bytes.n) == 1;
    EVP_MD_CTX_free(ctx);
    if (good)
        *ret_signature = str_of(p, n);
    return good;
}

/* Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 §2.2.3) to r ‖ s. */
static bool to_raw(struct arena *arena, str *signature)
{
    const unsigned char *der = u8(*signature);
    unsigned char *raw = arena_alloc(arena, 2 * (size_t)P256_BYTES);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)signature->n);
    bool good =
        pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, P256_BYTES) == P256_BYTES &&
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + P256_BYTES, P256_BYTES) == P256_BYTES;
    ECDSA_SIG_free(pair);
    *signature = str_of((char *)raw, 2 * (size_t)P256_BYTES);
    return good;
}

bool sign_bytes(const struct sign_key *key, enum sign_alg alg, struct arena *arena,
                str bytes, str *ret_signature)
{
    str signature;
    if (!sign_key_fits(key, alg))
        return false;
    if (key->kind == KEY_BYTES) {
        *ret_signature = sign_with_bytes(key, arena, bytes);
        return true;
    }
    bool good = sign_with_pair(key, alg, arena, bytes, &signature) &&
                (key->kind != KEY_P256 || to_raw(arena, &signature));
    if (good)
        *ret_signature = signature;
    else
        ERR_clear_error();
    return good;
}

/* --- Ed25519 --- */

static EVP_PKEY *ed25519_of(const uint8_t *seed)
{
    EVP_PKEY *pair =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CRYPTO_ED25519_BYTES);
    CHECK(pair != NULL);
    return pair;
}

void crypto_ed25519_public(const uint8_t seed[CRYPTO_ED25519_BYTES],
                           uint8_t ret[CRYPTO_ED25519_BYTES])
{
    size_t n = CRYPTO_ED25519_BYTES;
    EVP_PKEY *pair = ed25519_of(seed);
    CHECK(EVP_PKEY_get_raw_public_key(pair, ret, &n) == 1 && n == CRYPTO_ED25519_BYTES);
    EVP_PKEY_free(pair);
}

void crypto_ed25519_sign(const uint8_t seed[CRYPTO_ED25519_BYTES], str bytes,
                         uint8_t ret[CRYPTO_ED25519_SIGN_BYTES])
{
    size_t n = CRYPTO_ED25519_SIGN_BYTES;
    EVP_PKEY *pair = ed25519_of(seed);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CHECK(ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pair) == 1 &&
          EVP_DigestSign(ctx, ret, &n, u8(bytes), bytes.n) == 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pair);
}
