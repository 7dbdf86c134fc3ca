/*
 * Texts are decoded by crypto_pem, which knows how people paste; OpenSSL gets the bytes.
 * It keeps its complaints in a queue of the thread, where TLS connections would find
 * them: whatever is done here empties it.
 */
#include "http/tls_pair.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/crypto_pem.h"
#include "base/mem.h"

enum { TLS_PAIR_MAGIC = 0x544c5350, SCRATCH_BYTES = 512 * 1024 };

struct tls_pair {
    uint32_t magic;
    X509 *leaf;
    STACK_OF(X509) * others; /* in the order of the text */
    EVP_PKEY *key;
};

/* --- reading --- */

static STACK_OF(X509) * read_chain(struct arena *arena, str text, const char **ret_why)
{
    struct crypto_pem_list list;
    STACK_OF(X509) *chain = sk_X509_new_null();
    CHECK(chain != NULL);
    *ret_why =
        "The certificate is longer than 64 KiB; keep the one for the key and those "
        "between it and the authority.";
    bool good = text.n <= TLS_CHAIN_BYTES_MAX &&
                crypto_pem_certificates(arena, text, &list, ret_why);
    for (uint32_t i = 0; good && i < list.n; i++) {
        const unsigned char *p = (const unsigned char *)list.ders[i].p;
        X509 *one = d2i_X509(NULL, &p, (long)list.ders[i].n);
        good = one && p == (const unsigned char *)list.ders[i].p + list.ders[i].n &&
               X509_get0_pubkey(one);
        CHECK(!one || sk_X509_push(chain, one) > 0);
        if (!good)
            *ret_why = "The bytes of a certificate are no X.509 certificate; copy it "
                       "again.";
    }
    if (good)
        return chain;
    sk_X509_pop_free(chain, X509_free);
    return NULL;
}

static EVP_PKEY *read_key(struct arena *arena, str text, const char **ret_why)
{
    str der;
    *ret_why = "The private key is longer than 32 KiB.";
    if (text.n > TLS_KEY_BYTES_MAX || !crypto_pem_private(arena, text, &der, ret_why))
        return NULL;
    const unsigned char *p = (const unsigned char *)der.p;
    EVP_PKEY *key = d2i_AutoPrivateKey_ex(NULL, &p, (long)der.n, NULL, NULL);
    *ret_why = "The private key's bytes are no key of PKCS #8, PKCS #1 or SEC 1; copy it "
               "again.";
    if (!key || EVP_PKEY_get_bits(key) <= TLS_RSA_BITS_MAX)
        return key;
    *ret_why = "The private key is RSA of more than 8192 bits; use a shorter one.";
    EVP_PKEY_free(key);
    return NULL;
}

/* Takes the certificate of the key out of the chain; NULL: none is. */
static X509 *take_leaf(STACK_OF(X509) * chain, const EVP_PKEY *key)
{
    for (int i = 0; i < sk_X509_num(chain); i++)
        if (EVP_PKEY_eq(X509_get0_pubkey(sk_X509_value(chain, i)), key) == 1)
            return sk_X509_delete(chain, i);
    return NULL;
}

static void fill(struct tls_pair *pair, struct arena *arena, const str texts[2],
                 const char **ret_why)
{
    pair->others = read_chain(arena, texts[0], ret_why);
    pair->key = pair->others ? read_key(arena, texts[1], ret_why) : NULL;
    if (!pair->key)
        return;
    pair->leaf = take_leaf(pair->others, pair->key);
    if (!pair->leaf)
        *ret_why = "The private key does not match the certificate: it is another one's.";
}

struct tls_pair *tls_pair_read(str chain, str key, const char **ret_why)
{
    struct arena scratch;
    struct tls_pair *pair = mem_zalloc(sizeof(*pair));
    pair->magic = TLS_PAIR_MAGIC;
    arena_init(&scratch, 16 * 1024, SCRATCH_BYTES);
    fill(pair, &scratch, (const str[2]){chain, key}, ret_why);
    arena_wipe(&scratch);
    arena_fini(&scratch);
    ERR_clear_error();
    if (!pair->leaf)
        tls_pair_destroy(&pair);
    return pair;
}

void tls_pair_destroy(struct tls_pair **pair)
{
    if (!*pair)
        return;
    CHECK_MAGIC(*pair, TLS_PAIR_MAGIC);
    X509_free((*pair)->leaf);
    sk_X509_pop_free((*pair)->others, X509_free);
    EVP_PKEY_free((*pair)->key);
    (*pair)->magic = 0;
    mem_free(*pair);
    *pair = NULL;
}

/* --- asking --- */

/* By its distance from 1970, so that no time zone is asked. */
usec tls_pair_ends(const struct tls_pair *pair)
{
    int days, seconds;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    CHECK_MAGIC(pair, TLS_PAIR_MAGIC);
    CHECK(epoch != NULL);
    bool good =
        ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(pair->leaf)) == 1;
    ASN1_TIME_free(epoch);
    return good ? days * USEC_DAY + seconds * USEC_S : USEC_NEVER;
}

const char *tls_pair_put(const struct tls_pair *pair, SSL_CTX *ctx)
{
    CHECK_MAGIC(pair, TLS_PAIR_MAGIC);
    int put = SSL_CTX_use_cert_and_key(ctx, pair->leaf, pair->key, pair->others, 1);
    ERR_clear_error();
    return put == 1 ? NULL
                    : "The certificate or its key is too weak for TLS, or of a kind that "
                      "TLS cannot use; it wants RSA of at least 2048 bits or EC, signed "
                      "with SHA-256 or better.";
}

/* A key whose private half is damaged has a public one that matches all the same. */
static bool can_sign(EVP_PKEY *key)
{
    unsigned char *signature = NULL;
    size_t n = 0;
    const unsigned char text[] = "anything";
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    char digest[32] = "";
    CHECK(ctx != NULL);
    bool own = EVP_PKEY_get_default_digest_name(key, digest, sizeof(digest)) == 2 &&
               strcmp(digest, "UNDEF") == 0; /* Ed25519 has a digest of its own */
    const char *name = own ? NULL : "SHA256";
    bool good = EVP_DigestSignInit_ex(ctx, NULL, name, NULL, NULL, key, NULL) == 1 &&
                EVP_DigestSign(ctx, NULL, &n, text, sizeof(text)) == 1;
    if (good)
        signature = mem_alloc(n);
    good = good && EVP_DigestSign(ctx, signature, &n, text, sizeof(text)) == 1 &&
           EVP_DigestVerifyInit_ex(ctx, NULL, name, NULL, NULL, key, NULL) == 1 &&
           EVP_DigestVerify(ctx, signature, n, text, sizeof(text)) == 1;
    mem_free(signature);
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

const char *tls_pair_fault(str chain, str key)
{
    const char *why;
    struct tls_pair *pair = tls_pair_read(chain, key, &why);
    if (!pair)
        return why;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    CHECK(ctx != NULL);
    why = tls_pair_put(pair, ctx);
    SSL_CTX_free(ctx);
    if (!why && !can_sign(pair->key))
        why = "The private key is damaged: what it signs is not its own; copy it again.";
    tls_pair_destroy(&pair);
    return why;
}
