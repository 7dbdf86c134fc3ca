#include "support/given.h"
#include "tests.h"

#include "schema/schema_number.h"

static void numbers_compare_by_all_their_digits(void **state)
{
    static const struct {
        const char *a, *b;
        int sign;
    } rows[] = {
        {"1", "2", -1},
        {"-1", "1", -1},
        {"0", "-0", 0},
        {"0.0", "0", 0},
        {"0", "-0.5", 1},
        {"1e2", "100", 0},
        {"1.50", "1.5", 0},
        {"0.1", "0.10000000000000000001", -1},
        {"-0.1", "-0.10000000000000000001", 1},
        {"972783798187987123879878123.188781371", "972783798187987123879878123.18878137",
         1},
        {"18446744073709551616", "18446744073709551617", -1},
        {"1e400", "1e401", -1},
        {"-1e400", "1e-400", -1},
        {"1e-400", "0", 1},
        {"100000000000000000000", "1e20", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct json *a = given_json(*state, str_z(rows[i].a));
        const struct json *b = given_json(*state, str_z(rows[i].b));
        int sign = number_compare(a, b);
        if (sign != rows[i].sign || number_compare(b, a) != -rows[i].sign)
            fail_msg("%s against %s: %d", rows[i].a, rows[i].b, sign);
    }
}

static void multiples_are_exact(void **state)
{
    static const struct {
        const char *a, *b;
        bool is;
    } rows[] = {
        {"10", "5", true},
        {"7", "2", false},
        {"0", "0.3", true},
        {"-4.5", "1.5", true},
        {"0.0075", "0.0001", true},
        {"0.00751", "0.0001", false},
        {"19.99", "0.01", true},
        {"4.35", "0.01", true},
        {"1e308", "0.123456789", false},
        {"1e308", "0.5", true},
        {"1e999999999", "7", false},
        {"7e999999999", "7", true},
        {"12391239123", "1e-8", true},
        {"3", "1000", false},
        {"123456789012345678901234567890", "12345678901234567890", false},
        {"24691357802469135780", "12345678901234567890", true},
        {"0.3", "0.1", true},
        {"1e-7", "1e-6", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct json *a = given_json(*state, str_z(rows[i].a));
        const struct json *b = given_json(*state, str_z(rows[i].b));
        if (number_is_multiple(a, b) != rows[i].is)
            fail_msg("%s of %s", rows[i].a, rows[i].b);
    }
}

static void computed_numbers_count_as_they_print(void **state)
{
    struct json third = json_of_number(0.3);
    struct json tenth = json_of_number(0.1);
    (void)state;
    assert_true(number_is_multiple(&third, &tenth));
    assert_false(number_is_whole(&third));
}

static void whole_numbers_have_many_forms(void **state)
{
    static const struct {
        const char *numeral;
        bool is;
    } rows[] = {{"1", true},     {"1.0", true},     {"1e3", true},   {"-2.50e1", true},
                {"1.5", false},  {"1e-1", false},   {"10e-1", true}, {"0.0", true},
                {"1e400", true}, {"1e-400", false}, {"0e-400", true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (number_is_whole(given_json(*state, str_z(rows[i].numeral))) != rows[i].is)
            fail_msg("%s", rows[i].numeral);
}

int test_schema_number(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(numbers_compare_by_all_their_digits),
        GIVEN_TEST(multiples_are_exact),
        GIVEN_TEST(computed_numbers_count_as_they_print),
        GIVEN_TEST(whole_numbers_have_many_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
