#include "groups.h"
#include "support/unit.h"

#include "base/crypto.h"
#include "base/crypto_sign.h"
#include "base/crypto_verify.h"
#include "base/encode.h"
#include "deliver/signing.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    crypto_start();
    arena_init(&arena, 4096, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* The example of the specification of Standard Webhooks. */
static void the_example_of_the_specification(void **state)
{
    struct signing signing = {.seed = STR_NONE};
    str key;
    (void)state;
    assert_true(signing_secret_parse(STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                                     &arena, &key));
    signing_rotate(&signing, key, 0);
    assert_str(signing_sign(&signing, STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
                            STR("{\"test\": 2432232314}"), 1, &arena),
               STR("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
}

static void two_secrets_sign_until_the_old_one_ends(void **state)
{
    struct signing signing = {.seed = STR_NONE};
    (void)state;
    signing_rotate(&signing, signing_new_secret(&arena), 0);
    str one = signing_sign(&signing, STR("a"), 1, STR("b"), 10, &arena);
    signing_rotate(&signing, signing_new_secret(&arena), 100);
    str both = signing_sign(&signing, STR("a"), 1, STR("b"), 100, &arena);
    str later = signing_sign(&signing, STR("a"), 1, STR("b"), 101, &arena);
    assert_true(str_ends(both, one));
    assert_int_equal(both.n, 2 * one.n + 1);
    assert_str(later, str_of(both.p, one.n));
}

static void what_is_kept_is_read_back(void **state)
{
    struct signing signing = {.seed = signing_new_secret(&arena)}, back;
    (void)state;
    signing_rotate(&signing, signing_new_secret(&arena), 0);
    signing_rotate(&signing, signing_new_secret(&arena), 1700000000000000);
    struct json_build build;
    json_build_init(&build, &arena);
    json_build_member(&build, STR("X-A"), json_of_text(STR("b")));
    signing.headers = json_build_object(&build);
    assert_true(signing_read(&back, signing_print(&signing, &arena), &arena));
    assert_int_equal(back.n, 2);
    assert_str(back.secrets[0].key, signing.secrets[0].key);
    assert_str(back.secrets[1].key, signing.secrets[1].key);
    assert_int_equal(back.secrets[0].until, USEC_NEVER);
    assert_int_equal(back.secrets[1].until, 1700000000000000);
    assert_str(back.seed, signing.seed);
    assert_true(json_equal(&back.headers, &signing.headers));
    assert_false(signing_read(&back, STR("{}"), &arena));
    assert_false(signing_read(&back, STR("{\"secrets\":[{\"key\":7}]}"), &arena));
}

static void secrets_have_24_to_64_bytes(void **state)
{
    str key;
    char bytes[65] = {0};
    (void)state;
    const size_t lengths[] = {23, 24, 64, 65};
    for (unsigned i = 0; i < COUNT_OF(lengths); i++) {
        str text = signing_secret_text(str_of(bytes, lengths[i]), &arena);
        assert_int_equal(signing_secret_parse(text, &arena, &key), i == 1 || i == 2);
    }
    assert_false(
        signing_secret_parse(STR("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &arena, &key));
    assert_false(signing_secret_parse(STR("whsec_!"), &arena, &key));
}

/* RFC 8032 §7.1, test 2. */
static void ed25519_is_that_of_the_rfc(void **state)
{
    str seed, public, signature;
    uint8_t ret[CRYPTO_ED25519_SIGN_BYTES];
    (void)state;
    assert_true(decode_hex(
        &arena, STR("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
        &seed));
    assert_true(decode_hex(
        &arena, STR("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
        &public));
    assert_true(decode_hex(
        &arena,
        STR("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        &signature));
    crypto_ed25519_public((const uint8_t *)seed.p, ret);
    assert_memory_equal(ret, public.p, public.n);
    crypto_ed25519_sign((const uint8_t *)seed.p, STR("\x72"), ret);
    assert_memory_equal(ret, signature.p, signature.n);
}

static void a_key_pair_signs_beside_the_secret(void **state)
{
    struct signing signing = {.seed = signing_new_secret(&arena)};
    str raw, point, whole = STR("id.5.body");
    (void)state;
    signing_rotate(&signing, signing_new_secret(&arena), 0);
    str text = signing_sign(&signing, STR("id"), 5, STR("body"), 1, &arena);
    size_t at = str_find_str(text, STR(" v1a,"));
    assert_true(at < text.n);
    assert_true(decode_base64(&arena, str_from(text, at + 5), &raw));
    str public = signing_public_text(signing.seed, &arena);
    assert_true(str_starts(public, STR("whpk_")));
    assert_true(decode_base64(&arena, str_from(public, 5), &point));
    struct verify_key *key = verify_key_of_ed25519(point);
    assert_true(verify_pieces(key, VERIFY_EDDSA, &arena, &whole, 1, raw));
    verify_key_destroy(&key);
}

int test_signing(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_specification),
        cmocka_unit_test(two_secrets_sign_until_the_old_one_ends),
        cmocka_unit_test(what_is_kept_is_read_back),
        cmocka_unit_test(secrets_have_24_to_64_bytes),
        cmocka_unit_test(ed25519_is_that_of_the_rfc),
        cmocka_unit_test(a_key_pair_signs_beside_the_secret),
    };
    return cmocka_run_group_tests_name("signing", tests, setup, teardown);
}
