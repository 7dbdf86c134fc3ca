/*
 * TLS settings, shared by all connections that use them: for listeners (certificate and
 * key, which can be loaded again while connections live) and for vendors (trust, our own
 * certificate). TLS 1.2 and 1.3 only, OpenSSL's default ciphers, HTTP/1.1 by ALPN.
 *
 * A profile is immutable; replacing it affects new connections. Reference-counted; any
 * thread.
 */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "base/arena.h"
#include "base/str.h"

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;
struct tls;
struct tls_pair;

/* For a listener. NULL, with a sentence in *ret_why, when a file cannot be used. */
struct tls *tls_create_server(struct arena *arena, str cert_file, str key_file,
                              str *ret_why);

/*
 * For vendors. `ca_file` adds trust to the system's (absent: the system's alone);
 * `cert_file`/`key_file` is our own certificate where a vendor wants one (absent: none).
 */
struct tls *tls_create_client(struct arena *arena, str ca_file, str cert_file,
                              str key_file, str *ret_why);

/*
 * For vendors that want to see a certificate: the trust of `base`, which is shared, and
 * this certificate (borrowed). NULL, with a static sentence in *ret_why, when it cannot
 * be shown (tls_pair_fault). Takes 0.5 ms and 14 KB.
 */
struct tls *tls_create_shown(struct tls *base, const struct tls_pair *pair,
                             const char **ret_why);

struct tls *tls_ref(struct tls *tls);
void tls_unref(struct tls **tls);

/* The state of one connection; freed by the stream that takes it. */
struct ssl_st *tls_accept(struct tls *tls);

/* `host` is what the certificate must be for and, unless it is an address, the SNI.
 * `session` (may be NULL, borrowed) is an earlier one to resume. */
struct ssl_st *tls_connect(struct tls *tls, str host, struct ssl_session_st *session);

/* Is told when the closure alert of a connection has come. */
struct tls_listener {
    void (*on_end)(struct tls_listener *listener, const struct ssl_st *ssl);
};

/* Gives the trust and the certificate of a client's profile to a context of another
 * library. The session cache, ciphers and ALPN stay the other's. `listener` (may be NULL)
 * must outlive the context. */
void tls_lend(struct tls *tls, struct ssl_ctx_st *ctx, struct tls_listener *listener);

/* Whether the other side has asked for a certificate of ours, in a full handshake. */
bool tls_was_asked(const struct ssl_st *ssl);

/*
 * Why the other side ended the connection over our certificate, as a sentence; NULL: it
 * did not. `error` is OpenSSL's code of an alert that came. RFC 8446 §6.2; such alerts
 * are about the certificate of whoever gets them. One of them, handshake_failure, is
 * about many things: it counts where `asked`. `shown`: there was one to be shown.
 */
const char *tls_refusal(unsigned long error, bool asked, bool shown);

/* Whether there is a certificate to show. */
bool tls_shows_certificate(const struct tls *tls);
bool tls_has_certificate(const struct ssl_st *ssl); /* of one connection */

/* Whether HTTP/2 was agreed on (ALPN). */
bool tls_speaks_h2(const struct ssl_st *ssl);

/* The newest session of a connection for a later one, or NULL; free with
 * tls_session_free. */
struct ssl_session_st *tls_session(struct ssl_st *ssl);
void tls_session_free(struct ssl_session_st *session);

#endif
