#include "policy/retry.h"

#include "support/reply.h"

int test_retry(void);

static struct retry_rule default_rule(struct arena *arena)
{
    struct retry_rule rule;
    reply_rule(arena, &retry_table, NULL, &rule);
    return rule;
}

/* A read of which everything can be repeated, with all the time in the world. */
static const struct retry_facts easy = {.sent = true,
                                        .repeatable = true,
                                        .body_kept = true,
                                        .vendor_wait = -1,
                                        .time_left = USEC_H};

/* Decides with a budget of its own. */
static struct retry_verdict decide(const struct retry_rule *rule,
                                   const struct retry_facts *facts)
{
    struct retry_budget budget = {0};
    return retry_decide(rule, facts, &budget, 0);
}

/* SPEC 4.4: delay = min(max, base·2^attempt) + random(0, base). */
static void each_class_has_its_retries_and_delays(void **state)
{
    static const struct {
        enum outcome_class class;
        enum retry_class retry;
        usec delays_ms[5]; /* without chance; 0 = no further retry */
    } rows[] = {
        {OUTCOME_SERVER, RETRY_SERVER, {1000, 2000, 4000, 0}},
        {OUTCOME_TIMEOUT, RETRY_TIMEOUT, {500, 1000, 0}},
        {OUTCOME_NETWORK, RETRY_NETWORK, {2000, 4000, 8000, 0}},
        {OUTCOME_INVALID, RETRY_NETWORK, {2000, 4000, 8000, 0}},
    };
    const struct retry_rule rule = default_rule(*state);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (uint32_t done = 0; done < 5; done++) {
            struct retry_facts facts = easy;
            facts.class = rows[i].class;
            facts.done[rows[i].retry] = done;
            struct retry_verdict verdict = decide(&rule, &facts);
            usec want = rows[i].delays_ms[done] * USEC_MS;
            assert_int_equal(verdict.retry, want > 0);
            if (want == 0)
                break;
            assert_int_equal(verdict.delay, want);
            assert_int_equal(verdict.why, RETRY_WHY_YES);
            facts.chance = 0.5;
            assert_int_equal(decide(&rule, &facts).delay - want,
                             rows[i].delays_ms[0] * USEC_MS / 2);
        }
}

static void delays_stop_growing_at_their_max(void **state)
{
    struct retry_rule rule = default_rule(*state);
    struct retry_facts facts = easy;
    rule.server = (struct retry_row){.retries = 10, .base = USEC_S, .max = 5 * USEC_S};
    facts.class = OUTCOME_SERVER;
    facts.done[RETRY_SERVER] = 9;
    assert_int_equal(decide(&rule, &facts).delay, 5 * USEC_S);
}

static void every_other_class_fails_fast(void **state)
{
    const struct retry_rule rule = default_rule(*state);
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        enum retry_class class = outcome_retry((enum outcome_class)i);
        if (class == RETRY_SERVER || class == RETRY_TIMEOUT || class == RETRY_NETWORK)
            continue;
        struct retry_facts facts = easy;
        facts.class = (enum outcome_class)i;
        facts.sent = false;
        struct retry_verdict verdict = decide(&rule, &facts);
        assert_false(verdict.retry);
        assert_int_equal(verdict.why, RETRY_WHY_CLASS);
    }
}

static void a_row_may_forbid_or_allow_more(void **state)
{
    struct retry_rule rule;
    struct retry_facts facts = easy;
    facts.class = OUTCOME_SERVER;
    reply_rule(*state, &retry_table,
               given_json(*state, STR("{\"server\":{\"retries\":0}}")), &rule);
    assert_false(decide(&rule, &facts).retry);
    reply_rule(*state, &retry_table,
               given_json(*state, STR("{\"server\":{\"retries\":9,\"base\":\"10ms\"}}")),
               &rule);
    facts.done[RETRY_SERVER] = 8;
    assert_int_equal(decide(&rule, &facts).delay, 2560 * USEC_MS);
    assert_int_equal(rule.timeout.retries, 2);
}

struct row {
    const char *about;
    bool sent, repeatable, body_kept, answered, forbidden;
    usec vendor_wait;
    usec time_left;
    enum retry_why want;
    usec delay;
};

