#include "rows.h"
#include "support/given.h"
#include "tests.h"

static void integers_are_written_and_read_as_the_reference_does(void **state)
{
    int failed;
    assert_true(rows_check(*state, UNIT_CASES "jsonata-integer.jsonl", &failed) > 1000);
    assert_int_equal(failed, 0);
}

/* jsonata-js writes ",4" for the first, which is what is left of 1234. */
static void no_digit_is_lost_in_an_irregular_picture(void **state)
{
    static const char *const rows[] = {
        "{\"call\":\"formatInteger\",\"args\":[1234,\"#:##,##0\"],\"is\":\"1,234\"}",
        "{\"call\":\"formatInteger\",\"args\":[12,\"#:###,##0\"],\"is\":\"12\"}",
        "{\"call\":\"formatInteger\",\"args\":[123456,\"#:###,##0\"],\"is\":\"123,456\"}",
        "{\"call\":\"formatInteger\",\"args\":[-123456,\"#:###,##0\"],"
        "\"is\":\"-123,456\"}",
        "{\"call\":\"formatInteger\",\"args\":[1.5e22,\"#,##0\"],"
        "\"is\":\"15,000,000,000,000,000,000,000\"}",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows_expect(*state, rows[i]);
}

static void ordinals_are_told_from_the_value(void **state)
{
    rows_expect(*state, "{\"call\":\"formatInteger\",\"args\":[11,\"0,0;o\"],"
                        "\"is\":\"1,1th\"}");
    rows_expect(*state, "{\"call\":\"formatInteger\",\"args\":[21,\"٠;o\"],"
                        "\"is\":\"٢١st\"}");
}

static void separators_of_any_kind_are_read_over(void **state)
{
    rows_expect(*state, "{\"call\":\"parseInteger\",\"args\":[\"1 234\",\"# ##0\"],"
                        "\"is\":1234}");
    rows_expect(*state, "{\"call\":\"parseInteger\",\"args\":[\"1.234\",\"#.##0\"],"
                        "\"is\":1234}");
    rows_expect(*state,
                "{\"call\":\"parseInteger\",\"args\":[\"１，２３４\",\"#，##０\"],"
                "\"is\":1234}");
    rows_expect(*state,
                "{\"call\":\"parseInteger\",\"args\":[\"12\",\"００\"],\"is\":null}");
}

static void what_would_fill_the_memory_is_refused(void **state)
{
    rows_expect(*state, "{\"call\":\"formatInteger\",\"args\":[1e15,\"I\"],"
                        "\"code\":\"U1002\"}");
    rows_expect(*state, "{\"call\":\"formatInteger\",\"args\":[9999999,\"I\"],"
                        "\"code\":\"U1002\"}");
}

int test_picture_integer(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(integers_are_written_and_read_as_the_reference_does),
        GIVEN_TEST(no_digit_is_lost_in_an_irregular_picture),
        GIVEN_TEST(ordinals_are_told_from_the_value),
        GIVEN_TEST(separators_of_any_kind_are_read_over),
        GIVEN_TEST(what_would_fill_the_memory_is_refused),
    };
    return cmocka_run_group_tests_name("picture_integer", tests, NULL, NULL);
}
