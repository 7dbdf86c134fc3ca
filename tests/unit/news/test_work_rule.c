#include "groups.h"
#include "support/unit.h"

#include "news/work_rule.h"

static void tries_follow_the_schedule_of_deliveries(void **state)
{
    static const usec delays[] = {5 * USEC_S, 30 * USEC_S, 2 * USEC_MIN, 15 * USEC_MIN,
                                  USEC_H,     4 * USEC_H,  12 * USEC_H,  24 * USEC_H};
    (void)state;
    for (uint32_t i = 0; i < COUNT_OF(delays); i++) {
        assert_int_equal(work_delay(i + 1, 0.5), delays[i]);
        assert_int_equal(work_delay(i + 1, 0), delays[i] / 10 * 8);
        assert_in_range(work_delay(i + 1, 0.9999), delays[i], delays[i] / 10 * 12);
        assert_true(work_delay(i + 1, 0.9999) < WORK_DELAY_MAX);
    }
    assert_int_equal(work_delay(WORK_TRIES, 0.5), -1);
}

static const struct {
    struct fetch_facts facts;
    struct fetch_verdict verdict;
} cases[] = {
    {{.good = true}, {FETCH_GOOD, 0, NULL}},
    {{.cut = true}, {FETCH_HELD, 5 * USEC_S, "stopped"}},
    {{.answered = true, .class = OUTCOME_NOT_FOUND, .status = 404},
     {FETCH_GONE, 0, NULL}},
    {{.answered = true, .class = OUTCOME_CLIENT, .status = 410}, {FETCH_GONE, 0, NULL}},
    {{.answered = true,
      .class = OUTCOME_RATE_LIMITED,
      .status = 429,
      .retry_after = 90 * USEC_S},
     {FETCH_HELD, 90 * USEC_S, "throttled"}},
    {{.answered = true, .class = OUTCOME_RATE_LIMITED, .retry_after = USEC_DAY},
     {FETCH_HELD, USEC_H, "throttled"}},
    {{.class = OUTCOME_LOCAL, .err = ERR_RATE_LIMITED_LOCAL, .retry_after = USEC_S},
     {FETCH_HELD, 5 * USEC_S, "throttled"}},
    {{.class = OUTCOME_LOCAL, .err = ERR_BREAKER_OPEN, .retry_after = -1},
     {FETCH_HELD, 30 * USEC_S, "breaker"}},
    {{.answered = true, .class = OUTCOME_AUTH_FAILED, .status = 401},
     {FETCH_HELD, 10 * USEC_MIN, "credentials"}},
    {{.class = OUTCOME_LOCAL, .err = ERR_ACCOUNT_NEEDS_REAUTH, .retry_after = -1},
     {FETCH_HELD, 10 * USEC_MIN, "credentials"}},
    {{.class = OUTCOME_LOCAL, .err = ERR_OBJECT_UNKNOWN, .retry_after = -1},
     {FETCH_HELD, 30 * USEC_S, "held"}},
    {{.class = OUTCOME_LOCAL, .err = ERR_MAPPING_FAILED}, {FETCH_AGAIN, 0, "unusable"}},
    {{.class = OUTCOME_LOCAL, .err = ERR_PATH_FORBIDDEN}, {FETCH_AGAIN, 0, "unusable"}},
    {{.answered = true, .class = OUTCOME_FORBIDDEN, .status = 403},
     {FETCH_AGAIN, 0, "refused"}},
    {{.answered = true, .class = OUTCOME_SERVER, .status = 503},
     {FETCH_AGAIN, 0, "refused"}},
    {{.class = OUTCOME_NETWORK, .err = ERR_UPSTREAM_RESET},
     {FETCH_AGAIN, 0, "unavailable"}},
};

static void each_end_of_a_fetch_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fetch_verdict verdict = fetch_judge(&cases[i].facts);
        const struct fetch_verdict *wanted = &cases[i].verdict;
        if (verdict.end != wanted->end || verdict.delay != wanted->delay ||
            !str_eq(str_z(verdict.why), str_z(wanted->why)))
            fail_msg("case %zu is %d, %lld, %s", i, verdict.end, (long long)verdict.delay,
                     verdict.why ? verdict.why : "");
    }
}

int test_work_rule(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tries_follow_the_schedule_of_deliveries),
        cmocka_unit_test(each_end_of_a_fetch_has_its_verdict),
    };
    return cmocka_run_group_tests_name("hook: work rule", tests, NULL, NULL);
}