static void what_speaks_against_a_retry_is_told(void **state)
{
    static const struct row rows[] = {
        {"a read", true, true, true, false, false, -1, USEC_H, RETRY_WHY_YES, USEC_S},
        {"a write", true, false, true, false, false, -1, USEC_H, RETRY_WHY_UNSAFE, 0},
        {"a write of which nothing was sent", false, false, true, false, false, -1,
         USEC_H, RETRY_WHY_YES, USEC_S},
        {"the body is gone", true, true, false, false, false, -1, USEC_H, RETRY_WHY_BODY,
         0},
        {"the body is gone, nothing sent", false, true, false, false, false, -1, USEC_H,
         RETRY_WHY_BODY, 0},
        {"the answer has begun", true, true, true, true, false, -1, USEC_H,
         RETRY_WHY_ANSWERED, 0},
        {"one attempt only", true, true, true, false, true, -1, USEC_H, RETRY_WHY_CALLER,
         0},
        {"no time left", true, true, true, false, false, -1, USEC_S, RETRY_WHY_DEADLINE,
         USEC_S},
        {"just time enough", true, true, true, false, false, -1, USEC_S + 1,
         RETRY_WHY_YES, USEC_S},
        {"no time at all", true, true, true, false, false, -1, 0, RETRY_WHY_DEADLINE,
         USEC_S},
        {"the vendor wants longer", true, true, true, false, false, 7 * USEC_S, USEC_H,
         RETRY_WHY_YES, 7 * USEC_S},
        {"the vendor wants less", true, true, true, false, false, 0, USEC_H,
         RETRY_WHY_YES, USEC_S},
        {"the vendor wants the longest", true, true, true, false, false, 15 * USEC_S,
         USEC_H, RETRY_WHY_YES, 15 * USEC_S},
        {"the vendor wants too long", true, true, true, false, false, 15 * USEC_S + 1,
         USEC_H, RETRY_WHY_VENDOR_WAIT, 15 * USEC_S + 1},
        {"the vendor wants longer than there is", true, true, true, false, false,
         7 * USEC_S, 5 * USEC_S, RETRY_WHY_DEADLINE, 7 * USEC_S},
    };
    const struct retry_rule rule = default_rule(*state);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct retry_facts facts = {.class = OUTCOME_SERVER,
                                    .sent = rows[i].sent,
                                    .repeatable = rows[i].repeatable,
                                    .body_kept = rows[i].body_kept,
                                    .answered = rows[i].answered,
                                    .forbidden = rows[i].forbidden,
                                    .vendor_wait = rows[i].vendor_wait,
                                    .time_left = rows[i].time_left};
        struct retry_verdict verdict = decide(&rule, &facts);
        if (verdict.why != rows[i].want || verdict.delay != rows[i].delay ||
            verdict.retry != (rows[i].want == RETRY_WHY_YES))
            fail_msg("%s: " STR_F " after %lld", rows[i].about,
                     STR_A(retry_why_word(verdict.why)), (long long)verdict.delay);
    }
}

/* Whether it is retried, said once more and in another way. */
static bool naive(const struct retry_facts *facts)
{
    static const struct {
        usec base, max;
        uint32_t retries;
    } table[RETRY_CLASS_COUNT] = {
        [RETRY_SERVER] = {1000, 15000, 3},
        [RETRY_TIMEOUT] = {500, 8000, 2},
        [RETRY_NETWORK] = {2000, 30000, 3},
    };
    enum retry_class class = outcome_retry(facts->class);
    uint32_t done = facts->done[class];
    usec delay = (table[class].base << done) * USEC_MS;
    if (delay > table[class].max * USEC_MS)
        delay = table[class].max * USEC_MS;
    delay += (usec)(facts->chance * (double)(table[class].base * USEC_MS));
    if (facts->vendor_wait > delay)
        delay = facts->vendor_wait;
    bool may = done < table[class].retries && !facts->answered && !facts->forbidden;
    bool can = (facts->repeatable || !facts->sent) && facts->body_kept;
    return may && can && facts->vendor_wait <= table[class].max * USEC_MS &&
           delay < facts->time_left;
}

