#include "base/secret.h"
#include "support/unit.h"
#include "tests.h"

static void a_secret_is_a_copy(void **state)
{
    (void)state;
    char text[] = "token";
    struct secret secret;
    secret_init(&secret, str_z(text));
    memset(text, '#', 5);
    assert_str(secret_peek(&secret), STR("token"));
    assert_false(secret_absent(&secret));
    secret_fini(&secret);
    assert_true(secret_absent(&secret));
    assert_str(secret_peek(&secret), STR_NONE);
    secret_fini(&secret);
}

static void absent_and_empty_secrets_differ(void **state)
{
    (void)state;
    struct secret secret = {0};
    assert_true(secret_absent(&secret));
    secret_init(&secret, STR(""));
    assert_false(secret_absent(&secret));
    secret_fini(&secret);
    secret_init(&secret, STR_NONE);
    assert_true(secret_absent(&secret));
    secret_fini(&secret);
}

static void secrets_are_compared_whole(void **state)
{
    (void)state;
    assert_true(secret_eq(STR("abc"), STR("abc")));
    assert_true(secret_eq(STR(""), STR_NONE));
    assert_false(secret_eq(STR("abc"), STR("abd")));
    assert_false(secret_eq(STR("abc"), STR("bbc")));
    assert_false(secret_eq(STR("abc"), STR("ab")));
    assert_false(secret_eq(STR("a\0b"), STR("a\0c")));
}

int test_secret(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_a_copy),
        cmocka_unit_test(absent_and_empty_secrets_differ),
        cmocka_unit_test(secrets_are_compared_whole),
    };
    return cmocka_run_group_tests_name("base/secret", tests, NULL, NULL);
}
