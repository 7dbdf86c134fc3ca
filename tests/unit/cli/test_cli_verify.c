/*
 * `verify`: what it takes and gives is in tests/e2e/webhooks.test.mjs; here, how it is
 * used.
 */
#include "groups.h"
#include "support/shell.h"

static void test_verify_wants_lines(void **state)
{
    struct ran ran = shell_run(*state, "verify", "");
    assert_ran(ran, 2);
    assert_in(ran.err, "--jsonl is missing");
    ran = shell_run(*state, "verify --jsonl", "\n \n");
    assert_ran(ran, 0);
    assert_str(ran.out, STR(""));
}

static void test_verify_ends_with_1_where_a_line_was_no_order(void **state)
{
    struct ran ran = shell_run(*state, "verify --jsonl", "[]");
    assert_ran(ran, 1);
    assert_in(ran.out, "{\"id\":null,\"error\":{\"code\":\"bad_line\"");
}

int test_cli_verify(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_verify_wants_lines),
        GIVEN_TEST(test_verify_ends_with_1_where_a_line_was_no_order),
    };
    return cmocka_run_group_tests_name("cli: verify", tests, NULL, NULL);
}