/* Each combination of class, retries made, five yes-or-noes, waits, times, chance. */
static void all_combinations_agree_with_the_rule_in_words(void **state)
{
    static const usec waits[] = {-1, 0, 3 * USEC_S, 100 * USEC_S};
    static const usec times[] = {0, 2 * USEC_S, 10 * USEC_S, USEC_H};
    const struct retry_rule rule = default_rule(*state);
    unsigned retried = 0, total = 0;
    for (unsigned i = 0; i < OUTCOME_COUNT * 5 * 32 * 4 * 4 * 2; i++) {
        unsigned rest = i;
        struct retry_facts facts = {.class = (enum outcome_class)(rest % OUTCOME_COUNT)};
        rest /= OUTCOME_COUNT;
        facts.done[outcome_retry(facts.class)] = rest % 5;
        rest /= 5;
        facts.sent = rest & 1;
        facts.repeatable = rest >> 1 & 1;
        facts.body_kept = rest >> 2 & 1;
        facts.answered = rest >> 3 & 1;
        facts.forbidden = rest >> 4 & 1;
        rest /= 32;
        facts.vendor_wait = waits[rest % 4];
        facts.time_left = times[rest / 4 % 4];
        facts.chance = rest / 16 ? 0.9 : 0;
        struct retry_verdict verdict = decide(&rule, &facts);
        assert_int_equal(verdict.retry, naive(&facts));
        assert_int_equal(verdict.retry, verdict.why == RETRY_WHY_YES);
        retried += verdict.retry;
        total++;
    }
    assert_true(retried > 100 && retried < total / 10);
}

static void the_budget_is_asked_last(void **state)
{
    struct retry_budget budget = {0};
    struct retry_facts facts = easy;
    const struct retry_rule rule = default_rule(*state);
    facts.class = OUTCOME_SERVER;
    facts.forbidden = true;
    for (int i = 0; i < 10; i++)
        assert_false(retry_decide(&rule, &facts, &budget, 0).retry);
    facts.forbidden = false;
    for (int i = 0; i < 3; i++)
        assert_true(retry_decide(&rule, &facts, &budget, 0).retry);
    struct retry_verdict verdict = retry_decide(&rule, &facts, &budget, 0);
    assert_false(verdict.retry);
    assert_int_equal(verdict.why, RETRY_WHY_BUDGET);
}

static void methods_are_safe_and_idempotent_as_rfc_9110_says(void **state)
{
    static const struct {
        const char *method;
        bool safe, idempotent;
    } rows[] = {
        {"GET", true, true},    {"HEAD", true, true},    {"OPTIONS", true, true},
        {"TRACE", true, true},  {"PUT", false, true},    {"DELETE", false, true},
        {"POST", false, false}, {"PATCH", false, false}, {"CONNECT", false, false},
        {"get", false, false},  {"", false, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(retry_method_safe(str_z(rows[i].method)), rows[i].safe);
        assert_int_equal(retry_method_idempotent(str_z(rows[i].method)),
                         rows[i].idempotent);
    }
}

static void each_reason_has_a_word(void **state)
{
    (void)state;
    for (unsigned i = RETRY_WHY_YES; i <= RETRY_WHY_BUDGET; i++) {
        str word = retry_why_word((enum retry_why)i);
        assert_true(word.n > 0);
        for (unsigned k = RETRY_WHY_YES; k < i; k++)
            assert_false(str_eq(word, retry_why_word((enum retry_why)k)));
    }
}

int test_retry(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(each_class_has_its_retries_and_delays),
        GIVEN_TEST(delays_stop_growing_at_their_max),
        GIVEN_TEST(every_other_class_fails_fast),
        GIVEN_TEST(a_row_may_forbid_or_allow_more),
        GIVEN_TEST(what_speaks_against_a_retry_is_told),
        GIVEN_TEST(all_combinations_agree_with_the_rule_in_words),
        GIVEN_TEST(the_budget_is_asked_last),
        GIVEN_TEST(methods_are_safe_and_idempotent_as_rfc_9110_says),
        GIVEN_TEST(each_reason_has_a_word),
    };
    return cmocka_run_group_tests_name("policy: retry", tests, NULL, NULL);
}
