#include "policy/write_rule.h"

#include "support/reply.h"

int test_write_rule(void);

/* A first attempt that has reached the vendor, who would not know a repeat. */
static const struct write_facts plain = {
    .sent = true, .tries = 1, .age_left = USEC_DAY, .retry_after = -1};

static struct write_rule rule_with(struct arena *arena, const char *text)
{
    struct write_rule rule;
    reply_rule(arena, &write_rule_table, given_json(arena, str_z(text)), &rule);
    return rule;
}

struct row {
    const char *what;
    struct write_facts facts;
    enum write_verdict verdict;
    const char *why;
};

#define FACTS(...)                                                                       \
    {                                                                                    \
        .tries = 1, .age_left = USEC_DAY, .retry_after = -1, __VA_ARGS__                 \
    }

static void each_outcome_has_its_verdict(void **state)
{
    static const struct row rows[] = {
        {"done", FACTS(.class = OUTCOME_OK, .sent = true, .answered = true), VERDICT_DONE,
         "delivered"},
        {"refused", FACTS(.class = OUTCOME_VALIDATION, .sent = true, .answered = true),
         VERDICT_DEAD, "refused"},
        {"conflict", FACTS(.class = OUTCOME_CONFLICT, .sent = true, .answered = true),
         VERDICT_DEAD, "refused"},
        {"a conflict, and it may be with an attempt before",
         FACTS(.class = OUTCOME_CONFLICT, .sent = true, .answered = true, .unsure = true),
         VERDICT_UNKNOWN, "conflict"},
        {"gone, though nobody deleted it",
         FACTS(.class = OUTCOME_NOT_FOUND, .sent = true, .answered = true,
               .removes = true),
         VERDICT_DEAD, "refused"},
        {"gone, and an attempt before may have done it",
         FACTS(.class = OUTCOME_NOT_FOUND, .sent = true, .answered = true,
               .removes = true, .unsure = true),
         VERDICT_DONE, "gone"},
        {"a 501", FACTS(.class = OUTCOME_SERVER_REFUSAL, .sent = true, .answered = true),
         VERDICT_DEAD, "refused"},
        {"throttled",
         FACTS(.class = OUTCOME_RATE_LIMITED, .sent = true, .answered = true),
         VERDICT_WAIT, "throttled"},
        {"throttled by us", FACTS(.class = OUTCOME_LOCAL, .err = ERR_RATE_LIMITED_LOCAL),
         VERDICT_WAIT, "throttled"},
        {"a dead credential",
         FACTS(.class = OUTCOME_AUTH_REFRESH, .sent = true, .answered = true),
         VERDICT_WAIT, "credentials"},
        {"a breaker", FACTS(.class = OUTCOME_LOCAL, .err = ERR_BREAKER_OPEN),
         VERDICT_WAIT, "breaker"},
        {"no place", FACTS(.class = OUTCOME_LOCAL, .err = ERR_CONCURRENCY_LIMIT),
         VERDICT_WAIT, "held"},
        {"no connection", FACTS(.class = OUTCOME_NETWORK), VERDICT_AGAIN, "unavailable"},
        {"a 500", FACTS(.class = OUTCOME_SERVER, .sent = true, .answered = true),
         VERDICT_UNKNOWN, "unknown"},
        {"a 503",
         FACTS(.class = OUTCOME_SERVER, .sent = true, .answered = true, .refused = true),
         VERDICT_AGAIN, "unavailable"},
        {"a lost answer", FACTS(.class = OUTCOME_NETWORK, .sent = true), VERDICT_UNKNOWN,
         "unknown"},
        {"stopped in the middle", FACTS(.class = OUTCOME_CANCELLED, .sent = true),
         VERDICT_UNKNOWN, "unknown"},
        {"stopped before", FACTS(.class = OUTCOME_CANCELLED), VERDICT_WAIT, "held"},
        {"a lost answer, and repeats are known",
         FACTS(.class = OUTCOME_TIMEOUT, .sent = true, .recognised = true), VERDICT_AGAIN,
         "unavailable"},
        {"a 500, and repeats are known",
         FACTS(.class = OUTCOME_SERVER, .sent = true, .answered = true,
               .recognised = true),
         VERDICT_AGAIN, "unavailable"},
        {"a 500 that would be repeated",
         FACTS(.class = OUTCOME_SERVER, .sent = true, .answered = true,
               .recognised = true, .stores_errors = true),
         VERDICT_UNKNOWN, "unknown"},
        {"a lost answer that would be repeated",
         FACTS(.class = OUTCOME_NETWORK, .sent = true, .recognised = true,
               .stores_errors = true),
         VERDICT_AGAIN, "unavailable"},
    };
    struct write_rule rule = rule_with(*state, "{}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct write_decision decision = write_decide(&rule, &rows[i].facts);
        if (decision.verdict != rows[i].verdict || strcmp(decision.why, rows[i].why) != 0)
            fail_msg("%s: verdict %d, %s", rows[i].what, decision.verdict, decision.why);
    }
}

