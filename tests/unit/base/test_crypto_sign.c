/*
 * tests/cases/keys: rsa… and ec… hold the keys of RFC 7515's examples A.2 and A.3, the
 * others were made for these tests.
 */
#include "base/crypto_sign.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/encode.h"
#include "base/mem.h"
#include "support/given.h"
#include "tests.h"

#define KEYS "tests/cases/keys/"

/* RFC 7515 A.2.1: what is signed there. */
#define INPUT                                                                            \
    STR("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6"  \
        "Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ")

static int setup(void **state)
{
    crypto_start();
    return given_arena(state);
}

static struct sign_key *key_of_text(str text)
{
    const char *why = NULL;
    struct sign_key *key = sign_key_read(text, &why);
    if (!key)
        fail_msg("%s", why);
    return key;
}

static struct sign_key *key_of(struct arena *arena, const char *file)
{
    return key_of_text(given_file(arena, file));
}

static str signed_with(struct arena *arena, const char *file, enum sign_alg alg)
{
    str signature;
    struct sign_key *key = key_of(arena, file);
    assert_true(sign_bytes(key, alg, arena, INPUT, &signature));
    sign_key_destroy(&key);
    assert_null(key);
    sign_key_destroy(&key);
    return signature;
}

static str digest_hex(struct arena *arena, str bytes)
{
    char digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(bytes, (uint8_t *)digest);
    return encode_hex(arena, str_of(digest, sizeof(digest)));
}

/* RFC 7515 A.1 and A.2. */
static void known_signatures_are_made(void **state)
{
    struct arena *arena = *state;
    str bytes, signature;
    assert_true(decode_base64(
        arena,
        STR("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwj"
            "AzZr1Z9CAow"),
        &bytes));
    struct sign_key *key = sign_key_of_bytes(bytes);
    assert_true(
        sign_bytes(key, SIGN_HS256, arena,
                   STR("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2Ui"
                       "LA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS"
                       "9pc19yb290Ijp0cnVlfQ"),
                   &signature));
    sign_key_destroy(&key);
    given_same("HS256", encode_base64url(arena, signature),
               "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    given_same(
        "RS256", encode_base64url(arena, signed_with(arena, KEYS "rsa.pem", SIGN_RS256)),
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF"
        "5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK"
        "5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqt"
        "FZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
        "p0igcN_IoypGlUPQGe77Rw");
}

/* The digests of what another program signed. */
static void longer_digests_are_signed_too(void **state)
{
    struct arena *arena = *state;
    given_same("RS384", digest_hex(arena, signed_with(arena, KEYS "rsa.pem", SIGN_RS384)),
               "62a12bde9973b1e1ca65fd21c05b671332069f135e57201499f202956bc92e38");
    given_same("RS512", digest_hex(arena, signed_with(arena, KEYS "rsa.pem", SIGN_RS512)),
               "156f72192d7a38eb8fab91554064a602bc0726e523844058e3e28ed1ccb33934");
}

/* OpenSSL's own look at a signature. */
static bool is_good(struct arena *arena, const char *file, bool pss, str signature)
{
    str pem = given_file(arena, file);
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *pair = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    EVP_PKEY_CTX *options;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_non_null(pair);
    assert_int_equal(
        EVP_DigestVerifyInit_ex(ctx, &options, "SHA256", NULL, NULL, pair, NULL), 1);
    if (pss) {
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
    }
    bool good = EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n,
                                 (const unsigned char *)INPUT.p, INPUT.n) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pair);
    BIO_free(bio);
    return good;
}

static void pss_signatures_hold(void **state)
{
    static const char *const files[] = {KEYS "rsa.pem", KEYS "rsa-pss.pem"};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        str signature = signed_with(*state, files[i], SIGN_PS256);
        assert_int_equal(signature.n, 256);
        assert_true(is_good(*state, files[i], true, signature));
        ((char *)signature.p)[9] ^= 1;
        assert_false(is_good(*state, files[i], true, signature));
    }
}

