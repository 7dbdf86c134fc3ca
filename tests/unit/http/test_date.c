#include "http/date.h"

#include <stdio.h>
#include <time.h>

#include "tests.h"
#include "text.h"

static const usec now_2026 = 1795335300 * USEC_S; /* 2026-11-22T08:15:00Z */

struct row {
    const char *text;
    int64_t want; /* seconds since 1970 */
};

static void http_dates_are_read(void **state)
{
    static const struct row rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777}, /* RFC 9110 §5.6.7 */
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Tue, 15 Nov 1994 08:12:31 GMT", 784887151}, /* §6.6.1 */
        {"Tue, 15 Nov 1994 12:45:26 GMT", 784903526}, /* §8.8.2 */
        {"Fri, 31 Dec 1999 23:59:59 GMT", 946684799}, /* §10.2.3 */
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Thu, 09 Oct 2025 08:54:00 GMT", 1760000040}, /* GitLab, RateLimit-ResetTime */
        {"Sun, 22 Nov 2026 08:15:00 GMT", 1795335300},
        {"Mon, 06 Nov 1994 08:49:37 GMT", 784111777}, /* the wrong day of the week */
        {"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, /* a leap second */
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Sat, 01 Jan 0000 00:00:00 GMT", -62167219200},
        {"Wed Nov 16 08:49:37 1994", 784975777},
        {"Wednesday, 16-Nov-94 08:49:37 GMT", 784975777},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        usec wall = 0;
        text_true(rows[i].text,
                  date_parse_http(text_input(*state, rows[i].text), now_2026, &wall));
        text_true(rows[i].text, wall == rows[i].want * USEC_S);
    }
}

static void other_texts_are_no_http_dates(void **state)
{
    static const char *const rows[] = {
        "",
        "0",
        "120",
        "Sun",
        "Sun, ",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun,  06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:00:61 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 2023 08:49:37 GMT",
        "Sun, 29 Feb 1900 08:49:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 19940 08:49:37 GMT",
        "Sun,  Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 :49:37 GMT",
        "Sun, 06 Nov  08:49:37 GMT",
        ", 06 Nov 1994 08:49:37 GMT",
        " Nov  6 08:49:37 1994",
        ", 06-Nov-94 08:49:37 GMT",
        "Sunday, 06--94 08:49:37 GMT",
        "Sun, 06  1994 08:49:37 GMT",
        "Sun, 06 Nob 1994 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov 06 08:49:37 94",
        "Sun Nov   6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "1994-11-06T08:49:37Z",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        usec wall;
        text_true(rows[i],
                  !date_parse_http(text_input(*state, rows[i]), now_2026, &wall));
    }
    usec wall;
    assert_false(
        date_parse_http(STR("Sun, 06 Nov 1994 08:49:37 GMT\0"), now_2026, &wall));
    assert_false(date_parse_http(STR_NONE, now_2026, &wall));
}

