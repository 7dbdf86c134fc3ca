/* Certificates with their keys, as people paste them. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/encode.h"
#include "http/tls_pair.h"
#include "support/given.h"
#include "tests.h"

#define KEYS "tests/cases/keys/"

static str text_of(struct arena *arena, BIO *bio)
{
    char *p;
    long n = BIO_get_mem_data(bio, &p);
    str text = arena_str(arena, str_of(p, (size_t)n));
    BIO_free(bio);
    return text;
}

static EVP_PKEY *read_key(struct arena *arena, const char *file)
{
    str pem = given_file(arena, file);
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(key);
    return key;
}

/* A certificate for the key of a file, signed by itself, which ends at `ends`. */
static str certificate_for(struct arena *arena, const char *file, const char *ends)
{
    EVP_PKEY *key = read_key(arena, file);
    X509 *made = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    const EVP_MD *digest = EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    assert_true(ASN1_TIME_set_string(X509_getm_notBefore(made), "20200101000000Z"));
    assert_true(ASN1_TIME_set_string(X509_getm_notAfter(made), ends));
    assert_true(X509_set_pubkey(made, key) == 1 && X509_sign(made, key, digest) > 0);
    assert_true(PEM_write_bio_X509(bio, made) == 1);
    X509_free(made);
    EVP_PKEY_free(key);
    return text_of(arena, bio);
}

static str joined(struct arena *arena, str a, str b, str c)
{
    str parts[] = {a, b, c};
    return arena_join(arena, parts, COUNT_OF(parts));
}

/* Each line end becomes this. */
static str with_line_ends(struct arena *arena, str text, const char *end)
{
    str all = STR(""), line;
    while (str_next(&text, '\n', &line))
        all = joined(arena, all, line, str_z(end));
    return all;
}

static const char *const good_keys[] = {"rsa.pem",    "rsa-pkcs1.pem", "rsa-pss.pem",
                                        "ec.pem",     "ec-sec1.pem",   "ec-p384.pem",
                                        "ed25519.pem"};

static str path_of(struct arena *arena, const char *name)
{
    return arena_printf(arena, KEYS "%s", name);
}

static void keys_of_each_kind_can_be_used(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(good_keys); i++) {
        const char *file = arena_z(arena, path_of(arena, good_keys[i]));
        const char *why = tls_pair_fault(certificate_for(arena, file, "20500101000000Z"),
                                         given_file(arena, file));
        if (why)
            fail_msg("%s: %s", file, why);
    }
}

static void it_is_known_when_a_certificate_ends(void **state)
{
    static const struct {
        const char *ends;
        usec wall;
    } rows[] = {{"20500101000000Z", 2524608000 * USEC_S},
                {"20301231235959Z", 1924991999 * USEC_S},
                {"20200102030405Z", 1577934245 * USEC_S},
                {"99991231235959Z", 253402300799 * USEC_S}};
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *why;
        struct tls_pair *pair =
            tls_pair_read(certificate_for(arena, KEYS "ec.pem", rows[i].ends),
                          given_file(arena, KEYS "ec.pem"), &why);
        assert_non_null(pair);
        assert_int_equal(tls_pair_ends(pair), rows[i].wall);
        tls_pair_destroy(&pair);
    }
}

/* What stands around, how lines end, and in which order, is nothing to it. */
static void texts_are_read_as_people_paste_them(void **state)
{
    struct arena *arena = *state;
    str ours = certificate_for(arena, KEYS "ec.pem", "20500101000000Z");
    str other = certificate_for(arena, KEYS "rsa.pem", "20300101000000Z");
    str key = given_file(arena, KEYS "ec.pem");
    str bag = STR("Bag Attributes\n    friendlyName: vendor \xff\nsubject=/CN=test\n");
    const str chains[] = {
        ours,
        joined(arena, bag, ours, bag),
        joined(arena, ours, other, STR("")),
        joined(arena, other, ours, STR("trailing rubbish -----")),
        joined(arena, key, ours, STR("")),
        with_line_ends(arena, ours, "\r\n"),
        with_line_ends(arena, ours, "\\n"),
        with_line_ends(arena, ours, " "),
    };
    const str keys[] = {key, joined(arena, ours, key, STR("")),
                        with_line_ends(arena, key, "\\r\\n"),
                        with_line_ends(arena, key, "")};
    for (size_t i = 0; i < COUNT_OF(chains) * COUNT_OF(keys); i++) {
        const char *why;
        struct tls_pair *pair =
            tls_pair_read(chains[i % COUNT_OF(chains)], keys[i / COUNT_OF(chains)], &why);
        if (!pair)
            fail_msg("chain %zu, key %zu: %s", i % COUNT_OF(chains), i / COUNT_OF(chains),
                     why);
        assert_int_equal(tls_pair_ends(pair), 2524608000 * USEC_S); /* ours */
        tls_pair_destroy(&pair);
    }
}

