#include "base/usec.h"
#include "support/unit.h"
#include "tests.h"

static void seconds_are_rounded_up(void **state)
{
    (void)state;
    assert_true(usec_ceil_s(0) == 0);
    assert_true(usec_ceil_s(-5 * USEC_S) == 0);
    assert_true(usec_ceil_s(1) == 1);
    assert_true(usec_ceil_s(USEC_S) == 1);
    assert_true(usec_ceil_s(USEC_S + 1) == 2);
    assert_true(usec_ceil_s(USEC_NEVER) == USEC_NEVER / USEC_S + 1);
}

static void never_is_never_passed(void **state)
{
    (void)state;
    assert_true(usec_add(USEC_NEVER, 1) == USEC_NEVER);
    assert_true(usec_add(USEC_NEVER - 1, 5) == USEC_NEVER);
    assert_true(usec_add(1, USEC_NEVER) == USEC_NEVER);
    assert_true(usec_add(-5, 3) == -2);
    assert_true(usec_min(1, 2) == 1 && usec_max(1, 2) == 2);
}

int test_usec(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_rounded_up),
        cmocka_unit_test(never_is_never_passed),
    };
    return cmocka_run_group_tests_name("base/usec", tests, NULL, NULL);
}
