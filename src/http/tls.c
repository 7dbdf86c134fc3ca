#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "http/tls_pair.h"
#include "http/url.h"

struct tls {
    atomic_uint refs;
    SSL_CTX *ctx;
};

static str last_error(struct arena *arena, const char *what, str file)
{
    char text[256] = "unknown reason";
    unsigned long code = ERR_get_error();
    if (code)
        ERR_error_string_n(code, text, sizeof(text));
    ERR_clear_error();
    return arena_printf(arena, "%s %.*s cannot be used: %s", what, STR_A(file), text);
}

static const unsigned char alpn_http11[] = "\x08http/1.1";

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                       const unsigned char *in, unsigned int in_n, void *arg)
{
    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_n, alpn_http11,
                              sizeof(alpn_http11) - 1, in,
                              in_n) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    return SSL_TLSEXT_ERR_OK;
}

static struct tls *create(const SSL_METHOD *method)
{
    struct tls *tls = mem_zalloc(sizeof(*tls));
    tls->refs = 1;
    tls->ctx = SSL_CTX_new(method);
    CHECK(tls->ctx != NULL);
    SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION);
    SSL_CTX_set_mode(tls->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                   SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(tls->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_read_ahead(tls->ctx, 1);
    return tls;
}

static bool load_pair(struct tls *tls, struct arena *arena, str cert_file, str key_file,
                      str *ret_why)
{
    if (SSL_CTX_use_certificate_chain_file(tls->ctx, arena_z(arena, cert_file)) != 1) {
        *ret_why = last_error(arena, "the certificate", cert_file);
        return false;
    }
    if (SSL_CTX_use_PrivateKey_file(tls->ctx, arena_z(arena, key_file),
                                    SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls->ctx) != 1) {
        *ret_why = last_error(arena, "the private key", key_file);
        return false;
    }
    return true;
}

struct tls *tls_create_server(struct arena *arena, str cert_file, str key_file,
                              str *ret_why)
{
    struct tls *tls = create(TLS_server_method());
    SSL_CTX_set_alpn_select_cb(tls->ctx, choose_alpn, NULL);
    if (!load_pair(tls, arena, cert_file, key_file, ret_why))
        tls_unref(&tls);
    return tls;
}

static bool load_trust(struct tls *tls, struct arena *arena, str ca_file, str *ret_why)
{
    SSL_CTX_set_default_verify_paths(tls->ctx);
    if (str_absent(ca_file) ||
        SSL_CTX_load_verify_file(tls->ctx, arena_z(arena, ca_file)) == 1)
        return true;
    *ret_why = last_error(arena, "the CA file", ca_file);
    return false;
}

static pthread_once_t reserved = PTHREAD_ONCE_INIT;
static int listener_index; /* of a context: who is told of its ends */
static int asked_index;    /* of a connection: not NULL when a certificate was wanted */

static void reserve_indexes(void)
{
    listener_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    asked_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    CHECK(listener_index >= 0 && asked_index >= 0);
}

/* OpenSSL asks for a certificate only when the server has. */
static int note_asked(SSL *ssl, void *arg)
{
    (void)arg;
    return SSL_set_ex_data(ssl, asked_index, ssl);
}

static struct tls *create_client(void)
{
    struct tls *tls = create(TLS_client_method());
    CHECK(pthread_once(&reserved, reserve_indexes) == 0);
    SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_CLIENT |
                                                 SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_set_cert_cb(tls->ctx, note_asked, NULL);
    CHECK(SSL_CTX_set_alpn_protos(tls->ctx, alpn_http11, sizeof(alpn_http11) - 1) == 0);
    return tls;
}

struct tls *tls_create_client(struct arena *arena, str ca_file, str cert_file,
                              str key_file, str *ret_why)
{
    struct tls *tls = create_client();
    bool good = load_trust(tls, arena, ca_file, ret_why);
    if (good && !str_absent(cert_file))
        good = load_pair(tls, arena, cert_file, key_file, ret_why);
    if (!good)
        tls_unref(&tls);
    return tls;
}

struct tls *tls_create_shown(struct tls *base, const struct tls_pair *pair,
                             const char **ret_why)
{
    struct tls *tls = create_client();
    SSL_CTX_set1_cert_store(tls->ctx, SSL_CTX_get_cert_store(base->ctx));
    *ret_why = tls_pair_put(pair, tls->ctx);
    if (*ret_why)
        tls_unref(&tls);
    return tls;
}

struct tls *tls_ref(struct tls *tls)
{
    atomic_fetch_add_explicit(&tls->refs, 1, memory_order_relaxed);
    return tls;
}

void tls_unref(struct tls **tls)
{
    if (!*tls)
        return;
    if (atomic_fetch_sub_explicit(&(*tls)->refs, 1, memory_order_acq_rel) == 1) {
        SSL_CTX_free((*tls)->ctx);
        mem_free(*tls);
    }
    *tls = NULL;
}

SSL *tls_accept(struct tls *tls)
{
    SSL *ssl = SSL_new(tls->ctx);
    CHECK(ssl != NULL);
    SSL_set_accept_state(ssl);
    return ssl;
}

SSL *tls_connect(struct tls *tls, str host, SSL_SESSION *session)
{
    char name[256];
    SSL *ssl = SSL_new(tls->ctx);
    CHECK(ssl != NULL && host.n < sizeof(name));

    memcpy(name, host.p, host.n);
    name[host.n] = 0;
    SSL_set_connect_state(ssl);
    if (url_host_is_address(host)) {
        CHECK(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1);
    } else {
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        CHECK(SSL_set1_host(ssl, name) == 1);
        CHECK(SSL_set_tlsext_host_name(ssl, name) == 1);
    }
    if (session)
        SSL_set_session(ssl, session);
    return ssl;
}

static void on_info(const SSL *ssl, int where, int alert)
{
    if (!(where & SSL_CB_READ) || !(where & SSL_CB_ALERT) ||
        (alert & 0xff) != SSL_AD_CLOSE_NOTIFY)
        return;
    struct tls_listener *listener =
        SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), listener_index);
    listener->on_end(listener, ssl);
}

