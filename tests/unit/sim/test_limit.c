#include "sim/sim_limit.h"

#include <stdio.h>

#include "support/unit.h"
#include "tests.h"

static void a_window_starts_with_the_first_call(void **state)
{
    struct sim_limit limit;
    struct sim_quota quota;
    (void)state;
    sim_limit_init(&limit, 2, USEC_S, SIM_WINDOW_FIXED);
    assert_true(sim_limit_take(&limit, STR("a"), 5 * USEC_S, &quota));
    assert_int_equal(quota.calls, 2);
    assert_int_equal(quota.used, 1);
    assert_int_equal(quota.reset_in, USEC_S);
    assert_true(sim_limit_take(&limit, STR("a"), 5 * USEC_S + 400 * USEC_MS, &quota));
    assert_int_equal(quota.used, 2);
    assert_int_equal(quota.reset_in, 600 * USEC_MS);
    assert_false(sim_limit_take(&limit, STR("a"), 6 * USEC_S - 1, &quota));
    assert_int_equal(quota.used, 2);
    assert_int_equal(quota.reset_in, 1);
    assert_true(sim_limit_take(&limit, STR("a"), 6 * USEC_S, &quota));
    assert_int_equal(quota.used, 1);
    sim_limit_fini(&limit);
}

static void tokens_are_counted_apart(void **state)
{
    struct sim_limit limit;
    struct sim_quota quota;
    (void)state;
    sim_limit_init(&limit, 1, USEC_S, SIM_WINDOW_FIXED);
    assert_true(sim_limit_take(&limit, STR("a"), 0, &quota));
    assert_true(sim_limit_take(&limit, STR("b"), 0, &quota));
    assert_true(sim_limit_take(&limit, STR_NONE, 0, &quota));
    assert_false(sim_limit_take(&limit, STR("a"), 0, &quota));
    assert_false(sim_limit_take(&limit, STR(""), 0, &quota)); /* none is one of its own */
    sim_limit_clear(&limit);
    assert_true(sim_limit_take(&limit, STR("a"), 0, &quota));
    sim_limit_fini(&limit);
}

static void a_bucket_leaks_evenly(void **state)
{
    struct sim_limit limit;
    struct sim_quota quota;
    (void)state;
    sim_limit_init(&limit, 4, 2 * USEC_S, SIM_WINDOW_BUCKET); /* two a second */
    for (uint32_t i = 1; i <= 4; i++) {
        assert_true(sim_limit_take(&limit, STR("a"), USEC_S, &quota));
        assert_int_equal(quota.used, i);
    }
    assert_int_equal(quota.reset_in, 2 * USEC_S); /* until it is empty */
    assert_false(sim_limit_take(&limit, STR("a"), USEC_S, &quota));
    assert_int_equal(quota.used, 4);
    assert_int_equal(quota.reset_in, 500 * USEC_MS); /* until one fits */
    assert_false(sim_limit_take(&limit, STR("a"), USEC_S + 250 * USEC_MS, &quota));
    assert_true(sim_limit_take(&limit, STR("a"), USEC_S + 500 * USEC_MS, &quota));
    assert_int_equal(quota.used, 4);
    assert_true(sim_limit_take(&limit, STR("a"), 10 * USEC_S, &quota));
    assert_int_equal(quota.used, 1);
    sim_limit_fini(&limit);
}

static void too_many_tokens_start_again(void **state)
{
    struct sim_limit limit;
    struct sim_quota quota;
    char token[16];
    (void)state;
    sim_limit_init(&limit, 1, USEC_S, SIM_WINDOW_FIXED);
    for (int i = 0; i < SIM_LIMIT_TOKENS_MAX; i++) {
        snprintf(token, sizeof(token), "t%d", i);
        assert_true(sim_limit_take(&limit, str_z(token), 0, &quota));
    }
    assert_false(sim_limit_take(&limit, STR("t0"), 0, &quota));
    assert_true(sim_limit_take(&limit, STR("one more"), 0, &quota));
    assert_int_equal(limit.tokens.n, 1);
    sim_limit_fini(&limit);
}

int test_limit(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_starts_with_the_first_call),
        cmocka_unit_test(tokens_are_counted_apart),
        cmocka_unit_test(a_bucket_leaks_evenly),
        cmocka_unit_test(too_many_tokens_start_again),
    };
    return cmocka_run_group_tests_name("sim_limit", tests, NULL, NULL);
}
