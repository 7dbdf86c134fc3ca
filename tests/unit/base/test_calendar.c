#include "base/calendar.h"

#include <math.h>

#include "base/str.h"
#include "support/unit.h"
#include "tests.h"

static void days_and_dates_are_inverse(void **state)
{
    (void)state;
    for (int64_t days = -100000000; days <= 100000000; days += 9973) {
        struct calendar_day day = calendar_of(days);
        assert_true(calendar_days(day.year, day.month - 1, day.day) == (double)days);
        assert_in_range(calendar_day_of_year(days), 1, 366);
        assert_in_range(calendar_week_of_year(days), 1, 53);
        assert_int_equal(calendar_day_of_week(calendar_thursday(days)), 4);
    }
    assert_int_equal(calendar_day_of_week(0), 4);
}

static void every_day_follows_the_one_before(void **state)
{
    (void)state;
    struct calendar_day before = calendar_of(-719529); /* the last day before year 0 */
    for (int64_t days = -719528; days < 2932897; days++) {
        struct calendar_day day = calendar_of(days);
        bool next = day.day == before.day + 1 && day.month == before.month &&
                    day.year == before.year;
        bool first = day.day == 1 &&
                     before.day == calendar_month_days(before.year, before.month) &&
                     day.year * 12 + day.month == before.year * 12 + before.month + 1;
        if (!next && !first)
            fail_msg("%d-%d-%d", day.year, day.month, day.day);
        before = day;
    }
    assert_int_equal(before.year, 9999);
}

static void months_and_days_count_on(void **state)
{
    (void)state;
    assert_true(calendar_days(1970, 0, 1) == 0);
    assert_true(calendar_days(2024, 1, 29) == calendar_days(2024, 2, 0));
    assert_true(calendar_days(2025, 1, 29) == calendar_days(2025, 2, 1));
    assert_true(calendar_days(2025, 12, 1) == calendar_days(2026, 0, 1));
    assert_true(calendar_days(2025, -1, 1) == calendar_days(2024, 11, 1));
    assert_true(isnan(calendar_days(2025, NAN, 1)));
}

static void february_is_longer_in_leap_years(void **state)
{
    (void)state;
    assert_int_equal(calendar_month_days(2024, 2), 29);
    assert_int_equal(calendar_month_days(2025, 2), 28);
    assert_int_equal(calendar_month_days(1900, 2), 28);
    assert_int_equal(calendar_month_days(2000, 2), 29);
    assert_int_equal(calendar_month_days(2000, 12), 31);
}

static void times_are_printed_in_the_usual_form(void **state)
{
    (void)state;
    static const struct {
        int64_t millis;
        const char *text;
        bool usual;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z", true},
        {-1, "1969-12-31T23:59:59.999Z", true},
        {1521801216617, "2018-03-23T10:33:36.617Z", true},
        {-62167219200000, "0000-01-01T00:00:00.000Z", true},
        {-62167219200001, "0000-01-01T00:00:00.000Z", false},
        {253402300799999, "9999-12-31T23:59:59.999Z", true},
        {253402300800000, "9999-12-31T23:59:59.999Z", false},
        {INT64_MAX, "9999-12-31T23:59:59.999Z", false},
        {INT64_MIN, "0000-01-01T00:00:00.000Z", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[CALENDAR_ISO_CHARS];
        calendar_put_iso(rows[i].millis, text);
        assert_str(str_of(text, sizeof(text)), str_z(rows[i].text));
        assert_int_equal(calendar_is_usual((double)rows[i].millis), rows[i].usual);
    }
    assert_false(calendar_is_usual(NAN));
}

int test_calendar(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_dates_are_inverse),
        cmocka_unit_test(every_day_follows_the_one_before),
        cmocka_unit_test(months_and_days_count_on),
        cmocka_unit_test(february_is_longer_in_leap_years),
        cmocka_unit_test(times_are_printed_in_the_usual_form),
    };
    return cmocka_run_group_tests_name("base/calendar", tests, NULL, NULL);
}
