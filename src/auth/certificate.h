/*
 * The certificate that an account shows on its connections (mutual TLS): which
 * credentials hold it, and whose. How it is shown is the transports' business.
 *
 * It stands beside the scheme of an auth block, not in its place: a vendor that asks for
 * a certificate usually wants a token as well (docs/decisions/0014).
 *
 * Pure; any thread.
 */
#ifndef AUTH_CERTIFICATE_H
#define AUTH_CERTIFICATE_H

#include "base/err.h"
#include "json/bind.h"

struct auth_field;
struct credentials;

enum auth_certificate {
    AUTH_CERTIFICATE_NONE,
    AUTH_CERTIFICATE_REQUIRED, /* nothing is sent without one */
    AUTH_CERTIFICATE_OPTIONAL  /* shown where there is one */
};

/* The `tls` block of an auth rule; a word alone stands for `certificate`. */
struct auth_tls {
    uint32_t certificate; /* enum auth_certificate */
};

extern const struct bind_table auth_tls_table;

/* The credentials `certificate` and `certificate_key`: PEM texts. */
struct certificate {
    str chain; /* absent: there is none */
    str key;
};

/* A static sentence when one of the two is there without the other; else NULL. */
const char *certificate_half(const struct certificate *certificate);

/* Of one set of credentials (NULL: none are there). ERR_CREDENTIAL_UNUSABLE with a static
 * sentence when only one of the two is there. */
enum err certificate_of(const struct credentials *credentials, struct certificate *ret,
                        const char **ret_why) MUST_CHECK;

/* The account's own, else its app's (NULL: none): but an account with a client_id of its
 * own never goes with the app's. */
enum err certificate_choose(const struct credentials *own, const struct credentials *apps,
                            struct certificate *ret, const char **ret_why) MUST_CHECK;

/* What is said where a certificate is required and there is none. */
#define CERTIFICATE_MISSING                                                              \
    "The integration wants a client certificate on each connection, and neither the "    \
    "account nor its app has one; store the credentials \"certificate\" and "            \
    "\"certificate_key\"."

/* Adds both fields behind the `n` that are there; answers how many there are then. */
uint32_t certificate_fields(const struct auth_tls *tls, bool optional,
                            struct auth_field *fields, uint32_t n);

#endif
