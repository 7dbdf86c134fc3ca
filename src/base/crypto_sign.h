/*
 * Signatures with a key of one's own: RSA, ECDSA on P-256, or HMAC with shared bytes, in
 * the forms that JSON Web Signatures have (RFC 7518 §3). Keys come as PEM text, as people
 * paste it; once read there is no way to print one, and no sentence about a key shows any
 * of it.
 *
 * A signature by an RSA key of 2048 bits takes about 0.4 ms, a hundred times what the
 * rest of a request costs; whoever signs the same thing for many requests keeps the
 * result.
 *
 * A key may be used by several threads at once. crypto_start() comes first.
 */
#ifndef BASE_CRYPTO_SIGN_H
#define BASE_CRYPTO_SIGN_H

#include "base/arena.h"
#include "base/crypto.h"

struct sign_key;

enum sign_alg {
#define X(name, kinds, digest, pss) SIGN_##name,
#include "base/crypto_sign_list.h"
#undef X
    SIGN_ALG_COUNT
};

/* "RS256", … in enum order, NULL-terminated; and one of them. */
extern const char *const sign_alg_words[];
str sign_alg_word(enum sign_alg alg);

enum {
    SIGN_RSA_BITS_MIN = 2048, /* RFC 7518 §3.3 */
    SIGN_RSA_BITS_MAX = 8192, /* 12 ms a signature */
    SIGN_PEM_BYTES_MAX = 32 * 1024
};

/*
 * A private key from PEM text: PKCS #8 ("PRIVATE KEY"), PKCS #1 ("RSA PRIVATE KEY") or
 * SEC 1 ("EC PRIVATE KEY"); RSA of 2048 to 8192 bits, or EC on P-256. Line ends may be
 * missing or stand there as the two characters `\n`; other blocks around it (parameters,
 * certificates) are skipped. NULL with a static sentence in *ret_why for anything else.
 */
struct sign_key *sign_key_read(str pem, const char **ret_why) MUST_CHECK;

/* A key for HMAC; the bytes are copied. */
struct sign_key *sign_key_of_bytes(str bytes);

/* Wipes and frees; NULL inside is allowed. */
void sign_key_destroy(struct sign_key **key);

/* Whether the key is of the kind that the algorithm wants. */
bool sign_key_fits(const struct sign_key *key, enum sign_alg alg);

/*
 * The signature, in the arena: of an RSA key as long as its modulus, for ES256 the 64
 * bytes r ‖ s (RFC 7518 §3.4), for HS256 32. False when the key does not fit or, whatever
 * its form, is none that can sign.
 */
bool sign_bytes(const struct sign_key *key, enum sign_alg alg, struct arena *arena,
                str bytes, str *ret_signature) MUST_CHECK;

/* Ed25519 (RFC 8032): a key is 32 bytes that nobody can guess. */
enum { CRYPTO_ED25519_BYTES = 32, CRYPTO_ED25519_SIGN_BYTES = 64 };
void crypto_ed25519_public(const uint8_t seed[CRYPTO_ED25519_BYTES],
                           uint8_t ret[CRYPTO_ED25519_BYTES]);
void crypto_ed25519_sign(const uint8_t seed[CRYPTO_ED25519_BYTES], str bytes,
                         uint8_t ret[CRYPTO_ED25519_SIGN_BYTES]);

#endif
