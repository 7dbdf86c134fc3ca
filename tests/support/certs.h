/*
 * Certificates made for one run of a test program: an authority of its own and what it
 * has signed, as PEM files in a temporary directory.
 *
 *   ca.pem        the authority          other-ca.pem   another, which signed nothing
 *   good.pem      localhost, 127.0.0.1, ::1, vendor.test
 *   elsewhere.pem elsewhere.test only    expired.pem    good, but over since yesterday
 *   self.pem      signed by itself       client.pem     for a client
 *
 * The key of x.pem is x.key.
 */
#ifndef SUPPORT_CERTS_H
#define SUPPORT_CERTS_H

#include <stdbool.h>

/* Makes them on the first call; they go when the process exits. */
const char *certs_dir(void);

/* The path of a file there, in one of a few static buffers. */
const char *certs_path(const char *file);

/* An OpenSSL context for a test's server with x.pem; ALPN says h2 if `h2`, else
 * http/1.1. `ask_client`: only clients with a certificate of the authority. */
struct ssl_ctx_st;
struct ssl_ctx_st *certs_server(const char *name, bool h2, bool ask_client);

#endif
