#include <math.h>

#include "json/json_number.h"
#include "json/json_write.h"
#include "picture/number_text.h"
#include "rows.h"
#include "support/given.h"
#include "tests.h"

static void numbers_are_read_written_and_rounded_as_in_the_reference(void **state)
{
    int failed;
    assert_true(rows_check(*state, UNIT_CASES "jsonata-number-text.jsonl", &failed) >
                1000);
    assert_int_equal(failed, 0);
}

/* The double nearest to what is written is never further off than half a unit of the
 * fifteenth digit. */
static void fifteen_digits_are_near(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        char text[32];
        double value =
            ldexp((double)(unit_random(&seed) >> 11), (int)unit_below(&seed, 80) - 90);
        double read = json_number_parse(str_of(text, number_text_15(value, text)));
        assert_true(fabs(read - value) <= fabs(value) * 5.1e-15);
    }
}

static void a_number_too_large_to_round_is_its_own_answer(void **state)
{
    (void)state;
    assert_true(number_round(1e300, 400) == 1e300);
    assert_true(number_round(1.5, 400) == 1.5);
    assert_true(number_round(-0.4, 0) == 0 && !signbit(number_round(-0.4, 0)));
    assert_true(number_round(1e300, -2000000000) == 0);
}

int test_number_text(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(numbers_are_read_written_and_rounded_as_in_the_reference),
        cmocka_unit_test(fifteen_digits_are_near),
        cmocka_unit_test(a_number_too_large_to_round_is_its_own_answer),
    };
    return cmocka_run_group_tests_name("number_text", tests, NULL, NULL);
}
