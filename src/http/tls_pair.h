/*
 * A certificate with its chain and its private key, out of PEM text as people paste it:
 * what a client shows to a server that asks for one (mutual TLS). Whether it may be shown
 * to whom is not decided here, nor whether a server would believe it.
 *
 * Immutable; any thread. No sentence shows any of the key.
 */
#ifndef HTTP_TLS_PAIR_H
#define HTTP_TLS_PAIR_H

#include "base/check.h"
#include "base/str.h"
#include "base/usec.h"

struct ssl_ctx_st;
struct tls_pair;

enum {
    TLS_CHAIN_BYTES_MAX = 64 * 1024,
    TLS_KEY_BYTES_MAX = 32 * 1024,
    TLS_RSA_BITS_MAX = 8192 /* 12 ms a handshake, on the worker */
};

/*
 * `chain` has the certificate and up to nine between it and its authority; the one that
 * the key belongs to is found wherever it stands. `key` is PKCS #8, PKCS #1 or SEC 1
 * without a passphrase, of any kind that TLS can use. Whatever else stands in either text
 * is skipped. NULL with a static sentence in *ret_why.
 */
struct tls_pair *tls_pair_read(str chain, str key, const char **ret_why) MUST_CHECK;

/* Wipes and frees; NULL inside is allowed. */
void tls_pair_destroy(struct tls_pair **pair);

/* When the certificate ends (notAfter), wall time; USEC_NEVER: it does not say. */
usec tls_pair_ends(const struct tls_pair *pair);

/* Puts it into a context. NULL, or a static sentence: OpenSSL's security level finds it
 * too weak. */
const char *tls_pair_put(const struct tls_pair *pair, struct ssl_ctx_st *ctx);

/* Whether the two texts can be used: NULL, or a static sentence. Signs something to see
 * that the key is whole, which takes 15 ms with the longest: for when they are stored. */
const char *tls_pair_fault(str chain, str key);

#endif
