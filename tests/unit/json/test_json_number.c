#include <math.h>
#include <stdlib.h>

#include "json/json_number.h"
#include "read.h"
#include "tests.h"

static str printed(struct arena *arena, double value)
{
    char text[32];
    return arena_str(arena, str_of(text, json_write_number(value, text)));
}

/* As JavaScript's Number::toString answers for these. */
static void numbers_print_as_in_javascript(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-1, "-1"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {-2.5, "-2.5"},
        {100, "100"},
        {123456789012345680000.0, "123456789012345680000"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {1.5e21, "1.5e+21"},
        {123456.789e20, "1.23456789e+25"},
        {1e-6, "0.000001"},
        {1.25e-6, "0.00000125"},
        {1e-7, "1e-7"},
        {1.5e-7, "1.5e-7"},
        {5e-324, "5e-324"},
        {1.5e-323, "1.5e-323"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {2.225073858507201e-308, "2.225073858507201e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {9007199254740991, "9007199254740991"},
        {9007199254740992, "9007199254740992"},
        {9007199254740994, "9007199254740994"},
        {999999999999999.9, "999999999999999.9"},
        {1e15, "1000000000000000"},
        {0x1p-44, "5.684341886080802e-14"},
        {0x1p-1074, "5e-324"},
        {4.35, "4.35"},
        {77.94, "77.94"},
        {0.000035, "0.000035"},
        {-1.7976931348623157e-300, "-1.7976931348623157e-300"},
        {-0.0000012345678901234567, "-0.0000012345678901234567"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_str(printed(*state, rows[i].value), str_z(rows[i].text));
}

static double random_double(uint64_t *seed)
{
    double value;
    do {
        uint64_t bits = unit_random(seed);
        memcpy(&value, &bits, sizeof(value));
    } while (!isfinite(value));
    return value;
}

static void all_numbers_read_back_the_same(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        char text[32];
        double value = random_double(&seed);
        size_t n = json_write_number(value, text);
        assert_true(n <= 25);
        assert_true(json_number_parse(str_of(text, n)) == value);
    }
}

/* The digits of a printed number, without sign, point, exponent and outer zeros. */
static size_t digit_count(str text)
{
    size_t first = text.n;
    size_t last = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.n && text.p[i] != 'e'; i++)
        if (str_is_digit(text.p[i]) && (text.p[i] != '0' || first < text.n)) {
            first = i < first ? i : first;
            last = text.p[i] == '0' ? last : n + 1;
            n++;
        }
    return last;
}

static void no_shorter_text_would_read_back(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 5000; i++) {
        char text[32];
        char shorter[48];
        double value = random_double(&seed);
        size_t n = digit_count(str_of(text, json_write_number(value, text)));
        if (n < 2)
            continue;
        snprintf(shorter, sizeof(shorter), "%.*e", (int)n - 2, value);
        assert_true(strtod(shorter, NULL) != value);
    }
}

/* Around each power of two doubles change their distance. */
static void powers_of_two_print_shortest(void **state)
{
    (void)state;
    for (int power = -1074; power < 1024; power++) {
        char text[32];
        double value = ldexp(1, power);
        size_t n = json_write_number(value, text);
        assert_true(json_number_parse(str_of(text, n)) == value);
        assert_true(digit_count(str_of(text, n)) <= 17);
    }
}

static void prices_print_shortest(void **state)
{
    for (int i = 0; i < 100000; i += 7) {
        char expected[32];
        int n = snprintf(expected, sizeof(expected), "%d.%02d", i / 100, i % 100);
        while (expected[n - 1] == '0')
            n--;
        n -= expected[n - 1] == '.';
        struct arena *arena = *state;
        struct arena_mark mark = arena_mark(arena);
        assert_str(printed(arena, i / 100.0), str_of(expected, (size_t)n));
        arena_rewind(arena, mark);
    }
}

static void numerals_read_as_the_c_library_reads_them(void **state)
{
    static const char *const rows[] = {
        "0",
        "-0",
        "1",
        "1.10",
        "0.1",
        "1e22",
        "1e23",
        "1e-22",
        "1e-23",
        "9007199254740993",
        "9007199254740992.5",
        "123456789012345678901234567890",
        "1e308",
        "1e309",
        "-1e309",
        "1e-400",
        "4.9e-324",
        "2.4e-324",
        "2.5e-324",
        "0.000000000000000000000000000000000000001",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764",
        "8.5",
        "3.141592653589793238462643383279502884197",
        "100000000000000000000000e-23",
        "6929495644600919.5",
        "3.7455744005952583e15",
        "2.2250738585072011e-308",
        "1.00000000000000011102230246251565404236316680908203125",
        "0e1000000000000",
        "1E5",
        "1e+5",
        "1.5E-5",
        "7.2057594037927933e16",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double value = json_number_parse(str_z(rows[i]));
        assert_true(value == strtod(rows[i], NULL));
    }
    assert_true(signbit(json_number_parse(STR("-0"))));
}

static void random_numerals_read_as_the_c_library_reads_them(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        uint64_t whole = unit_random(&seed) >> unit_below(&seed, 64);
        uint64_t part = unit_random(&seed) >> unit_below(&seed, 64);
        int power = (int)unit_below(&seed, 80) - 40;
        snprintf(text, sizeof(text), "%llu.%llue%d", (unsigned long long)whole,
                 (unsigned long long)part, power);
        assert_true(json_number_parse(str_z(text)) == strtod(text, NULL));
    }
}

static void a_numeral_of_a_million_digits_is_read(void **state)
{
    struct arena *arena = *state;
    size_t n = 1000000;
    char *text = arena_bytes(arena, n);
    memset(text, '0', n);
    memcpy(text, "1.", 2);
    assert_true(json_number_parse(str_of(text, n)) == 1);
    text[n - 1] = '7';
    assert_true(json_number_parse(str_of(text, n)) == 1);
    uint64_t whole;
    assert_false(json_number_to_u64(str_of(text, n), 5, &whole));
}

static void printing_infinity_dies(void)
{
    char text[32];
    json_write_number(INFINITY, text);
}

static void only_finite_numbers_may_be_printed(void **state)
{
    (void)state;
    assert_true(unit_dies(printing_infinity_dies));
}

int test_json_number(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, read_setup, read_teardown)
    const struct CMUnitTest tests[] = {
        T(numbers_print_as_in_javascript),
        T(all_numbers_read_back_the_same),
        T(no_shorter_text_would_read_back),
        T(powers_of_two_print_shortest),
        T(prices_print_shortest),
        T(numerals_read_as_the_c_library_reads_them),
        T(random_numerals_read_as_the_c_library_reads_them),
        T(a_numeral_of_a_million_digits_is_read),
        T(only_finite_numbers_may_be_printed),
    };
    return cmocka_run_group_tests_name("json/json_number", tests, NULL, NULL);
}
