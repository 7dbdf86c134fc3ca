#include "base/crypto.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sys/random.h>

#include "base/mem.h"

enum { NONCE_BYTES = 12, TAG_BYTES = 16, BLOCK_BYTES_MAX = 128, NONCES = 64 };

static EVP_MD *hashes[CRYPTO_HASH_COUNT];
static EVP_CIPHER *aes_gcm;
static pthread_key_t kept_key;

/* OpenSSL's contexts, a set for each thread: making one costs as much as hashing a
 * kilobyte. Between two operations a cipher's holds the schedule of its last key, in a
 * process that holds the master keys all along; what a hash has is overwritten as it
 * ends. */
struct kept {
    EVP_MD_CTX *hashes[CRYPTO_HASH_COUNT];
    EVP_CIPHER_CTX *seal, *open;
    uint8_t nonces[NONCES][NONCE_BYTES]; /* random; each is given once */
    size_t nonces_left;
};

static _Thread_local struct kept *kept;

static void free_kept(void *arg)
{
    struct kept *gone = arg;
    for (int i = 0; i < CRYPTO_HASH_COUNT; i++)
        EVP_MD_CTX_free(gone->hashes[i]);
    EVP_CIPHER_CTX_free(gone->seal);
    EVP_CIPHER_CTX_free(gone->open);
    mem_free(gone);
    kept = NULL;
}

static struct kept *make_kept(void)
{
    struct kept *made = mem_zalloc(sizeof(*made));
    for (int i = 0; i < CRYPTO_HASH_COUNT; i++) {
        made->hashes[i] = EVP_MD_CTX_new();
        CHECK(made->hashes[i] &&
              EVP_DigestInit_ex2(made->hashes[i], hashes[i], NULL) == 1);
    }
    made->seal = EVP_CIPHER_CTX_new();
    made->open = EVP_CIPHER_CTX_new();
    CHECK(made->seal && EVP_EncryptInit_ex2(made->seal, aes_gcm, NULL, NULL, NULL) == 1);
    CHECK(made->open && EVP_DecryptInit_ex2(made->open, aes_gcm, NULL, NULL, NULL) == 1);
    CHECK(pthread_setspecific(kept_key, made) == 0); /* freed with its thread */
    return kept = made;
}

static struct kept *own(void)
{
    return kept ? kept : make_kept();
}

