/*
 * The bytes of a key or of certificates out of a PEM text (RFC 7468), read as
 * leniently as people paste it: line ends missing, or there as the two characters `\n`,
 * other blocks and words around. What the bytes mean is for crypto_sign and http/tls_pair
 * to say. Pure; any thread.
 */
#ifndef BASE_CRYPTO_PEM_H
#define BASE_CRYPTO_PEM_H

#include "base/arena.h"

/*
 * The DER of the first block whose label ends in "PRIVATE KEY", in the arena, which its
 * owner wipes. False with a static sentence in *ret_why when there is none, when it is
 * encrypted, cut off, or no base64.
 */
bool crypto_pem_private(struct arena *arena, str text, str *ret_der,
                        const char **ret_why);

/* The same of the first block whose label is "PUBLIC KEY": a SubjectPublicKeyInfo. */
bool crypto_pem_public(struct arena *arena, str text, str *ret_der, const char **ret_why);

enum { CRYPTO_PEM_CERTIFICATES_MAX = 10 };

struct crypto_pem_list {
    str ders[CRYPTO_PEM_CERTIFICATES_MAX];
    uint32_t n;
};

/* The DER of each block CERTIFICATE, in their order, in the arena. False with a static
 * sentence when there is none, one is cut off or no base64, or they are too many. */
bool crypto_pem_certificates(struct arena *arena, str text, struct crypto_pem_list *ret,
                             const char **ret_why);

#endif