/* INTEGER of DER (X.690 §8.3): without leading zeroes, one before a high bit. */
static str der_integer(struct arena *arena, str raw)
{
    while (raw.n > 1 && raw.p[0] == 0)
        raw = str_from(raw, 1);
    bool high = (raw.p[0] & 0x80) != 0;
    char head[] = {2, (char)(raw.n + high), 0};
    str parts[] = {str_of(head, high ? 3 : 2), raw};
    return arena_join(arena, parts, 2);
}

/* Often enough to meet numbers with a leading zero, one in 128 signatures. */
static void ecdsa_signatures_are_raw(void **state)
{
    struct arena *arena = *state;
    for (int i = 0; i < 400; i++) {
        str raw = signed_with(arena, KEYS "ec.pem", SIGN_ES256);
        assert_int_equal(raw.n, 64);
        str parts[] = {STR_NONE, der_integer(arena, str_of(raw.p, 32)),
                       der_integer(arena, str_from(raw, 32))};
        char head[] = {0x30, (char)(parts[1].n + parts[2].n)};
        parts[0] = str_of(head, 2);
        assert_true(is_good(arena, KEYS "ec.pem", false, arena_join(arena, parts, 3)));
        arena_reset(arena);
    }
}

static void every_form_of_a_key_is_the_same_key(void **state)
{
    struct arena *arena = *state;
    str same = signed_with(arena, KEYS "rsa.pem", SIGN_RS256);
    assert_str(signed_with(arena, KEYS "rsa-pkcs1.pem", SIGN_RS256), same);
    assert_true(signed_with(arena, KEYS "ec-sec1.pem", SIGN_ES256).n == 64);
}

/* The text with each line end replaced. */
static str with_line_ends(struct arena *arena, str text, const char *end)
{
    str line, all = STR("");
    while (str_next(&text, '\n', &line)) {
        str parts[] = {all, line, str_absent(text) ? STR("") : str_z(end)};
        all = arena_join(arena, parts, COUNT_OF(parts));
    }
    return all;
}

static void keys_are_read_as_people_paste_them(void **state)
{
    struct arena *arena = *state;
    static const char *const ends[] = {"\r\n", " ", "", "\\n", "\\r\\n", "\\\\n", "\n\n"};
    static const char *const files[] = {KEYS "rsa.pem", KEYS "rsa-pkcs1.pem",
                                        KEYS "ec.pem", KEYS "ec-sec1.pem"};
    for (size_t i = 0; i < COUNT_OF(ends) * COUNT_OF(files); i++) {
        str pem = given_file(arena, files[i / COUNT_OF(ends)]);
        str parts[] = {STR("  \"note: mine\n"),
                       with_line_ends(arena, pem, ends[i % COUNT_OF(ends)]),
                       STR("\"\n-----BEGIN CERTIFICATE-----\nAAAA\n")};
        struct sign_key *key = key_of_text(arena_join(arena, parts, COUNT_OF(parts)));
        sign_key_destroy(&key);
    }
}

static void algorithms_fit_their_kind_of_key(void **state)
{
    static const struct {
        const char *file; /* NULL: bytes */
        const char *algs;
    } rows[] = {{NULL, "HS256 "},
                {KEYS "rsa.pem", "RS256 RS384 RS512 PS256 "},
                {KEYS "rsa-pss.pem", "PS256 "},
                {KEYS "ec.pem", "ES256 "}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sign_key *key =
            rows[i].file ? key_of(*state, rows[i].file) : sign_key_of_bytes(STR("k"));
        str fitting = STR("");
        for (unsigned alg = 0; alg < SIGN_ALG_COUNT; alg++) {
            str signature = STR("kept");
            bool fits = sign_key_fits(key, (enum sign_alg)alg);
            assert_int_equal(
                sign_bytes(key, (enum sign_alg)alg, *state, INPUT, &signature), fits);
            assert_int_equal(str_eq(signature, STR("kept")), !fits);
            str parts[] = {fitting, sign_alg_word((enum sign_alg)alg), STR(" ")};
            fitting = fits ? arena_join(*state, parts, COUNT_OF(parts)) : fitting;
        }
        given_same(rows[i].file, fitting, rows[i].algs);
        sign_key_destroy(&key);
    }
}