/* SPEC 7.4: 5 s doubling to 1 h, and a fifth at most beside. */
static void tries_are_ever_further_apart(void **state)
{
    static const usec want_s[] = {5, 10, 20, 40, 80, 160, 320, 640, 1280};
    struct write_rule rule = rule_with(*state, "{}");
    struct write_facts facts = plain;
    facts.class = OUTCOME_NETWORK;
    facts.sent = false;
    for (uint32_t i = 0; i < COUNT_OF(want_s); i++) {
        facts.tries = i + 1;
        facts.chance = 0;
        assert_int_equal(write_decide(&rule, &facts).delay, want_s[i] * USEC_S);
        facts.chance = 0.5;
        assert_int_equal(write_decide(&rule, &facts).delay, want_s[i] * USEC_S * 11 / 10);
    }
    rule = rule_with(*state, "{\"base\":\"1m\",\"max\":\"4m\",\"tries\":100}");
    facts.chance = 0;
    facts.tries = 50;
    assert_int_equal(write_decide(&rule, &facts).delay, 4 * USEC_MIN);
}

static void a_vendors_wait_is_kept_to(void **state)
{
    struct write_rule rule = rule_with(*state, "{}");
    struct write_facts facts = plain;
    facts.class = OUTCOME_RATE_LIMITED;
    facts.answered = true;
    facts.retry_after = 40 * USEC_S;
    assert_int_equal(write_decide(&rule, &facts).delay, 40 * USEC_S);
    facts.class = OUTCOME_SERVER;
    facts.refused = true;
    assert_int_equal(write_decide(&rule, &facts).delay, 40 * USEC_S);
}

/* What may have been done does not die: somebody must look. */
static void tries_and_age_end_it(void **state)
{
    struct write_rule rule = rule_with(*state, "{\"tries\":3}");
    struct write_facts facts = plain;
    facts.class = OUTCOME_NETWORK;
    facts.sent = false;
    facts.tries = 3;
    assert_int_equal(write_decide(&rule, &facts).verdict, VERDICT_DEAD);
    assert_string_equal(write_decide(&rule, &facts).why, "tries");
    facts.unsure = true;
    assert_int_equal(write_decide(&rule, &facts).verdict, VERDICT_UNKNOWN);
    facts.unsure = false;
    facts.tries = 1;
    facts.age_left = 4 * USEC_S;
    assert_int_equal(write_decide(&rule, &facts).verdict, VERDICT_DEAD);
    assert_string_equal(write_decide(&rule, &facts).why, "age");
    facts.err = ERR_BREAKER_OPEN;
    facts.class = OUTCOME_LOCAL;
    assert_string_equal(write_decide(&rule, &facts).why, "age");
    facts.age_left = -1;
    assert_int_equal(write_decide(&rule, &facts).verdict, VERDICT_DEAD);
}

/* SPEC 7.1: a throttle is the caller's to wait for. */
static void only_a_vendor_in_trouble_is_unavailable(void **state)
{
    static const enum outcome_class away[] = {OUTCOME_SERVER, OUTCOME_TIMEOUT,
                                              OUTCOME_NETWORK, OUTCOME_INVALID};
    static const enum outcome_class there[] = {
        OUTCOME_OK,        OUTCOME_VALIDATION,   OUTCOME_RATE_LIMITED,  OUTCOME_FORBIDDEN,
        OUTCOME_CANCELLED, OUTCOME_AUTH_REFRESH, OUTCOME_SERVER_REFUSAL};
    struct write_facts facts = plain;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(away); i++) {
        facts.class = away[i];
        assert_true(write_is_unavailable(&facts));
    }
    for (size_t i = 0; i < COUNT_OF(there); i++) {
        facts.class = there[i];
        assert_false(write_is_unavailable(&facts));
    }
    facts.err = ERR_BREAKER_OPEN;
    assert_true(write_is_unavailable(&facts));
}

