#include "rows.h"
#include "support/given.h"
#include "tests.h"

static void times_are_written_as_the_reference_writes_them(void **state)
{
    int failed;
    assert_true(rows_check(*state, UNIT_CASES "jsonata-from-millis.jsonl", &failed) >
                600);
    assert_int_equal(failed, 0);
}

static void times_are_read_as_the_reference_reads_them(void **state)
{
    int failed;
    assert_true(rows_check(*state, UNIT_CASES "jsonata-to-millis.jsonl", &failed) > 1000);
    assert_int_equal(failed, 0);
}

/* jsonata-js takes -0330 for four hours and a half. */
static void western_zones_with_minutes_are_what_they_say(void **state)
{
    rows_expect(*state,
                "{\"call\":\"fromMillis\",\"args\":[1521801216617,"
                "\"[H01]:[m01] [Z] [Z0] [Z0101]\",\"-0330\"],\"is\":\"07:03 -03:30 -3:30 "
                "-0330\"}");
    rows_expect(*state, "{\"call\":\"fromMillis\",\"args\":[1521801216617,"
                        "\"[H01]:[m01] [Z]\",\"-0030\"],\"is\":\"10:03 -00:30\"}");
}

static void what_is_no_time_or_zone_is_refused(void **state)
{
    static const char *const rows[] = {
        "{\"call\":\"fromMillis\",\"args\":[8.64e15,\"[Y]\",\"+0100\"],"
        "\"is\":\"275760\"}",
        "{\"call\":\"fromMillis\",\"args\":[8.64000000000001e15],\"code\":\"D3110\"}",
        "{\"call\":\"fromMillis\",\"args\":[1e300,\"[Y]\"],\"code\":\"D3110\"}",
        "{\"call\":\"fromMillis\",\"args\":[0,\"[Z]\",\"abc\"],\"code\":\"D3134\"}",
        "{\"call\":\"fromMillis\",\"args\":[0,\"[Z]\",\"\"],\"code\":\"D3134\"}",
        "{\"call\":\"fromMillis\",\"args\":[0,\"[Z]\",\"+10000\"],\"code\":\"D3134\"}",
        "{\"call\":\"fromMillis\",\"args\":[0,\"[fN]\"],\"code\":\"D3133\"}",
        "{\"call\":\"fromMillis\",\"args\":[0,\"[Y,1000000000]\"],\"code\":\"U1002\"}",
        "{\"call\":\"fromMillis\",\"args\":[0,\"[Y,9999999999999999999999]\"],"
        "\"code\":\"U1002\"}",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows_expect(*state, rows[i]);
}

/* jsonata-js takes a month that it does not know for January. */
static void names_are_read_in_any_case_and_no_others(void **state)
{
    static const char *const rows[] = {
        "{\"call\":\"toMillis\",\"args\":[\"2018 APRIL\",\"[Y] [MNn]\"],"
        "\"is\":1522540800000}",
        "{\"call\":\"toMillis\",\"args\":[\"2018 apr\",\"[Y] [MN,3-3]\"],"
        "\"is\":1522540800000}",
        "{\"call\":\"toMillis\",\"args\":[\"2018 Xpril\",\"[Y] [MNn]\"],\"none\":true}",
        "{\"call\":\"toMillis\",\"args\":[\"2018 Apr\",\"[Y] [MNn]\"],\"none\":true}",
        "{\"call\":\"toMillis\",\"args\":[\"2018 J\",\"[Y] [MNn,1-1]\"],"
        "\"is\":1530403200000}",
        "{\"call\":\"toMillis\",\"args\":[\"2018MayDay\",\"[Y][MNn]Day\"],"
        "\"is\":1525132800000}",
        "{\"call\":\"toMillis\",\"args\":[\"2018-1-1 5 Pm\",\"[Y]-[M]-[D] [h] [P]\"],"
        "\"is\":1514826000000}",
        "{\"call\":\"toMillis\",\"args\":[\"2018 ٥\",\"[Y] [M٠]\"],"
        "\"is\":1525132800000}",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows_expect(*state, rows[i]);
}

/* Each part could take any share of the letters, and none fits in the end. */
static void matching_is_bounded(void **state)
{
    struct arena *arena = *state;
    char text[500];
    char picture[128 * 4 + 2] = "";
    memset(text, 'a', sizeof(text) - 1);
    for (size_t i = 0; i < 128; i++)
        memcpy(picture + i * 4, "[Da]", 4);
    picture[128 * 4] = '!';
    str row = arena_printf(
        arena, "{\"call\":\"toMillis\",\"args\":[\"%s\",\"%s\"],\"none\":true}", text,
        picture);
    rows_expect(arena, arena_z(arena, row));
}

int test_picture_date(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(times_are_written_as_the_reference_writes_them),
        GIVEN_TEST(times_are_read_as_the_reference_reads_them),
        GIVEN_TEST(western_zones_with_minutes_are_what_they_say),
        GIVEN_TEST(what_is_no_time_or_zone_is_refused),
        GIVEN_TEST(names_are_read_in_any_case_and_no_others),
        GIVEN_TEST(matching_is_bounded),
    };
    return cmocka_run_group_tests_name("picture_date", tests, NULL, NULL);
}