static void says(str chain, str key, const char *part)
{
    const char *why = tls_pair_fault(chain, key);
    if (!why || !strstr(why, part))
        fail_msg("\"%s\", wanted: %s", why ? why : "(nothing)", part);
    assert_null(strstr(why, "MII")); /* nothing of either text */
    assert_null(strstr(why, "\n"));
}

static str repeated(struct arena *arena, str text, unsigned n)
{
    char *p = arena_bytes(arena, n * text.n);
    for (unsigned i = 0; i < n; i++)
        memcpy(p + i * text.n, text.p, text.n);
    return str_of(p, n * text.n);
}

static void what_cannot_be_shown_is_refused_with_a_reason(void **state)
{
    struct arena *arena = *state;
    str good = certificate_for(arena, KEYS "ec.pem", "20500101000000Z");
    str key = given_file(arena, KEYS "ec.pem");
    str weak = certificate_for(arena, KEYS "rsa-1024.pem", "20500101000000Z");
    says(STR(""), key, "no certificate in the PEM text");
    says(STR("\xff\xfe hello"), key, "no certificate in the PEM text");
    says(key, key, "no certificate in the PEM text");
    says(str_of(good.p, good.n - 30), key, "cut off");
    says(STR("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"), key,
         "not base64");
    says(STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), key,
         "no X.509 certificate");
    says(joined(arena, good, STR("-----BEGIN CERTIFICATE-----\nMIIB\n"),
                STR("-----END CERTIFICATE-----\n")),
         key, "no X.509 certificate");
    says(repeated(arena, good, 11), key, "more than 10 certificates");
    says(repeated(arena, STR("x"), TLS_CHAIN_BYTES_MAX + 1), key, "longer than 64 KiB");
    says(good, STR(""), "not PEM text");
    says(good, good, "no private key, only something public");
    says(good, given_file(arena, KEYS "rsa-encrypted.pem"), "passphrase");
    says(good, given_file(arena, KEYS "rsa-pkcs1-encrypted.pem"), "passphrase");
    says(good, given_file(arena, KEYS "rsa.pem"), "does not match the certificate");
    says(good, given_file(arena, KEYS "ec-p384.pem"), "does not match the certificate");
    says(good, given_file(arena, KEYS "rsa-8200.pem"), "more than 8192 bits");
    says(good, STR("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
         "no key of PKCS #8");
    says(good, repeated(arena, STR("x"), TLS_KEY_BYTES_MAX + 1), "longer than 32 KiB");
    says(weak, given_file(arena, KEYS "rsa-1024.pem"), "too weak");
}

/* The public half of a pasted key is as it was, so that it still matches. */
static void a_damaged_key_is_noticed(void **state)
{
    enum { IN_PRIVATE_HALF = 40 }; /* of the bytes of ec.pem (RFC 5915) */
    struct arena *arena = *state;
    str pem = given_file(arena, KEYS "ec.pem"), der;
    size_t at = str_find_str(pem, STR("KEY-----\n")) + 9;
    str body = str_of(pem.p + at, str_find_str(pem, STR("\n-----END")) - at);
    assert_true(decode_base64(arena, with_line_ends(arena, body, ""), &der));
    ((char *)(uintptr_t)der.p)[IN_PRIVATE_HALF] ^= 1;
    says(certificate_for(arena, KEYS "ec.pem", "20500101000000Z"),
         joined(arena, STR("-----BEGIN PRIVATE KEY-----\n"), encode_base64(arena, der),
                STR("\n-----END PRIVATE KEY-----\n")),
         "damaged");
}

static void ten_certificates_are_not_too_many(void **state)
{
    struct arena *arena = *state;
    str good = certificate_for(arena, KEYS "ec.pem", "20500101000000Z");
    assert_null(
        tls_pair_fault(repeated(arena, good, 10), given_file(arena, KEYS "ec.pem")));
}

int test_tls_pair(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(keys_of_each_kind_can_be_used),
        GIVEN_TEST(it_is_known_when_a_certificate_ends),
        GIVEN_TEST(texts_are_read_as_people_paste_them),
        GIVEN_TEST(what_cannot_be_shown_is_refused_with_a_reason),
        GIVEN_TEST(a_damaged_key_is_noticed),
        GIVEN_TEST(ten_certificates_are_not_too_many),
    };
    return cmocka_run_group_tests_name("tls_pair", tests, NULL, NULL);
}