/* --- a write that was looked for --- */

struct search_row {
    const char *what;
    struct write_search_facts facts;
    enum write_verdict verdict;
    const char *why;
};

#define HEARD(...)                                                                       \
    .found = WRITE_IS_UNHEARD,                                                           \
    .heard = {.age_left = USEC_DAY, .retry_after = -1, __VA_ARGS__}

static void each_end_of_a_search_has_its_verdict(void **state)
{
    static const struct search_row rows[] = {
        {"it is there", {.found = WRITE_IS_THERE}, VERDICT_DONE, "found"},
        {"there are several",
         {.found = WRITE_IS_ONE_OF, .conclusive = true},
         VERDICT_UNKNOWN,
         "several"},
        {"not yet",
         {.found = WRITE_IS_NOT_THERE,
          .settle_left = USEC_S,
          .conclusive = true,
          .heard = {.age_left = USEC_DAY}},
         VERDICT_WAIT,
         "settling"},
        {"not yet, and there is no time for it",
         {.found = WRITE_IS_NOT_THERE,
          .settle_left = USEC_H,
          .conclusive = true,
          .heard = {.age_left = USEC_MIN}},
         VERDICT_UNKNOWN,
         "age"},
        {"it is not there",
         {.found = WRITE_IS_NOT_THERE, .conclusive = true},
         VERDICT_WAIT,
         "not_found"},
        {"it is not there, which proves nothing",
         {.found = WRITE_IS_NOT_THERE},
         VERDICT_UNKNOWN,
         "not_found"},
        {"a 500",
         {HEARD(.class = OUTCOME_SERVER, .answered = true)},
         VERDICT_WAIT,
         "unavailable"},
        {"no connection", {HEARD(.class = OUTCOME_NETWORK)}, VERDICT_WAIT, "unavailable"},
        {"a breaker",
         {HEARD(.class = OUTCOME_LOCAL, .err = ERR_BREAKER_OPEN)},
         VERDICT_WAIT,
         "breaker"},
        {"a throttle",
         {HEARD(.class = OUTCOME_RATE_LIMITED, .answered = true)},
         VERDICT_WAIT,
         "throttled"},
        {"a dead credential",
         {HEARD(.class = OUTCOME_AUTH_REFRESH, .answered = true)},
         VERDICT_WAIT,
         "credentials"},
        {"stopped", {HEARD(.class = OUTCOME_CANCELLED)}, VERDICT_WAIT, "held"},
        {"a refusal",
         {HEARD(.class = OUTCOME_VALIDATION, .answered = true)},
         VERDICT_UNKNOWN,
         "search"},
        {"an answer that says nothing",
         {HEARD(.class = OUTCOME_OK, .answered = true)},
         VERDICT_UNKNOWN,
         "search"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct write_decision decision = write_decide_search(&rows[i].facts);
        if (decision.verdict != rows[i].verdict || strcmp(decision.why, rows[i].why) != 0)
            fail_msg("%s: verdict %d, %s", rows[i].what, decision.verdict, decision.why);
    }
    struct write_search_facts facts = rows[2].facts;
    assert_int_equal(write_decide_search(&facts).delay, USEC_S);
}

int test_write_rule(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(each_outcome_has_its_verdict),
        GIVEN_TEST(tries_are_ever_further_apart),
        GIVEN_TEST(a_vendors_wait_is_kept_to),
        GIVEN_TEST(tries_and_age_end_it),
        GIVEN_TEST(each_end_of_a_search_has_its_verdict),
        GIVEN_TEST(only_a_vendor_in_trouble_is_unavailable),
    };
    return cmocka_run_group_tests_name("policy: write rule", tests, NULL, NULL);
}
