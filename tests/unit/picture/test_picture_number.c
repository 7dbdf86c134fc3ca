#include "rows.h"
#include "support/given.h"
#include "tests.h"

static void numbers_are_written_as_the_reference_writes_them(void **state)
{
    int failed;
    assert_true(rows_check(*state, UNIT_CASES "jsonata-format-number.jsonl", &failed) >
                500);
    assert_int_equal(failed, 0);
}

static void symbols_are_replaced_by_options(void **state)
{
    static const char *const rows[] = {
        "{\"call\":\"formatNumber\",\"args\":[1234.5,\"#.##0,00\",{\"decimal-separator\":"
        "\",\",\"grouping-separator\":\".\"}],\"is\":\"1.234,50\"}",
        "{\"call\":\"formatNumber\",\"args\":[0.14,\"###pm\",{\"per-mille\":\"pm\"}],"
        "\"is\":\"140pm\"}",
        "{\"call\":\"formatNumber\",\"args\":[-1.5,\"0.0\",{\"minus-sign\":\"minus \"}],"
        "\"is\":\"minus 1.5\"}",
        "{\"call\":\"formatNumber\",\"args\":[1234.5678,\"①①.①①①e①\",{\"zero-digit\":"
        "\"⑟\"}],\"is\":\"①②.③④⑥e②\"}",
        "{\"call\":\"formatNumber\",\"args\":[0.1,\"AeAAA\",{\"zero-digit\":\"A\"}],"
        "\"is\":\"Be-AAB\"}",
        "{\"call\":\"formatNumber\",\"args\":[-5,\"0|n0\",{\"pattern-separator\":\"|\"}],"
        "\"is\":\"n5\"}",
        "{\"call\":\"formatNumber\",\"args\":[1234.5,\"@@0.0x0\",{\"digit\":\"@\","
        "\"exponent-separator\":\"x\"}],\"is\":\"1.2x3\"}",
        "{\"call\":\"formatNumber\",\"args\":[-5,\"0\",{\"minus-sign\":null}],"
        "\"is\":\"null5\"}",
        "{\"call\":\"formatNumber\",\"args\":[5.5,\"0.0\",{\"decimal-separator\":\"xx\"}]"
        ","
        "\"is\":\"5.5\"}",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows_expect(*state, rows[i]);
}

/* jsonata-js writes 12,, and ,,1 and 1.5e+3 here. */
static void separators_stand_between_digits_only(void **state)
{
    static const char *const rows[] = {
        "{\"call\":\"formatNumber\",\"args\":[1,\"#,##,0\"],\"is\":\"1\"}",
        "{\"call\":\"formatNumber\",\"args\":[12,\"#,##,0\"],\"is\":\"1,2\"}",
        "{\"call\":\"formatNumber\",\"args\":[12345,\"#,##,0\"],\"is\":\"12,34,5\"}",
        "{\"call\":\"formatNumber\",\"args\":[0.12,\"0.##,##\"],\"is\":\"0.12\"}",
        "{\"call\":\"formatNumber\",\"args\":[0.123456,\"0.00,00,00\"],"
        "\"is\":\"0.12,34,56\"}",
        "{\"call\":\"formatNumber\",\"args\":[0.5,\"0.0,\"],\"is\":\"0.5\"}",
        "{\"call\":\"formatNumber\",\"args\":[1.5e22,\"#,##0.0\"],"
        "\"is\":\"15,000,000,000,000,000,000,000.0\"}",
        "{\"call\":\"formatNumber\",\"args\":[5,\"#e0\"],\"is\":\"0.5e1\"}",
        "{\"call\":\"formatNumber\",\"args\":[5,\"a0e0\"],\"is\":\"a5e0\"}",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows_expect(*state, rows[i]);
}

static void what_percent_makes_infinite_is_said_so(void **state)
{
    rows_expect(*state, "{\"call\":\"formatNumber\",\"args\":[-1e307,\"0%\"],"
                        "\"is\":\"-Infinity%\"}");
}

static void a_picture_too_long_is_refused(void **state)
{
    struct arena *arena = *state;
    static char picture[10002];
    memset(picture, '0', sizeof(picture) - 1);
    for (size_t less = 0; less < 2; less++) {
        str row = arena_printf(arena,
                               "{\"call\":\"formatNumber\",\"args\":[1,\".%s\"],"
                               "\"code\":\"U1002\"}",
                               picture + less);
        rows_expect(arena, arena_z(arena, row));
    }
}

int test_picture_number(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(numbers_are_written_as_the_reference_writes_them),
        GIVEN_TEST(symbols_are_replaced_by_options),
        GIVEN_TEST(separators_stand_between_digits_only),
        GIVEN_TEST(what_percent_makes_infinite_is_said_so),
        GIVEN_TEST(a_picture_too_long_is_refused),
    };
    return cmocka_run_group_tests_name("picture_number", tests, NULL, NULL);
}