static void two_digit_years_stay_within_fifty_years(void **state)
{
    static const struct {
        const char *now;
        const char *text;
        const char *want;
    } rows[] = {
        {"2026-11-22T08:15:00Z", "Sunday, 22-Nov-26 08:15:00 GMT",
         "2026-11-22T08:15:00Z"},
        {"2026-11-22T08:15:00Z", "Sunday, 22-Nov-76 08:15:00 GMT",
         "2076-11-22T08:15:00Z"},
        {"2026-11-22T08:15:00Z", "Sunday, 22-Nov-76 08:15:01 GMT",
         "1976-11-22T08:15:01Z"},
        {"2026-11-22T08:15:00Z", "Sunday, 01-Jan-77 00:00:00 GMT",
         "1977-01-01T00:00:00Z"},
        {"2026-11-22T08:15:00Z", "Sunday, 31-Dec-99 00:00:00 GMT",
         "1999-12-31T00:00:00Z"},
        {"2026-11-22T08:15:00Z", "Sunday, 01-Jan-00 00:00:00 GMT",
         "2000-01-01T00:00:00Z"},
        {"1994-11-06T08:49:37Z", "Sunday, 06-Nov-94 08:49:37 GMT",
         "1994-11-06T08:49:37Z"},
        {"1994-11-06T08:49:37Z", "Sunday, 06-Nov-44 08:49:37 GMT",
         "2044-11-06T08:49:37Z"},
        {"1994-11-06T08:49:37Z", "Sunday, 07-Nov-44 08:49:37 GMT",
         "1944-11-07T08:49:37Z"},
        {"2080-01-01T00:00:00Z", "Sunday, 06-Nov-10 08:49:37 GMT",
         "2110-11-06T08:49:37Z"},
        {"2080-01-01T00:00:00Z", "Sunday, 06-Nov-40 08:49:37 GMT",
         "2040-11-06T08:49:37Z"},
        {"2099-12-31T23:59:59Z", "Sunday, 31-Dec-49 23:59:59 GMT",
         "2149-12-31T23:59:59Z"},
        {"2099-12-31T23:59:59Z", "Sunday, 01-Jan-50 00:00:00 GMT",
         "2050-01-01T00:00:00Z"},
        {"2024-02-29T00:00:00Z", "Sunday, 28-Feb-74 00:00:00 GMT",
         "2074-02-28T00:00:00Z"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        usec now = 0;
        usec want = 0;
        usec got = 0;
        text_true(rows[i].now, date_parse_iso(text_input(*state, rows[i].now), &now));
        text_true(rows[i].want, date_parse_iso(text_input(*state, rows[i].want), &want));
        text_true(rows[i].text,
                  date_parse_http(text_input(*state, rows[i].text), now, &got));
        text_true(rows[i].want, got == want);
    }
    usec wall;
    assert_false(date_parse_http(STR("Sunday, 31-Feb-94 08:49:37 GMT"), now_2026, &wall));
    assert_false(date_parse_http(STR("Sunday, 29-Feb-23 08:49:37 GMT"), now_2026, &wall));
}

static void iso_dates_are_read(void **state)
{
    static const struct {
        const char *text;
        usec want;
    } rows[] = {
        {"1970-01-01", 0},
        {"2026-11-22", 1795305600 * USEC_S},
        {"2026-11-22T08:15:00Z", 1795335300 * USEC_S},
        {"2026-11-22t08:15:00z", 1795335300 * USEC_S},
        {"2026-11-22T08:15:00", 1795335300 * USEC_S},
        {"2026-11-22T08:15", 1795335300 * USEC_S},
        {"2026-11-22T08:15Z", 1795335300 * USEC_S},
        {"2026-11-22T09:15+01:00", 1795335300 * USEC_S},
        {"2026-11-22 08:15:00", 1795335300 * USEC_S},
        {"2026-11-22 08:15:00Z", 1795335300 * USEC_S},
        {"2026-11-22T09:15:00+01:00", 1795335300 * USEC_S},
        {"2026-11-22T09:15:00+0100", 1795335300 * USEC_S},
        {"2026-11-22T00:15:00-08:00", 1795335300 * USEC_S},
        {"2026-11-22T13:45:00+05:30", 1795335300 * USEC_S},
        {"2026-11-23T08:14:00+23:59", 1795335300 * USEC_S},
        {"2026-11-22T08:15:00-00:00", 1795335300 * USEC_S},
        {"2026-11-22T08:15:00.5", 1795335300 * USEC_S + 500000},
        {"2026-11-22T08:15:00.5Z", 1795335300 * USEC_S + 500000},
        {"2026-11-22T08:15:00.123456Z", 1795335300 * USEC_S + 123456},
        {"2026-11-22T08:15:00.123456789Z", 1795335300 * USEC_S + 123456},
        {"2026-11-22T08:15:00.000+0000", 1795335300 * USEC_S},
        {"2026-11-22 09:15:00.25+01:00", 1795335300 * USEC_S + 250000},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"2024-02-29T12:00:00Z", 1709208000 * USEC_S},
        {"2000-02-29", 951782400 * USEC_S},
        {"2025-10-09T08:53:20", 1760000000 * USEC_S},  /* Microsoft, innerError.date */
        {"2025-10-09T09:24:07Z", 1760001847 * USEC_S}, /* Jira, X-RateLimit-Reset */
        /* RFC 3339 §5.8 */
        {"1985-04-12T23:20:50.52Z", 482196050 * USEC_S + 520000},
        {"1996-12-19T16:39:57-08:00", 851042397 * USEC_S},
        {"1990-12-31T23:59:60Z", 662688000 * USEC_S},
        {"1990-12-31T15:59:60-08:00", 662688000 * USEC_S},
        {"1937-01-01T12:00:27.87+00:20", -1041337172 * USEC_S - 130000},
        {"0000-01-01T00:00:00Z", -62167219200 * USEC_S},
        {"9999-12-31T23:59:59.999999Z", 253402300800 * USEC_S - 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        usec wall = 0;
        text_true(rows[i].text, date_parse_iso(text_input(*state, rows[i].text), &wall));
        text_true(rows[i].text, wall == rows[i].want);
    }
}

static void other_texts_are_no_iso_dates(void **state)
{
    static const char *const rows[] = {
        "",
        "2026",
        "2026-11",
        "20261122",
        "2026-1-22",
        "2026-13-01",
        "2026-00-01",
        "2026-11-00",
        "2026-11-31",
        "2026-02-29",
        "1900-02-29",
        "+2026-11-22",
        "-026-11-22",
        "12026-11-22",
        "2026-11-22Z",
        "2026-11-22T",
        "2026-11-22 ",
        "2026-11-22T08",
        "2026-11-22T08:15.5Z",
        "2026-11-22T08:15:Z",
        "2026-11-22T08Z",
        "2026-11-22T8:15:00Z",
        "2026-11-22T:15:00Z",
        "2026-11-22x08:15:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T08:60:00Z",
        "2026-11-22T08:15:61Z",
        "2026-11-22T08:15:00.Z",
        "2026-11-22T08:15:00,5Z",
        "2026-11-22T08:15:00+1",
        "2026-11-22T08:15:00+01",
        "2026-11-22T08:15:00+01:",
        "2026-11-22T08:15:00+24:00",
        "2026-11-22T08:15:00+01:60",
        "2026-11-22T08:15:00+01:00x",
        "2026-11-22T08:15:00Zx",
        "2026-11-22T08:15:00 Z",
        "2026-11-22T08:15:00GMT",
        "2026-11-22  08:15:00",
        "2026/11/22",
        "2026-W47-7",
        "1795335300",
        "2026-01-28.clover",
        "Sun, 22 Nov 2026 08:15:00 GMT",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        usec wall;
        text_true(rows[i], !date_parse_iso(text_input(*state, rows[i]), &wall));
    }
    usec wall;
    assert_false(date_parse_iso(STR("2026-11-22\0"), &wall));
    assert_false(date_parse_iso(STR_NONE, &wall));
}

static void dates_are_written(void **state)
{
    static const struct {
        usec wall;
        const char *http;
        const char *iso;
    } rows[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"},
        {-1, "Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59.999Z"},
        {784111777 * USEC_S + 1999, "Sun, 06 Nov 1994 08:49:37 GMT",
         "1994-11-06T08:49:37.001Z"},
        {1795335300 * USEC_S, "Sun, 22 Nov 2026 08:15:00 GMT",
         "2026-11-22T08:15:00.000Z"},
        {-62167219200 * USEC_S, "Sat, 01 Jan 0000 00:00:00 GMT",
         "0000-01-01T00:00:00.000Z"},
        {253402300800 * USEC_S - 1, "Fri, 31 Dec 9999 23:59:59 GMT",
         "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT", "0000-01-01T00:00:00.000Z"},
        {INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59.999Z"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char http[DATE_HTTP_CHARS + 1];
        char iso[DATE_ISO_CHARS + 1];
        date_format_http(rows[i].wall, http);
        date_format_iso(rows[i].wall, iso);
        assert_string_equal(http, rows[i].http);
        assert_string_equal(iso, rows[i].iso);
    }
}

/* Against the C library. Every eleventh day of ten thousand years is each day of the
 * 400-year cycle twice. */
static void every_day_of_the_cycle_comes_back(void **state)
{
    (void)state;
    for (int64_t day = -719528; day < 3652425 - 719528; day += 11) {
        usec wall = day * USEC_DAY + (day & 0xffff) * USEC_S;
        time_t seconds = wall / USEC_S - (wall % USEC_S < 0);
        struct tm tm;
        char want[80];
        char http[DATE_HTTP_CHARS + 1];
        char iso[DATE_ISO_CHARS + 1];
        usec again = 0;
        gmtime_r(&seconds, &tm);
        tm.tm_year += 1900;
        date_format_http(wall, http);
        date_format_iso(wall, iso);
        snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02d.000Z", tm.tm_year,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_string_equal(iso, want);
        tm.tm_year -= 1900;
        strftime(want, sizeof(want), "%a, %d %b", &tm);
        assert_memory_equal(http, want, 11);
        assert_true(date_parse_iso(str_z(iso), &again) && again == wall);
        assert_true(date_parse_http(str_z(http), now_2026, &again) && again == wall);
    }
}

int test_date(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(http_dates_are_read),
        TEXT_TEST(other_texts_are_no_http_dates),
        TEXT_TEST(two_digit_years_stay_within_fifty_years),
        TEXT_TEST(iso_dates_are_read),
        TEXT_TEST(other_texts_are_no_iso_dates),
        TEXT_TEST(dates_are_written),
        TEXT_TEST(every_day_of_the_cycle_comes_back),
    };
    return cmocka_run_group_tests_name("http/date", tests, NULL, NULL);
}
