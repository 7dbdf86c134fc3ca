/*
 * Signatures by the keys of tests/cases/keys, made by sign_bytes, and published ones,
 * held against public keys in every form.
 */
#include "base/crypto_verify.h"

#include "base/crypto_pem.h"
#include "base/crypto_sign.h"
#include "base/encode.h"
#include "support/given.h"
#include "tests.h"

#define KEYS "tests/cases/keys/"

/* RFC 7515 A.3: the key of ec.pem as numbers. */
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

static int setup(void **state)
{
    crypto_start();
    return given_arena(state);
}

static str bytes_of(struct arena *arena, const char *base64)
{
    str bytes;
    assert_true(decode_base64(arena, str_z(base64), &bytes));
    return bytes;
}

static str signed_with(struct arena *arena, const char *file, enum sign_alg alg, str text)
{
    const char *why;
    str signature;
    struct sign_key *key = sign_key_read(given_file(arena, file), &why);
    assert_non_null(key);
    assert_true(sign_bytes(key, alg, arena, text, &signature));
    sign_key_destroy(&key);
    return signature;
}

static struct verify_key *ec_key(struct arena *arena)
{
    return verify_key_of_p256(bytes_of(arena, EC_X), bytes_of(arena, EC_Y));
}

static bool verified(struct arena *arena, const struct verify_key *key,
                     enum verify_alg alg, str text, str signature)
{
    str pieces[] = {str_of(text.p, text.n / 2), str_from(text, text.n / 2)};
    return verify_pieces(key, alg, arena, pieces, 2, signature);
}

/* The text as it was signed, and with one bit changed. */
static void check(struct arena *arena, const struct verify_key *key, enum verify_alg alg,
                  str signature)
{
    assert_true(verified(arena, key, alg, STR("some text"), signature));
    assert_false(verified(arena, key, alg, STR("some tezt"), signature));
    assert_false(verified(arena, key, alg, STR("some tex"), signature));
    assert_false(verified(arena, key, alg, STR("some text"), STR("")));
    assert_false(verified(arena, key, alg, STR("some text"),
                          str_of(signature.p, signature.n - 1)));
}

static void signatures_by_rsa_keys_hold(void **state)
{
    static const enum sign_alg made[] = {SIGN_RS256, SIGN_RS384, SIGN_RS512};
    static const enum verify_alg asked[] = {VERIFY_RS256, VERIFY_RS384, VERIFY_RS512};
    str der;
    const char *why;
    assert_true(
        crypto_pem_public(*state, given_file(*state, KEYS "rsa-public.pem"), &der, &why));
    struct verify_key *key = verify_key_of_der(der);
    assert_non_null(key);
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        str signature = signed_with(*state, KEYS "rsa.pem", made[i], STR("some text"));
        check(*state, key, asked[i], signature);
        assert_false(
            verified(*state, key, asked[(i + 1) % 3], STR("some text"), signature));
    }
    verify_key_destroy(&key);
    assert_null(key);
    verify_key_destroy(&key);
}

/* With the signature that RFC 7515 A.3 has. */
static void signatures_by_ec_keys_hold_in_both_forms(void **state)
{
    static const char other[] =
        "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqH"
        "h89M15TluLtEZtM=";
    struct verify_key *key = ec_key(*state);
    assert_non_null(key);
    str raw = signed_with(*state, KEYS "ec.pem", SIGN_ES256, STR("some text"));
    assert_int_equal(raw.n, 64);
    check(*state, key, VERIFY_ES256, raw);
    assert_false(verified(*state, key, VERIFY_ECDSA, STR("some text"), raw));
    assert_false(
        verified(*state, key, VERIFY_ECDSA, STR("some text"), bytes_of(*state, other)));
    assert_true(verified(
        *state, key, VERIFY_ES256,
        STR("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA"
            "6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"),
        bytes_of(
            *state,
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJ"
            "qPP3-Kg6NU1Q")));
    verify_key_destroy(&key);
}

/* RFC 8032 §7.1, test 2. */
static void signatures_by_ed25519_keys_hold(void **state)
{
    str point, signature;
    assert_true(decode_hex(
        *state, STR("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
        &point));
    assert_true(decode_hex(*state,
                           STR("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223e"
                               "bdb69da085ac1e43e15996e"
                               "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
                           &signature));
    struct verify_key *key = verify_key_of_ed25519(point);
    assert_non_null(key);
    assert_true(verified(*state, key, VERIFY_EDDSA, STR("\x72"), signature));
    assert_false(verified(*state, key, VERIFY_EDDSA, STR("\x73"), signature));
    assert_false(verified(*state, key, VERIFY_RS256, STR("\x72"), signature));
    assert_false(verify_key_fits(key, VERIFY_ES256));
    verify_key_destroy(&key);
}

static void what_is_no_key_is_refused(void **state)
{
    str big = str_of(arena_zalloc(*state, 2000), 2000);
    str point = bytes_of(*state, EC_X);
    assert_null(verify_key_of_der(STR("")));
    assert_null(verify_key_of_der(STR("0\x03\x02\x01\x05")));
    assert_null(verify_key_of_ed25519(STR("short")));
    assert_null(verify_key_of_p256(point, point)); /* not on the curve */
    assert_null(verify_key_of_p256(point, STR("")));
    assert_null(verify_key_of_rsa(big, STR("\x01\x01")));
    assert_null(verify_key_of_rsa(str_of(big.p, 256), STR("")));
    assert_null(verify_key_of_rsa(point, STR("\x01\x01"))); /* 256 bits */
}

static void what_is_no_public_key_in_pem_is_told(void **state)
{
    static const char *const bad[] = {
        "no PEM", "-----BEGIN PUBLIC KEY-----\nAAAA",
        "-----BEGIN PUBLIC KEY-----\n$$$$\n-----END PUBLIC KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    str der;
    const char *why = NULL;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(crypto_pem_public(*state, str_z(bad[i]), &der, &why));
        assert_true(str_ends(str_z(why), STR(".")));
    }
}

int test_crypto_verify(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, given_arena_gone)
    const struct CMUnitTest tests[] = {
        T(signatures_by_rsa_keys_hold),
        T(signatures_by_ec_keys_hold_in_both_forms),
        T(signatures_by_ed25519_keys_hold),
        T(what_is_no_key_is_refused),
        T(what_is_no_public_key_in_pem_is_told),
    };
    return cmocka_run_group_tests_name("base/crypto_verify", tests, NULL, NULL);
}