void crypto_start(void)
{
    if (aes_gcm)
        return;
    hashes[CRYPTO_SHA1] = EVP_MD_fetch(NULL, "SHA1", NULL);
    hashes[CRYPTO_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
    hashes[CRYPTO_SHA512] = EVP_MD_fetch(NULL, "SHA512", NULL);
    for (int i = 0; i < CRYPTO_HASH_COUNT; i++)
        CHECK(hashes[i]);
    aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    CHECK(aes_gcm && pthread_key_create(&kept_key, free_kept) == 0);
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

static const unsigned char *u8(str s)
{
    return (const unsigned char *)s.p;
}

static EVP_MD_CTX *hash_begin(enum crypto_hash hash)
{
    CHECK(hash < CRYPTO_HASH_COUNT);
    EVP_MD_CTX *ctx = own()->hashes[hash];
    CHECK(EVP_DigestInit_ex2(ctx, NULL, NULL) == 1);
    return ctx;
}

static void hash_put(EVP_MD_CTX *ctx, const str *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++)
        CHECK(EVP_DigestUpdate(ctx, pieces[i].p, pieces[i].n) == 1);
}

static size_t hash_end(EVP_MD_CTX *ctx, uint8_t *ret)
{
    unsigned bytes = 0;
    CHECK(EVP_DigestFinal_ex(ctx, ret, &bytes) == 1);
    return bytes;
}

static size_t hash_of(enum crypto_hash hash, const str *pieces, size_t n, uint8_t *ret)
{
    EVP_MD_CTX *ctx = hash_begin(hash);
    hash_put(ctx, pieces, n);
    return hash_end(ctx, ret);
}

void crypto_sha256(str bytes, uint8_t ret[CRYPTO_SHA256_BYTES])
{
    hash_of(CRYPTO_SHA256, &bytes, 1, ret);
}

void crypto_sha1(str bytes, uint8_t ret[CRYPTO_SHA1_BYTES])
{
    hash_of(CRYPTO_SHA1, &bytes, 1, ret);
}

size_t crypto_hash_pieces(enum crypto_hash hash, const str *pieces, size_t n,
                          uint8_t ret[CRYPTO_HASH_BYTES_MAX])
{
    return hash_of(hash, pieces, n, ret);
}

/* --- HMAC, RFC 2104 --- */

/* The key as a block, hashed if it is longer than one. */
static size_t key_block(enum crypto_hash hash, str key, uint8_t ret[BLOCK_BYTES_MAX])
{
    size_t bytes = (size_t)EVP_MD_get_block_size(hashes[hash]);
    memset(ret, 0, BLOCK_BYTES_MAX);
    if (key.n > bytes)
        hash_of(hash, &key, 1, ret);
    else if (key.n)
        memcpy(ret, key.p, key.n);
    return bytes;
}

static EVP_MD_CTX *begin_padded(enum crypto_hash hash, const uint8_t *block, size_t n,
                                uint8_t with)
{
    uint8_t padded[BLOCK_BYTES_MAX];
    for (size_t i = 0; i < n; i++)
        padded[i] = block[i] ^ with;
    EVP_MD_CTX *ctx = hash_begin(hash);
    CHECK(EVP_DigestUpdate(ctx, padded, n) == 1);
    mem_wipe(padded, n);
    return ctx;
}

static size_t hmac_of(enum crypto_hash hash, str key, const str *pieces, size_t n,
                      uint8_t *ret)
{
    CHECK(hash < CRYPTO_HASH_COUNT);
    uint8_t block[BLOCK_BYTES_MAX], inner[CRYPTO_HASH_BYTES_MAX];
    size_t block_n = key_block(hash, key, block);
    EVP_MD_CTX *ctx = begin_padded(hash, block, block_n, 0x36);
    hash_put(ctx, pieces, n);
    size_t bytes = hash_end(ctx, inner);
    ctx = begin_padded(hash, block, block_n, 0x5c);
    CHECK(EVP_DigestUpdate(ctx, inner, bytes) == 1);
    mem_wipe(block, sizeof(block));
    return hash_end(ctx, ret);
}

void crypto_hmac_sha256(str key, str bytes, uint8_t ret[CRYPTO_SHA256_BYTES])
{
    hmac_of(CRYPTO_SHA256, key, &bytes, 1, ret);
}

void crypto_hmac_sha1(str key, str bytes, uint8_t ret[CRYPTO_SHA1_BYTES])
{
    hmac_of(CRYPTO_SHA1, key, &bytes, 1, ret);
}

size_t crypto_hmac_pieces(enum crypto_hash hash, str key, const str *pieces, size_t n,
                          uint8_t ret[CRYPTO_HASH_BYTES_MAX])
{
    return hmac_of(hash, key, pieces, n, ret);
}

/* --- sealing --- */

/* The system is asked for many at once: a call costs as much as sealing a short text. */
static void take_nonce(unsigned char ret[NONCE_BYTES])
{
    struct kept *mine = own();
    if (mine->nonces_left == 0) {
        crypto_random(mine->nonces, sizeof(mine->nonces));
        mine->nonces_left = NONCES;
    }
    memcpy(ret, mine->nonces[--mine->nonces_left], NONCE_BYTES);
}

void crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], str about, str plain, char *ret)
{
    unsigned char *nonce = (unsigned char *)ret;
    unsigned char *body = nonce + NONCE_BYTES;
    int n = 0;
    EVP_CIPHER_CTX *ctx = own()->seal;
    take_nonce(nonce);
    CHECK(EVP_EncryptInit_ex2(ctx, NULL, key, nonce, NULL) == 1);
    CHECK(!about.n || EVP_EncryptUpdate(ctx, NULL, &n, u8(about), (int)about.n) == 1);
    CHECK(!plain.n || EVP_EncryptUpdate(ctx, body, &n, u8(plain), (int)plain.n) == 1);
    CHECK(EVP_EncryptFinal_ex(ctx, body + plain.n, &n) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, body + plain.n) ==
          1);
}

bool crypto_open(const uint8_t key[CRYPTO_KEY_BYTES], str about, str sealed, char *ret)
{
    if (sealed.n < CRYPTO_SEAL_BYTES)
        return false;
    str body = str_of(sealed.p + NONCE_BYTES, sealed.n - CRYPTO_SEAL_BYTES);
    unsigned char tag[TAG_BYTES];
    int n = 0;
    memcpy(tag, body.p + body.n, TAG_BYTES);
    EVP_CIPHER_CTX *ctx = own()->open;
    CHECK(EVP_DecryptInit_ex2(ctx, NULL, key, u8(sealed), NULL) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1);
    unsigned char *out = (unsigned char *)ret;
    bool good = (!about.n || EVP_DecryptUpdate(ctx, NULL, &n, u8(about), (int)about.n)) &&
                (!body.n || EVP_DecryptUpdate(ctx, out, &n, u8(body), (int)body.n)) &&
                EVP_DecryptFinal_ex(ctx, out + body.n, &n) == 1;
    if (!good)
        mem_wipe(ret, body.n);
    return good;
}
