/*
 * The private key's bytes out of a PEM text (RFC 7468), read as leniently as people paste
 * it: line ends missing, or there as the two characters `\n`. What the bytes mean is
 * crypto_sign's. Pure; any thread.
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

#endif
