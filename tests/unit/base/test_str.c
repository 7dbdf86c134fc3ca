#include <math.h>

#include "base/usec.h"
#include "support/unit.h"
#include "tests.h"

static void absent_and_empty_differ(void **state)
{
    (void)state;
    assert_true(str_absent(STR_NONE));
    assert_true(str_absent(str_z(NULL)));
    assert_false(str_absent(STR("")));
    assert_true(str_eq(STR_NONE, STR("")));
}

static void strings_compare_by_bytes(void **state)
{
    (void)state;
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("b"), STR("ab")) > 0);
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("ab"), STR("a")) > 0);
    assert_true(str_cmp(STR("\x80"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
}

static void case_is_ignored_for_ascii_only(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("Content-Type"), STR("content-tYPE")));
    assert_false(str_eq_nocase(STR("[x]"), STR("{x}")));
    assert_false(str_eq_nocase(STR("@"), STR("`")));
    assert_false(str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
}

static void starts_and_ends_are_seen(void **state)
{
    (void)state;
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_true(str_starts(STR_NONE, STR_NONE));
    assert_false(str_starts(STR("ab"), STR("abc")));
    assert_true(str_starts_nocase(STR("ABc"), STR("aB")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_false(str_ends(STR("abc"), STR("ab")));
    assert_false(str_ends(STR("c"), STR("bc")));
    assert_true(str_ends_nocase(STR("a.JSON"), STR(".json")));
}

static void searches_answer_the_length_when_nothing_is_found(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("a=b=c"), '='), 1);
    assert_int_equal(str_find(STR("abc"), '='), 3);
    assert_int_equal(str_find(STR_NONE, '='), 0);
    assert_int_equal(str_find_last(STR("a=b=c"), '='), 3);
    assert_int_equal(str_find_last(STR("abc"), '='), 3);
    assert_int_equal(str_find_str(STR("aabaabb"), STR("abb")), 4);
    assert_int_equal(str_find_str(STR("aab"), STR("abb")), 3);
    assert_int_equal(str_find_str(STR("abc"), STR("")), 0);
    assert_int_equal(str_find_str(STR("abc"), STR_NONE), 0);
    assert_int_equal(str_find_str_nocase(STR("xxCHUNKED"), STR("chunked")), 2);
    assert_int_equal(str_find_str_nocase(STR("chunke"), STR("chunked")), 6);
}

static void lists_are_walked_once(void **state)
{
    (void)state;
    static const char *const expected[] = {"a", "", "bc", ""};
    str s = STR("a,,bc,");
    str head;
    size_t n = 0;
    while (str_next(&s, ',', &head))
        assert_str(head, str_z(expected[n++]));
    assert_int_equal(n, COUNT_OF(expected));
    assert_false(str_next(&s, ',', &head));
}

static void an_empty_list_has_one_empty_item(void **state)
{
    (void)state;
    str s = STR("");
    str head;
    assert_true(str_next(&s, ',', &head));
    assert_str(head, STR(""));
    assert_false(str_next(&s, ',', &head));
    s = STR_NONE;
    assert_false(str_next(&s, ',', &head));
}

static void blanks_are_trimmed_at_both_ends(void **state)
{
    (void)state;
    assert_str(str_trim(STR(" \t a b\t ")), STR("a b"));
    assert_str(str_trim(STR(" \t ")), STR(""));
    assert_str(str_trim(STR("\na\r")), STR("\na\r"));
    assert_str(str_trim(STR_NONE), STR_NONE);
}

static void whole_numbers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
        uint64_t value;
    } rows[] = {
        {"0", 0, true, 0},
        {"007", 7, true, 7},
        {"8", 7, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999", UINT64_MAX, false, 0},
        {"184467440737095516150", UINT64_MAX, false, 0},
        {"", 9, false, 0},
        {"+1", 9, false, 0},
        {"-1", 9, false, 0},
        {" 1", 9, false, 0},
        {"1 ", 9, false, 0},
        {"1.0", 9, false, 0},
        {"0x1", 9, false, 0},
        {"\xb2", 9, false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t value = 77;
        assert_int_equal(str_to_u64(str_z(rows[i].text), rows[i].max, &value),
                         rows[i].good);
        assert_true(value == (rows[i].good ? rows[i].value : 77));
    }
}

static void doubles_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0", 0},
        {"-1.5", -1.5},
        {"+2", 2},
        {"1e3", 1000},
        {"1.25E-2", 0.0125},
        {"0.1", 0.1},
        {"1e-400", 0},
        {"12345678901234567890", 12345678901234567890.0},
    };
    static const char *const bad[] = {
        "",
        "-",
        ".",
        "e",
        "1e",
        "1e+",
        "1..2",
        "1.2.3",
        "--1",
        "1 ",
        " 1",
        "1e400",
        "-1e400",
        "inf",
        "nan",
        "0x10",
        "1,5",
        "1-2",
        "1e5e5",
        "1_000",
        "1111111111111111111111111111111111111111111111111111111111111111",
    };
    double value;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(str_to_double(str_z(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        value = 77;
        if (str_to_double(str_z(bad[i]), &value) || value != 77)
            fail_msg("accepted: %s", bad[i]);
    }
    assert_false(str_to_double(STR_NONE, &value));
    assert_false(str_to_double(STR("1\0"), &value));
}

static void durations_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        usec value;
    } good[] = {
        {"250ms", 250 * USEC_MS}, {"30s", 30 * USEC_S},
        {"5m", 5 * USEC_MIN},     {"1h", USEC_H},
        {"7d", 7 * USEC_DAY},     {"0s", 0},
        {"1.5s", 1500 * USEC_MS}, {"0.1ms", 100},
        {"0.5h", 30 * USEC_MIN},  {"3650d", 3650 * USEC_DAY},
        {"0.3s", 300 * USEC_MS},  {"007s", 7 * USEC_S},
    };
    static const char *const bad[] = {
        "",           "s",
        "5",          "5x",
        "5 s",        " 5s",
        "5s ",        "-5s",
        "+5s",        "1e3s",
        ".s",         "1..5s",
        ".5s",        "5.s",
        "1.2.3s",     "5S",
        "5min",       "5sm",
        "3651d",      "1e9d",
        "5\xc2\xb5s", "99999999999999999999999999999999d",
    };
    usec value;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (!str_to_usec(str_z(good[i].text), &value) || value != good[i].value)
            fail_msg("%s", good[i].text);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        value = 77;
        if (str_to_usec(str_z(bad[i]), &value) || value != 77)
            fail_msg("accepted: %s", bad[i]);
    }
    assert_false(str_to_usec(STR_NONE, &value));
}

/* The published values of FNV-1a (32 bits). */
static void words_hash_without_case(void **state)
{
    (void)state;
    assert_int_equal(str_word_hash(STR("")), 0x811c9dc5);
    assert_int_equal(str_word_hash(STR("a")), 0xe40c292c);
    assert_int_equal(str_word_hash(STR("foobar")), 0xbf9cf968);
    assert_int_equal(str_word_hash(STR("FooBar")), str_word_hash(STR("foobar")));
}

int test_str(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_and_empty_differ),
        cmocka_unit_test(strings_compare_by_bytes),
        cmocka_unit_test(case_is_ignored_for_ascii_only),
        cmocka_unit_test(starts_and_ends_are_seen),
        cmocka_unit_test(searches_answer_the_length_when_nothing_is_found),
        cmocka_unit_test(lists_are_walked_once),
        cmocka_unit_test(an_empty_list_has_one_empty_item),
        cmocka_unit_test(blanks_are_trimmed_at_both_ends),
        cmocka_unit_test(whole_numbers_are_read),
        cmocka_unit_test(doubles_are_read),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(words_hash_without_case),
    };
    return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
