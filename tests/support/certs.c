#include "tests/support/certs.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"

enum { DAY_S = 24 * 3600 };

static char dir[32];
static const char *const names[] = {"ca",      "other-ca", "good",  "elsewhere",
                                    "expired", "self",     "client"};
static const char hosts[] = "DNS:localhost,DNS:vendor.test,IP:127.0.0.1,IP:::1";

static void remove_all(void)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char file[64];
        snprintf(file, sizeof(file), "%s/%s.pem", dir, names[i]);
        unlink(file);
        snprintf(file, sizeof(file), "%s/%s.key", dir, names[i]);
        unlink(file);
    }
    rmdir(dir);
}

const char *certs_path(const char *file)
{
    static char paths[8][64];
    static unsigned at;
    char *path = paths[at++ % COUNT_OF(paths)];
    snprintf(path, sizeof(paths[0]), "%s/%s", certs_dir(), file);
    return path;
}

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    CHECK(extension && X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void write_pair(const char *name, X509 *cert, EVP_PKEY *key)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/%s.pem", dir, name);
    FILE *file = fopen(path, "w");
    CHECK(file && PEM_write_X509(file, cert) == 1 && fclose(file) == 0);
    snprintf(path, sizeof(path), "%s/%s.key", dir, name);
    file = fopen(path, "w");
    CHECK(file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
          fclose(file) == 0);
}

struct maker {
    X509 *cert;
    EVP_PKEY *key;
};

static struct maker make(const char *name, const struct maker *issuer, const char *alt,
                         long end_s)
{
    static long serial;
    struct maker made = {X509_new(), EVP_EC_gen("P-256")};
    const struct maker *signer = issuer ? issuer : &made;
    X509_NAME *subject = X509_get_subject_name(made.cert);
    X509_set_version(made.cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.cert), -3L * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(made.cert), end_s);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                               -1, -1, 0);
    X509_set_issuer_name(made.cert, X509_get_subject_name(signer->cert));
    X509_set_pubkey(made.cert, made.key);
    extend(made.cert, signer->cert, NID_basic_constraints,
           alt ? "CA:FALSE" : "critical,CA:TRUE");
    if (alt)
        extend(made.cert, signer->cert, NID_subject_alt_name, alt);
    CHECK(X509_sign(made.cert, signer->key, EVP_sha256()) > 0);
    write_pair(name, made.cert, made.key);
    return made;
}

static void drop(struct maker made)
{
    X509_free(made.cert);
    EVP_PKEY_free(made.key);
}

const char *certs_dir(void)
{
    if (dir[0])
        return dir;
    snprintf(dir, sizeof(dir), "/tmp/bw-certs-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    atexit(remove_all);
    struct maker ca = make("ca", NULL, NULL, 30L * DAY_S);
    drop(make("other-ca", NULL, NULL, 30L * DAY_S));
    drop(make("good", &ca, hosts, DAY_S));
    drop(make("elsewhere", &ca, "DNS:elsewhere.test", DAY_S));
    drop(make("expired", &ca, hosts, -1L * DAY_S));
    drop(make("self", NULL, hosts, DAY_S));
    drop(make("client", &ca, "DNS:client.test", DAY_S));
    drop(ca);
    return dir;
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                  const unsigned char *in, unsigned int in_n, void *arg)
{
    const unsigned char *wanted = arg;
    (void)ssl;
    if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_n, wanted,
                              (unsigned)strlen(arg), in, in_n) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *certs_server(const char *name, bool h2, bool ask_client)
{
    static char alpn_h2[] = "\x02h2";
    static char alpn_h1[] = "\x08http/1.1";
    char file[32];
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_alpn_select_cb(ctx, choose, h2 ? alpn_h2 : alpn_h1);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"test", 4);
    snprintf(file, sizeof(file), "%s.pem", name);
    CHECK(SSL_CTX_use_certificate_chain_file(ctx, certs_path(file)) == 1);
    snprintf(file, sizeof(file), "%s.key", name);
    CHECK(SSL_CTX_use_PrivateKey_file(ctx, certs_path(file), SSL_FILETYPE_PEM) == 1);
    if (ask_client) {
        CHECK(SSL_CTX_load_verify_file(ctx, certs_path("ca.pem")) == 1);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return ctx;
}