void tls_lend(struct tls *tls, SSL_CTX *ctx, struct tls_listener *listener)
{
    STACK_OF(X509) *chain = NULL;
    SSL_CTX_set1_cert_store(ctx, SSL_CTX_get_cert_store(tls->ctx));
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    if (listener) {
        CHECK(SSL_CTX_set_ex_data(ctx, listener_index, listener) == 1);
        SSL_CTX_set_info_callback(ctx, on_info);
    }
    if (!SSL_CTX_get0_certificate(tls->ctx))
        return;
    SSL_CTX_get0_chain_certs(tls->ctx, &chain);
    CHECK(SSL_CTX_use_cert_and_key(ctx, SSL_CTX_get0_certificate(tls->ctx),
                                   SSL_CTX_get0_privatekey(tls->ctx), chain, 1) == 1);
}

/* --- our certificate, as the other side sees it --- */

bool tls_was_asked(const SSL *ssl)
{
    return SSL_get_ex_data(ssl, asked_index) != NULL;
}

bool tls_shows_certificate(const struct tls *tls)
{
    return SSL_CTX_get0_certificate(tls->ctx) != NULL;
}

bool tls_has_certificate(const SSL *ssl)
{
    return SSL_get_certificate(ssl) != NULL;
}

static const struct {
    int alert;
    const char *sentence;
} refusals[] = {
    {SSL_AD_BAD_CERTIFICATE,
     "the vendor refused the client certificate: it finds it broken or wrongly signed"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE,
     "the vendor refused the client certificate: it does not take this kind"},
    {SSL_AD_CERTIFICATE_REVOKED,
     "the vendor refused the client certificate: it has been revoked"},
    {SSL_AD_CERTIFICATE_EXPIRED,
     "the vendor refused the client certificate: its time is over"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "the vendor refused the client certificate"},
    {SSL_AD_UNKNOWN_CA, "the vendor refused the client certificate: it does not know the "
                        "authority that signed it"},
    {SSL_AD_ACCESS_DENIED,
     "the vendor refused the client certificate: its holder is not let in"},
    {SSL_AD_HANDSHAKE_FAILURE, "the vendor refused the client certificate, or what TLS "
                               "was offered with it"},
    {SSL_AD_CERTIFICATE_REQUIRED, "the vendor refused the client certificate: what it "
                                  "got is none that it takes"},
};

const char *tls_refusal(unsigned long error, bool asked, bool shown)
{
    int alert = ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET;
    if (ERR_GET_LIB(error) != ERR_LIB_SSL ||
        (alert == SSL_AD_HANDSHAKE_FAILURE && !asked))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        if (refusals[i].alert == alert)
            return shown ? refusals[i].sentence
                         : "the vendor wants a client certificate, and none was shown";
    return NULL;
}

bool tls_speaks_h2(const SSL *ssl)
{
    const unsigned char *name = NULL;
    unsigned n = 0;
    SSL_get0_alpn_selected(ssl, &name, &n);
    return str_eq(str_of((const char *)name, n), STR("h2"));
}

SSL_SESSION *tls_session(SSL *ssl)
{
    SSL_SESSION *session = SSL_get1_session(ssl);
    if (session && !SSL_SESSION_is_resumable(session)) {
        SSL_SESSION_free(session);
        return NULL;
    }
    return session;
}

void tls_session_free(SSL_SESSION *session)
{
    SSL_SESSION_free(session);
}
