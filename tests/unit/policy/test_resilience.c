#include "policy/resilience.h"

#include "support/reply.h"

int test_resilience(void);

/* The numbers of SPEC 2.2a, 4.1 and 4.4. */
static void defaults_are_those_of_the_specification(void **state)
{
    struct resilience r;
    reply_rule(*state, &resilience_table, NULL, &r);
    assert_int_equal(r.timeouts.connect, 5 * USEC_S);
    assert_int_equal(r.timeouts.first_byte, 30 * USEC_S);
    assert_int_equal(r.timeouts.idle, 30 * USEC_S);
    assert_int_equal(r.timeouts.total, 60 * USEC_S);
    assert_int_equal(r.breaker.failures, 5);
    assert_int_equal(r.breaker.open, 30 * USEC_S);
    assert_int_equal(r.breaker.open_max, 120 * USEC_S);
    assert_int_equal(r.breaker.trials, 2);
    assert_int_equal(r.breaker.successes, 2);
    assert_int_equal(r.breaker.calls_min, 20);
    assert_int_equal(r.breaker.slow, 2 * USEC_S);
    assert_true(r.breaker.failure_share == 0 && r.breaker.slow_share == 0);
    assert_memory_equal(&r.breaker, &r.account_breaker, sizeof(r.breaker));
    assert_int_equal(r.retry.server.retries, 3);
    assert_int_equal(r.retry.server.base, USEC_S);
    assert_int_equal(r.retry.server.max, 15 * USEC_S);
    assert_int_equal(r.retry.timeout.retries, 2);
    assert_int_equal(r.retry.timeout.base, USEC_S / 2);
    assert_int_equal(r.retry.timeout.max, 8 * USEC_S);
    assert_int_equal(r.retry.network.retries, 3);
    assert_int_equal(r.retry.network.base, 2 * USEC_S);
    assert_int_equal(r.retry.network.max, 30 * USEC_S);
    assert_int_equal(r.account_concurrency, 50);
    assert_int_equal(r.environment_concurrency, 200);
    assert_int_equal(r.integration_concurrency, 1000);
    assert_int_equal(r.host_concurrency, 1000);
}

static void members_are_set_one_by_one(void **state)
{
    struct resilience r;
    reply_rule(
        *state, &resilience_table,
        given_json(*state, STR("{\"timeouts\":{\"total\":\"2m\"},"
                               "\"retry\":{\"timeout\":{\"base\":\"250ms\"}},"
                               "\"breaker\":{\"failure_share\":0.5,\"window\":\"60s\"},"
                               "\"account_breaker\":{\"failures\":3},"
                               "\"host_concurrency\":7}")),
        &r);
    assert_int_equal(r.timeouts.total, 120 * USEC_S);
    assert_int_equal(r.timeouts.connect, 5 * USEC_S);
    assert_int_equal(r.retry.timeout.base, 250 * USEC_MS);
    assert_int_equal(r.retry.timeout.retries, 2);
    assert_true(r.breaker.failure_share == 0.5);
    assert_int_equal(r.breaker.failures, 5);
    assert_int_equal(r.account_breaker.failures, 3);
    assert_int_equal(r.host_concurrency, 7);
}

int test_resilience(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(defaults_are_those_of_the_specification),
        GIVEN_TEST(members_are_set_one_by_one),
    };
    return cmocka_run_group_tests_name("policy: resilience", tests, NULL, NULL);
}
