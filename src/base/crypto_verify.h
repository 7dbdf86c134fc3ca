/*
 * Signatures of others, verified with their public keys: RSA (PKCS #1 v1.5), ECDSA on
 * P-256, Ed25519. What is public is no secret: nothing here is wiped or takes the same
 * time for all. Signatures made with shared bytes are HMACs (crypto.h).
 *
 * A key may be used by several threads at once. crypto_start() comes first.
 */
#ifndef BASE_CRYPTO_VERIFY_H
#define BASE_CRYPTO_VERIFY_H

#include "base/arena.h"
#include "base/crypto.h"

struct verify_key;

enum verify_alg {
#define X(symbol, name, kind, digest) VERIFY_##symbol,
#include "base/crypto_verify_list.h"
#undef X
    VERIFY_ALG_COUNT
};

/* "RS256", … in enum order, NULL-terminated. */
extern const char *const verify_alg_words[];

/*
 * A key from a SubjectPublicKeyInfo in DER (RFC 5280 §4.1), or of the raw numbers of a
 * JSON Web Key (RFC 7518 §6, RFC 8037 §2). RSA has 2048 to 8192 bits. NULL for anything
 * else: not a key, of another kind or curve, too short or too long.
 */
struct verify_key *verify_key_of_der(str der) MUST_CHECK;
struct verify_key *verify_key_of_rsa(str modulus, str exponent) MUST_CHECK;
struct verify_key *verify_key_of_p256(str x, str y) MUST_CHECK;
struct verify_key *verify_key_of_ed25519(str point) MUST_CHECK; /* 32 bytes */

void verify_key_destroy(struct verify_key **key); /* NULL inside is allowed */

/* Whether the key is of the kind that the algorithm wants. */
bool verify_key_fits(const struct verify_key *key, enum verify_alg alg);

/* Whether the signature is one of the pieces, one behind the other, by this key. False
 * also when the key does not fit. Ed25519 wants what is signed as a whole: the pieces are
 * joined in the arena for as long. */
bool verify_pieces(const struct verify_key *key, enum verify_alg alg, struct arena *arena,
                   const str *pieces, size_t n, str signature) MUST_CHECK;

#endif