static void says(str pem, const char *part)
{
    const char *why = NULL;
    struct sign_key *key = sign_key_read(pem, &why);
    assert_null(key);
    if (!why || !strstr(why, part))
        fail_msg("\"%s\", wanted: %s", why ? why : "(nothing)", part);
    assert_null(strstr(why, "MII"));
}

static void keys_that_cannot_sign_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *file;
        const char *part;
    } rows[] = {
        {KEYS "rsa-1024.pem", "less than 2048 bits"},
        {KEYS "rsa-8200.pem", "more than 8192 bits"},
        {KEYS "ec-p384.pem", "neither RSA nor EC on the curve P-256"},
        {KEYS "ed25519.pem", "neither RSA nor EC on the curve P-256"},
        {KEYS "rsa-encrypted.pem", "encrypted with a passphrase"},
        {KEYS "rsa-pkcs1-encrypted.pem", "encrypted with a passphrase"},
        {KEYS "rsa-public.pem", "no private key, only something public"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        says(given_file(*state, rows[i].file), rows[i].part);
}

static void texts_that_are_no_key_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *text;
        const char *part;
    } rows[] = {
        {"", "no line that begins with"},
        {"MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQ", "no line that begins"},
        {"-----BEGIN PRIVATE KEY-----", "cut off"},
        {"-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkqhkiG", "cut off"},
        {"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "cut off"},
        {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", "not base64"},
        {"-----BEGIN PRIVATE KEY-----\nMII*\n-----END PRIVATE KEY-----", "not base64"},
        {"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "no key of"},
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "no key of"},
        {"-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
         "only something"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        says(str_z(rows[i].text), rows[i].part);
    char *long_text = mem_alloc(SIGN_PEM_BYTES_MAX + 1);
    memset(long_text, '\\', SIGN_PEM_BYTES_MAX + 1);
    says(str_of(long_text, SIGN_PEM_BYTES_MAX + 1), "longer than 32 KiB");
    memcpy(long_text, "-----BEGIN PRIVATE KEY-----", 27);
    memcpy(long_text + SIGN_PEM_BYTES_MAX - 25, "-----END PRIVATE KEY-----", 25);
    says(str_of(long_text, SIGN_PEM_BYTES_MAX), "not base64");
    memset(long_text + 27, 'A', SIGN_PEM_BYTES_MAX - 27 - 25);
    says(str_of(long_text, SIGN_PEM_BYTES_MAX), "no key of");
    mem_free(long_text);
}

/* An encrypted key under the label of a plain one must not ask for its passphrase. */
static void a_wrong_label_is_noticed(void **state)
{
    struct arena *arena = *state;
    str pem = given_file(arena, KEYS "rsa-encrypted.pem");
    size_t at = str_find_str(pem, STR("Y-----\n")) + 7;
    str body = str_of(pem.p + at, str_find_str(pem, STR("-----END")) - at);
    str parts[] = {STR("-----BEGIN PRIVATE KEY-----\n"), body,
                   STR("-----END PRIVATE KEY-----\n")};
    says(arena_join(arena, parts, COUNT_OF(parts)), "no key of");
}

/* A complaint of OpenSSL that stayed would end a TLS connection of the thread. */
static void no_complaint_stays_in_openssl(void **state)
{
    const char *why;
    assert_null(sign_key_read(
        STR("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"), &why));
    assert_int_equal(ERR_peek_error(), 0);
    struct sign_key *key = key_of(*state, KEYS "ec-sec1.pem");
    assert_int_equal(ERR_peek_error(), 0);
    sign_key_destroy(&key);
}

int test_crypto_sign(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, given_arena_gone)
    const struct CMUnitTest tests[] = {
        T(known_signatures_are_made),
        T(longer_digests_are_signed_too),
        T(pss_signatures_hold),
        T(ecdsa_signatures_are_raw),
        T(every_form_of_a_key_is_the_same_key),
        T(keys_are_read_as_people_paste_them),
        T(algorithms_fit_their_kind_of_key),
        T(keys_that_cannot_sign_are_refused_with_a_reason),
        T(texts_that_are_no_key_are_refused_with_a_reason),
        T(a_wrong_label_is_noticed),
        T(no_complaint_stays_in_openssl),
    };
    return cmocka_run_group_tests_name("base/crypto_sign", tests, NULL, NULL);
}
